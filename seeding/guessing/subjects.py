"""What the name or the title of a row says, by what the row is: a product's is no person's."""

from __future__ import annotations

from dataclasses import dataclass

PEOPLE = "user|person|employee|contact|member|customer|patient|student|author|staff|driver|recipient|attendee"
COMPANIES = "client|vendor|supplier|company|organization|organisation|brand|merchant|partner|account|manufacturer|publisher"
"""Words for rows whose `name` is a person's or a company's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Rows of one kind: the words for such a row, and those that their names are made of."""

    rows: str
    """Runs of words, separated by bars."""
    last: str
    """The last parts of names, separated by bars."""
    first: str = ""
    """The first parts, if there are any."""

    @property
    def expression(self) -> str:
        """An expression over `rows`; {column} is the column."""
        last = _drawn("{column}", self.last)
        return f'{_drawn("{column}/first", self.first)} + " " + {last}' if self.first else last

    @property
    def longest(self) -> int:
        """Maximum length in characters."""
        return sum(max(map(len, parts.split("|"))) + 1 for parts in (self.first, self.last) if parts) - 1


def _drawn(stream: str, parts: str) -> str:
    members = ", ".join(f'"{part}"' for part in parts.split("|"))
    return f'rows.choose("{stream}", ({members}))'


MATERIALS = "Oak|Steel|Linen|Glass|Cotton|Copper|Slate|Bamboo|Leather|Walnut"
ABOUT = "Better Teamwork|Modern Logistics|Clean Energy|Urban Gardening|Remote Work|Open Data|Slow Travel|Healthy Soil"
SUBJECTS: tuple[Subject, ...] = (
    Subject(rows="product|item|variant|sku|part|material|good|stock record|article number", first=MATERIALS,
            last="Lamp|Chair|Kettle|Backpack|Notebook|Shelf|Blanket|Clock|Vase|Stool|Tray|Mirror"),
    Subject(rows="category|genre|topic|section|collection|catalogue|catalog|product class|product type",
            last="Furniture|Lighting|Kitchen|Garden|Travel|Stationery|Textiles|Outdoor|Music|Science|History|Sports|Health|Design"),
    Subject(rows="tag|keyword|label", last="new|popular|seasonal|limited|classic|featured|compact|eco|handmade|gift"),
    Subject(rows="language", last="English|German|French|Spanish|Italian|Dutch|Polish|Finnish|Greek|Danish"),
    Subject(rows="currency", last="US Dollar|Euro|Pound Sterling|Yen|Swiss Franc|Krona|Zloty|Rand"),
    Subject(rows="event|conference|meeting|webinar|workshop|festival|appointment",
            first="Annual|Spring|Regional|International|Autumn|Winter|Open",
            last="Conference|Workshop|Trade Fair|Summit|Meetup|Concert|Seminar|Exhibition"),
    Subject(rows="post|article|page|entry|story|news|blog|chapter|thread|announcement|newsletter",
            first="A Guide to|Notes on|The Future of|Ten Ideas for|Understanding|What We Learned about", last=ABOUT),
    Subject(rows="course|lesson|lecture|class|training|module|quiz|exam",
            first="Introduction to|Advanced|Practical|Foundations of",
            last="Statistics|Bookkeeping|Carpentry|Photography|Negotiation|Databases|Nutrition|Marketing"),
    Subject(rows="project|campaign|program|programme|initiative|milestone|goal",
            first="Northern|Blue|Harbour|Summit|Green|Central", last="Relaunch|Migration|Expansion|Renewal|Outreach|Pilot"),
    Subject(rows="task|ticket|issue|todo|bug|job|activity|step",
            first="Review|Update|Prepare|Check|Replace|Archive",
            last="the price list|the contract|the delivery note|the website|the stock count|the report"),
    Subject(rows="team|group|department|division|squad|unit",
            last="Sales|Purchasing|Logistics|Finance|Support|Marketing|Research|Quality|Maintenance"),
    Subject(rows="role|position|occupation|job title",
            last="Clerk|Editor|Reviewer|Buyer|Technician|Planner|Analyst|Assistant"),
    Subject(rows="warehouse|store|shop|branch|location|office|venue|site|facility|plant",
            first="North|South|East|West|Harbour|Riverside|Old Town|Central", last="Depot|Store|Hall|Office|Warehouse|Centre"),
    Subject(rows="room|building|floor|shelf|bin|zone", first="North|South|East|West|Upper|Lower",
            last="Room|Hall|Wing|Aisle|Gallery|Studio"),
    Subject(rows="book|film|movie|song|album|track|playlist|episode|series|game",
            first="The Silent|A Distant|The Last|Beyond the|Our",
            last="Harbour|Orchard|Winter|Lighthouse|Journey|Garden|Mountain|River"),
    Subject(rows="plan|package|tier|edition|subscription|membership", last="Starter|Basic|Standard|Plus|Professional|Complete"),
    Subject(rows="payment method|method|payment type", last="Bank transfer|Card|Cash|Direct debit|Invoice"),
    Subject(rows="carrier|courier|shipping method|delivery method", last="Standard delivery|Express delivery|Pick-up|Freight"),
    Subject(rows="tax|tax rate|vat|tax class", last="Standard rate|Reduced rate|Zero rate|Exempt"),
    Subject(rows="document|file|report|form|template|attachment|image|photo|video|media|picture|asset",
            first="Signed|Final|Quarterly|Revised|Draft", last="Report|Contract|Overview|Brochure|Plan|Photograph"),
    Subject(rows="question|survey|poll|faq", first="How satisfied are you with|How often do you use|Would you recommend",
            last="our delivery?|our website?|our support?|our products?"),
    Subject(rows="choice|option|answer", last="Very much|Somewhat|Neutral|Not really|Not at all"),
    Subject(rows="offer|discount|voucher|coupon|promotion|benefit", first="Spring|Summer|Autumn|Winter|Weekend|Welcome",
            last="Sale|Discount|Offer|Bonus"),
)  # fmt: skip
"""The first match wins; a row is what the last of its words say: a `product category` is a category."""
