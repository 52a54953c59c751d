"""What a column probably holds, told by its name, its type and its members: an expression over `rows`, as a seeder has it.

Every expression is Python source. What it makes reaches nobody: example.com, 555-01xx, numbers that are never issued.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from seeding.masking import name_words
from seeding.schema.tables import ColumnSchema, Kind

SPARE_DIGITS = 8
"""How many digits a serial number may grow to: a hundred million rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """How to fill a column."""

    expression: str
    distinct: bool = False
    """Whether no two rows have the same value."""
    capacity: int | None = None
    """The most rows it serves, where it is distinct for so many only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """A kind of text: the runs of words that name such a column, and what fills it."""

    names: str
    expression: str
    """{column} is the column, {label} what one row of the table is called."""
    longest: int
    """Characters that its values have at most; those of {label} are counted where it is known."""
    distinct: bool = False
    optional: bool = True
    """Whether it is worth filling where the column may stay empty."""
    personal: str = ""
    """The masking strategy of such a column, where its values name somebody."""


def faked(provider: str) -> str:
    """A column out of a pool of Faker's."""
    return f'rows.fake("{{column}}", "{provider}")'


SERIAL = "numerals(rows.index + 1)"
TEXTS: tuple[Wording, ...] = (
    Wording(names="email|e mail", expression=f'"person" + {SERIAL} + "@example.com"', longest=26, distinct=True),
    Wording(names="phone|telephone|tel|mobile|fax|whatsapp",
            expression='"(555) 555-01" + numerals(rows.integers("{column}", 0, 100), 2)', longest=14),
    Wording(names="password|passwd|password hash|secret|private key", expression='pl.repeat("!", len(rows), eager=True)',
            longest=1, optional=False),
    Wording(names="token|hash|signature|checksum|session|nonce", longest=20, optional=False,
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
    Wording(names="description|note|notes|comment|comments|message|body|content|summary|reason|text|bio|instructions|terms",
            expression=faked("sentence"), longest=150),
    Wording(names="title|subject|headline|slogan", expression=faked("catch_phrase"), longest=80),
    Wording(names="type|kind|status|category|mode|method|stage|source", expression=faked("word"), longest=15),
    Wording(names="code|number|sku|reference|no|slug|identifier|key|serial|barcode", expression="", longest=0, distinct=True),
    Wording(names="name|label", expression=f'"{{label}} " + {SERIAL}', longest=0, distinct=True),
)  # fmt: skip
"""The first that fits counts. An empty expression is a code: see `_code`."""
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
PEOPLE = "user|person|employee|contact|member|customer|patient|student|author|staff|driver|recipient|attendee"
COMPANIES = "client|vendor|supplier|company|organization|organisation|brand|merchant|partner|account"
"""What a row is called whose name is a person's, or a company's."""
NAMES = (
    (PEOPLE, Wording(names="name", expression=faked("name"), longest=40, personal="person_name")),
    (COMPANIES, Wording(names="name", expression=faked("company"), longest=60, personal="company_name")),
)
CREATED = "created|updated|modified|inserted|registered"
FUTURE = "due|expires|expiry|expiration|until|end|deadline|next|scheduled"
BIRTH = "birth|birthday|dob|birthdate"
ENDED = "deleted|archived|voided|cancelled|canceled|removed|rejected|reversed|closed|completed|resolved"
"""Columns that tell of a row's end: they may stay empty."""
OBJECTS = (
    "config|configuration|settings|data|metadata|meta|payload|options|preferences|params|attributes|details|context|snapshot"
    "|layout|filters|permissions"
)
"""JSON columns that hold an object; the others hold a list."""


def guess(column: ColumnSchema, label: str, *, distinct: bool = False) -> Guess:
    """How to fill a column that refers to nothing; `label` is what one row is called, in words.

    `distinct` asks for a value of its own for every row.
    """
    if column.values:
        return _member(column, distinct=distinct)
    if column.kind is Kind.TEXT:
        return _text(column, label, distinct=distinct)
    return BY_KIND.get(column.kind, _json)(column, distinct=distinct)


def worth_filling(column: ColumnSchema, *, refers: bool = False) -> bool:
    """Whether a column that a row need not give is worth a guess: not what ends a row, nor what has a sensible default."""
    if sounds(column.name, ENDED):
        return False
    if refers or column.values:
        return True
    if column.kind in (Kind.JSON, Kind.BOOLEAN):
        return False
    if column.kind is Kind.DATETIME:
        return any(sounds(column.name, names) for names in (CREATED, FUTURE, BIRTH))
    if column.kind is Kind.INTEGER and name_words(column.name)[-1:] in (("id",), ("by",)):
        return False
    return not column.has_default and (column.kind is not Kind.TEXT or _wording(column.name).optional)


def personal(name: str, label: str) -> str:
    """The masking strategy of a text column that a guess fills with the names of people or companies; empty for any other."""
    return _wording(name, label).personal


def sounds(name: str, words: str) -> bool:
    """Whether one of the runs of words, separated by bars, occurs in a column's name."""
    text = f" {' '.join(name_words(name))} "
    return any(f" {one} " in text for one in words.split("|"))


def label_of(words: Iterable[str]) -> str:
    """`order line item` → `Order line item`."""
    return " ".join(words).capitalize()


def _wording(name: str, label: str = "") -> Wording:
    if name_words(name) == ("name",):
        of = next((wording for names, wording in NAMES if sounds(label, names)), None)
        if of is not None:
            return of
    return next((one for one in TEXTS if sounds(name, one.names)), OTHER_TEXT)


def _member(column: ColumnSchema, *, distinct: bool) -> Guess:
    members = ", ".join(quoted(value) for value in column.values) + ("," if len(column.values) == 1 else "")
    if distinct:
        return Guess(expression=f"take(({members}), rows.index)", distinct=True, capacity=len(column.values))
    return Guess(expression=f"rows.choose({quoted(column.name)}, ({members}))")


def _text(column: ColumnSchema, label: str, *, distinct: bool) -> Guess:
    wording = _wording(column.name, label)
    room = column.length if column.length is not None else column.octets
    longest = len(label) + 1 + SPARE_DIGITS if "{label}" in wording.expression else wording.longest
    fits = room is None or room >= longest
    if not wording.expression or (not fits and wording.distinct):
        return _code(label, room)
    slug = "-".join(name_words(column.name))[:12].rstrip("-")
    expression = wording.expression.format(column=column.name, label=label, slug=slug)
    if distinct and not wording.distinct:
        roomy = room is None or room >= longest + 1 + SPARE_DIGITS
        return Guess(expression=f'{expression} + " " + {SERIAL}', distinct=True) if roomy else _code(label, room)
    if not fits:
        expression = f"({expression})" if " + " in expression else expression
        expression = f"{expression}.str.slice(0, {room})"
    return Guess(expression=expression, distinct=wording.distinct)


def _code(label: str, room: int | None) -> Guess:
    """Like the application's own codes, in a range that it never reaches: it begins with a nine."""
    prefix = f"{label.split(maxsplit=1)[0].upper()[:8]}-9"
    if room is None or room >= len(prefix) + SPARE_DIGITS:
        return Guess(expression=f'"{prefix}" + numerals(rows.index, 5)', distinct=True)
    if room > SPARE_DIGITS:
        return Guess(expression='"9" + numerals(rows.index, 5)', distinct=True)
    return Guess(expression=f"numerals(rows.index, {room})", distinct=True, capacity=10**room)


def _integer(column: ColumnSchema, *, distinct: bool) -> Guess:
    low, high = _limits(column)
    if distinct:
        start = 900_000_000 if high >= 2**31 - 1 else max(low, 1)
        return Guess(expression=f"{start:_} + rows.index", distinct=True, capacity=high - start + 1)
    if sounds(column.name, "year"):
        return Guess(expression=f'rows.as_of.year - rows.integers("{column.name}", 0, 5)')
    if sounds(column.name, "version"):
        return Guess(expression="pl.repeat(1, len(rows), eager=True)")
    if sounds(column.name, "sort|position|sequence|display order|sort order"):
        return Guess(expression=f"rows.index % {min(high, 1_000):_}")
    least, most = _range(column.name, INTEGERS, (1, 1_000))
    least, most = max(low, min(least, high)), min(most, high)
    return Guess(expression=f'rows.integers("{column.name}", {least:_}, {most + 1:_})')


def _decimal(column: ColumnSchema, *, distinct: bool) -> Guess:
    scale = 2 if column.scale is None else column.scale
    limit = int(column.high * 10**scale) if isinstance(column.high, Decimal) else 10**12
    if distinct:
        return Guess(expression=f"decimals(rows.index + 1, {scale})", distinct=True, capacity=limit)
    least, most = (bound * 10**scale for bound in _range(column.name, AMOUNTS, (0, 100)))
    least, most = max(-limit, min(least, limit)), min(most, limit)
    return Guess(expression=f'decimals(rows.integers("{column.name}", {least:_}, {most + 1:_}), {scale})')


def _float(column: ColumnSchema, *, distinct: bool) -> Guess:
    if distinct:
        return Guess(expression="rows.index.astype(float)", distinct=True)
    least, most = _range(column.name, AMOUNTS, (0, 100))
    return Guess(expression=f'rows.uniform("{column.name}", {least}, {most})')


def _boolean(column: ColumnSchema, *, distinct: bool) -> Guess:
    if distinct:
        return Guess(expression="rows.index == 1", distinct=True, capacity=2)
    chance = next((chance for names, chance in CHANCES if sounds(column.name, names)), "0.5")
    return Guess(expression=f'rows.chance("{column.name}", {chance})')


def _day(column: ColumnSchema, *, distinct: bool) -> Guess:
    method = "dates" if column.kind is Kind.DATE else "moments"
    if distinct:
        return Guess(expression=f"rows.{method}(-rows.index)", distinct=True, capacity=10_000)
    stream, low, high = _days(column.name)
    draw = "integers" if column.kind is Kind.DATE else "uniform"
    return Guess(expression=f'rows.{method}(rows.{draw}("{stream}", {low:_}, {high:_}))')


def _json(column: ColumnSchema, *, distinct: bool) -> Guess:
    empty = "{}" if sounds(column.name, OBJECTS) else "[]"
    return Guess(
        expression=f"pl.Series([{empty}] * len(rows), dtype=pl.Object)", distinct=distinct, capacity=1 if distinct else None
    )


def _days(name: str) -> tuple[str, int, int]:
    """The stream a date is drawn from, and the days around `as_of`: what was created and updated is one moment."""
    if sounds(name, CREATED):
        return "created", -365, 0
    if sounds(name, BIRTH):
        return name, -25_000, -7_000
    return (name, 1, 90) if sounds(name, FUTURE) else (name, -365, 0)


def _range(name: str, rules: Iterable[tuple[str, int, int]], otherwise: tuple[int, int]) -> tuple[int, int]:
    return next(((low, high) for names, low, high in rules if sounds(name, names)), otherwise)


def _limits(column: ColumnSchema) -> tuple[int, int]:
    low, high = column.low, column.high
    return (low if isinstance(low, int) else -(2**31)), (high if isinstance(high, int) else 2**31 - 1)


def quoted(text: str) -> str:
    """A text as Python source, in double quotes."""
    inner = repr("'" + text)[2:-1]  # the apostrophe makes repr choose double quotes
    return f'"{inner}"' if '"' not in text else repr(text)


BY_KIND = {
    Kind.INTEGER: _integer,
    Kind.DECIMAL: _decimal,
    Kind.FLOAT: _float,
    Kind.BOOLEAN: _boolean,
    Kind.DATE: _day,
    Kind.DATETIME: _day,
}
