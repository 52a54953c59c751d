"""Words in a column's name that reveal what it holds, and expressions that fill such a column."""

from __future__ import annotations

from dataclasses import dataclass

from seeding.guessing.subjects import COMPANIES, PEOPLE, SUBJECTS


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """A kind of text: the runs of words that name such a column, and the expression that fills it."""

    names: str
    expression: str
    """{column} is the column, {label} the name of one row of the table."""
    longest: int
    """Maximum length of its values in characters; computed from the label if the expression contains {label}."""
    distinct: bool = False
    optional: bool = True
    """Whether to fill it if the column is optional."""
    personal: str = ""
    """The masking strategy of such a column if its values name a person or a company."""


def faked(provider: str) -> str:
    """A column drawn from a pool of Faker values."""
    return f'rows.fake("{{column}}", "{provider}")'


PASSWORDS = "password|passwd|password hash"
SECRETS = "token|secret|secret key|private key|api key|access key|auth key|session key|login key"
SERIAL = "numerals(rows.index + 1)"
PHONES = 7_200
"""Numbers that nobody has: 555-0100 to 555-0199 in 72 area codes."""
PHONE = '"+1" + numerals(201 + rows.index // 900 % 8 * 100 + rows.index // 100 % 9) + "55501" + numerals(rows.index % 100, 2)'
"""Another one for each row, up to PHONES."""
TEXTS: tuple[Wording, ...] = (
    Wording(names="email|e mail", expression=f'"person" + {SERIAL} + "@example.com"', longest=26, distinct=True),
    Wording(names="phone|telephone|tel|mobile|fax|whatsapp", longest=12,
            expression='"+120155501" + numerals(rows.integers("{column}", 0, 100), 2)'),
    Wording(names=PASSWORDS, longest=21,
            expression='"!" + pl.Series(rows.bits("{column}")).cast(pl.String)'),
    Wording(names=SECRETS, longest=22, optional=False,
            expression='"! " + pl.Series(rows.bits("{column}")).cast(pl.String)'),
    Wording(names="hash|signature|checksum|session|nonce", longest=20, optional=False,
            expression='pl.Series(rows.bits("{column}")).cast(pl.String)'),
    Wording(names="open id|external id|uuid|guid", expression=f'"seeded-" + {SERIAL}', longest=15, distinct=True),
    Wording(names="ssn|social security|national id", longest=11,
            expression='"000-00-" + numerals(rows.integers("{column}", 0, 10_000), 4)'),
    Wording(names="tax id|tax number|ein|vat number|vat id", longest=10,
            expression='"00-" + numerals(rows.integers("{column}", 0, 10_000_000), 7)'),
    Wording(names="card number|credit card", longest=16,
            expression='rows.choose("{column}", ("4111111111111111", "5555555555554444"))'),
    Wording(names="iban|bank account|account number|routing number", longest=10,
            expression='"00" + numerals(rows.integers("{column}", 0, 100_000_000), 8)'),
    Wording(names="ip|ip address|ip addr|remote addr", longest=11,
            expression='"192.0.2." + numerals(rows.integers("{column}", 1, 255))'),
    Wording(names="url|uri|link|website|image|avatar|photo|logo|file|path", longest=40, distinct=True,
            expression=f'"https://example.com/{{slug}}/" + {SERIAL}'),
    Wording(names="first name|given name", expression=faked("first_name"), longest=15, personal="person_name"),
    Wording(names="last name|surname|family name",
            expression=faked("last_name"), longest=20, personal="person_name"),
    Wording(names="user name|username|login|nickname", longest=20, distinct=True, expression=f'"person" + {SERIAL}',
            personal="person_name"),
    Wording(names="company|company name|business name|vendor name|supplier name|legal name|trade name|organization"
                  "|organisation", expression=faked("company"), longest=60, personal="company_name"),
    Wording(names="contact name|full name|person name|customer name|client name|employee name|recipient name|sender name"
                  "|author name|owner name|manager name|driver name|display name|author|contact|recipient",
            expression=faked("name"), longest=40, personal="person_name"),
    Wording(names="address|addr|street", expression=faked("street_address"), longest=60),
    Wording(names="city|town", expression=faked("city"), longest=40),
    Wording(names="state code|province code", expression=faked("state_abbr"), longest=2),
    Wording(names="state|province|region", expression=faked("state"), longest=20),
    Wording(names="country code", expression=faked("country_code"), longest=2),
    Wording(names="country", expression=faked("country"), longest=60),
    Wording(names="zip|postcode|postal code|postal", expression=faked("postcode"), longest=5),
    Wording(names="currency", expression='pl.repeat("USD", len(rows), eager=True)', longest=3),
    Wording(names="timezone|time zone|tz", expression='pl.repeat("UTC", len(rows), eager=True)', longest=3),
    Wording(names="locale|language|lang", expression='pl.repeat("en", len(rows), eager=True)', longest=2),
    Wording(names="color|colour", expression=faked("hex_color"), longest=7),
    Wording(names="mime|mime type|content type", expression='pl.repeat("text/plain", len(rows), eager=True)', longest=10),
    Wording(names="unit|uom", expression='pl.repeat("EA", len(rows), eager=True)', longest=2),
    Wording(names="body|content|article", expression=faked("paragraph"), longest=400),
    Wording(names="description|note|notes|comment|comments|message|summary|reason|text|bio|instructions|terms",
            expression=faked("sentence"), longest=150),
    Wording(names="title|subject|headline|slogan", expression=faked("catch_phrase"), longest=80),
    Wording(names="status", expression='rows.choose("{column}", ("draft", "active", "done"))', longest=6),
    Wording(names="type|kind|category|mode|method|stage|source", expression=faked("word"), longest=15),
    Wording(names="code|number|sku|reference|no|slug|identifier|key|serial|barcode", expression="", longest=0, distinct=True),
    Wording(names="name|label", expression=f'"{{label}} " + {SERIAL}', longest=0, distinct=True),
)  # fmt: skip
"""The first match wins. An empty expression means a code: see `guesses._code`."""
OTHER_TEXT = Wording(names="", expression=faked("word"), longest=15)

INTEGERS: tuple[tuple[str, int, int], ...] = (
    ("month", 1, 12),
    ("day|day of month", 1, 28),
    ("hour", 0, 23),
    ("minute|second", 0, 59),
    ("percent|percentage|pct|rate|ratio|score|progress|completion", 0, 100),
    ("rating|stars|priority|level|tier|rank", 1, 5),
    ("age", 18, 80),
    ("days|minutes|hours|duration", 1, 90),
    ("quantity|qty|count|units|stock|total", 1, 100),
)
"""Words of the name, the smallest and the largest value."""
AMOUNTS: tuple[tuple[str, int, int], ...] = (
    ("percent|percentage|pct|margin|rate|ratio|share|discount|probability|confidence", 0, 100),
    ("latitude|lat", -60, 60),
    ("longitude|lng|lon", -180, 180),
    ("quantity|qty|weight|volume|units|hours", 1, 100),
    ("price|cost|amount|total|subtotal|value|fee|balance|payment|paid|due|revenue|profit|budget|limit|cogs", 1, 1_000),
)
CHANCES: tuple[tuple[str, str], ...] = (
    ("active|enabled|visible|public|available|verified", "0.9"),
    ("deleted|archived|blocked|banned|voided|cancelled|locked|suspended", "0.02"),
)
NAMES: tuple[tuple[str, Wording], ...] = (
    (PEOPLE, Wording(names="name", expression=faked("name"), longest=40, personal="person_name")),
    (COMPANIES, Wording(names="name", expression=faked("company"), longest=60, personal="company_name")),
)
"""What rows are, and what their `name` holds."""
TITLES: tuple[tuple[str, Wording], ...] = (
    ("city|town", Wording(names="name", expression=faked("city"), longest=40)),
    ("country", Wording(names="name", expression=faked("country"), longest=60)),
    ("state|province|region|county", Wording(names="name", expression=faked("state"), longest=20)),
    ("street|road", Wording(names="name", expression=faked("street_name"), longest=40)),
    ("color|colour", Wording(names="name", expression=faked("color_name"), longest=25)),
    *((one.rows, Wording(names="name", expression=one.expression, longest=one.longest)) for one in SUBJECTS),
)
"""What rows are, and what their `name` or `title` holds."""
CREATED = "created|updated|modified|inserted|registered"
FUTURE = "due|expires|expiry|expiration|until|end|deadline|next|scheduled"
BIRTH = "birth|birthday|dob|birthdate"
ENDED = "deleted|archived|voided|cancelled|canceled|removed|rejected|reversed|closed|completed|resolved"
"""Columns that mark the end of a row: they can stay empty."""
OBJECTS = (
    "config|configuration|settings|data|metadata|meta|payload|options|preferences|params|attributes|details|context|snapshot"
    "|layout|filters|permissions"
)
"""JSON columns that hold an object; the others hold a list."""
