"""Words used to name TERP's companies, strains and products."""

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
TOWNS = tuple(
    one.split(":")
    for one in """Arcata:955:707 Eureka:955:707 Fortuna:955:707 Ukiah:954:707 Willits:954:707 Sonoma:954:707 Napa:945:707
    Petaluma:949:707 Sebastopol:954:707 Oakland:946:510 Berkeley:947:510 Richmond:948:510 Vallejo:945:707
    Fremont:945:510 Hayward:945:510 Sunnyvale:940:408 Gilroy:950:408 Salinas:939:831 Monterey:939:831 Carmel:939:831
    Soledad:939:831 Paso-Robles:934:805 Lompoc:934:805 Ventura:930:805 Oxnard:930:805 Malibu:902:310 Pasadena:911:626
    Burbank:915:818 Glendale:912:818 Torrance:905:310 Compton:902:310 Downey:902:562 Whittier:906:562 Pomona:917:909
    Ontario:917:909 Riverside:925:951 Hemet:925:951 Indio:922:760 Coachella:922:760 Blythe:922:760 Barstow:923:760
    Mojave:935:661 Lancaster:935:661 Palmdale:935:661 Bakersfield:933:661 Delano:932:661 Visalia:932:559
    Fresno:937:559 Madera:936:559 Merced:953:209 Modesto:953:209 Stockton:952:209 Lodi:952:209 Davis:956:530
    Woodland:956:530 Chico:959:530 Redding:960:530 Yreka:960:530 Truckee:961:530 Auburn:956:530 Placerville:956:530
    Sonora:953:209 Bishop:935:760 Lakeport:954:707""".split()
)
"""California towns: name, ZIP code prefix and area code."""
CITIES, ZIP_PREFIXES, AREA_CODES = zip(*TOWNS, strict=True)

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
