"""Words that TERP's companies, strains and products are named with."""

from __future__ import annotations

COMPANY_FIRST = tuple(
    """Verdant Golden Silver Emerald Crimson Amber Coastal Pacific Redwood Sierra Humboldt Canyon Harbor Summit Evergreen
    Cascade Northern Southern Western Eastern Highland Lowland Misty Sunny Stone Iron Copper Cedar Willow Maple Juniper
    Sequoia Laurel Sage Clover Meadow Prairie Desert Mesa Valley River Lake Ocean Island Bay Cove Lighthouse Anchor Compass
    Lantern Beacon Falcon Raven Heron Otter Badger Coyote Bear Elk Orchard Vineyard Terrace Granite Marble""".split()
)
COMPANY_SECOND = tuple(
    """Leaf Root Bloom Branch Grove Garden Field Hill Ridge Peak Creek Spring Falls Rock Trail Path Gate Bridge Mill Forge
    Barn Cabin Lodge House Hall Square Market Corner Crossing Junction Point Landing Wharf Pier Dock Shore Reef Tide Wave
    Breeze Wind Cloud Rain Sun Moon Star Sky Dawn Dusk Ember Flame Hearth Crown Shield Arrow Feather Pine Oak Fern Moss
    Thistle Poppy Lotus Jasmine""".split()
)
BUYER_SUFFIX = (
    "Dispensary",
    "Collective",
    "Wellness",
    "Provisions",
    "Cannabis Co.",
    "Apothecary",
    "Remedies",
    "Boutique",
)
SELLER_SUFFIX = ("Farms", "Gardens", "Cultivation", "Growers", "Organics", "Botanicals", "Extracts", "Labs")
CITIES = tuple(
    """Arcata Eureka Fortuna Ukiah Willits Sonoma Napa Petaluma Sebastopol Oakland Berkeley Richmond Vallejo Fremont Hayward
    Sunnyvale Gilroy Salinas Monterey Carmel Soledad Paso-Robles Lompoc Ventura Oxnard Malibu Pasadena Burbank Glendale
    Torrance Compton Downey Whittier Pomona Ontario Riverside Hemet Indio Coachella Blythe Barstow Mojave Lancaster
    Palmdale Bakersfield Delano Visalia Fresno Madera Merced Modesto Stockton Lodi Davis Woodland Chico Redding Yreka
    Truckee Auburn Placerville Sonora Bishop Lakeport""".split()
)
AREA_CODES = ("209", "213", "310", "323", "408", "415", "510", "530", "559", "562", "619", "626", "650", "661", "707",
              "714", "760", "805", "818", "831", "858", "909", "916", "925", "949", "951")  # fmt: skip

STRAIN_FIRST = tuple(
    """Blue Purple Green White Black Red Golden Silver Pink Orange Lemon Lime Cherry Grape Mango Papaya Banana Berry
    Strawberry Blackberry Raspberry Tangerine Peach Apricot Watermelon Pineapple Coconut Vanilla Caramel Cookie Biscuit
    Cinnamon Ginger Mint Honey Maple Cocoa Coffee Velvet Cosmic Lunar Solar Stellar Arctic Frozen Alpine Jungle Island
    Ocean Thunder Lightning Midnight Morning Evening Ancient Royal Imperial Sacred Mystic Phantom Ghost Dragon Tiger Wolf
    Panther Cobra Rhino Gorilla Yeti Unicorn Diamond Ruby Sapphire Crystal Platinum Titan Rocket Turbo Neon Electric""".split()
)
STRAIN_SECOND = tuple(
    """Dream Haze Kush Diesel Cheese Skunk Punch Cake Pie Sherbet Gelato Runtz Glue Widow Trance Express Queen King Prince
    Duchess Jack Wreck Crush Burst Breath Fire Ice Frost Snow Storm Cloud Sky Star Comet Nova Galaxy Orbit Moon Sunset
    Sunrise Mist Fog Rain River Falls Reef Lagoon Canyon Mountain Valley Garden Blossom Flower Petal Thorn Vine Root Leaf
    Candy Taffy Sorbet Sundae Custard Cobbler Tart Strudel Brittle Fudge Truffle Nectar Cider Punchline Riddle Whisper Echo
    Rhapsody Serenade Waltz Fandango Mirage""".split()
)
STRAIN_THIRD = tuple(
    """Reserve Special Select Prime Supreme Deluxe Classic Original Heritage Legacy Vintage Estate Heirloom
    Landrace Hybrid Crossing Backcross Selfed Feminized Auto Express-Cut Clone-Only Breeders-Cut Founders-Cut Mothers-Cut
    Keepers-Cut Hunters-Cut Growers-Cut North South East West Alpha Beta Gamma Delta Epsilon Zeta Theta Kappa Lambda Sigma
    Omega Prima Secunda Tertia Quarta Quinta Sexta Septima Octava Nona Decima Aurora Borealis Australis Equinox Solstice
    Zenith Nadir Apogee Perigee Corona Umbra Penumbra Eclipse Meridian Horizon Tropic Polar Boreal Austral Coastal
    Inland Upland Lowland Hilltop Riverbank Lakeside Seaside Canyonside Ridge-Line Sierra Cascade Humboldt Mendocino
    Trinity Sonoma Monterey Oaxaca Durban Malawi Kandahar Kerala Chiang-Mai""".split()
)
