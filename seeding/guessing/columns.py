"""Guesses what a column holds from its name, type and members, as an expression over `rows` for a seeder.

Every expression is Python source. Its values reach no real person: example.com, 555-01xx, numbers that are never issued.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from seeding.guessing.column_words import (
    AMOUNTS,
    BIRTH,
    CHANCES,
    CREATED,
    ENDED,
    FUTURE,
    INTEGERS,
    NAMES,
    OBJECTS,
    OTHER_TEXT,
    PASSWORDS,
    PHONE,
    PHONES,
    SECRETS,
    SERIAL,
    TEXTS,
    TITLES,
    Wording,
)
from seeding.guessing.privileges import gives_power, powerless
from seeding.masking import name_words, spellings
from seeding.schema.tables import ColumnSchema, Kind

SPARE_DIGITS = 8
"""Maximum digits of a serial number: a hundred million rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """How to fill a column."""

    expression: str
    distinct: bool = False
    """Whether every row has a different value."""
    capacity: int | None = None
    """The most rows for which it is distinct; None without a limit."""


def guess(column: ColumnSchema, label: str, *, distinct: bool = False) -> Guess:
    """How to fill a column without a reference; `label` names one row of the table, in words.

    `distinct` requires a different value in every row.
    """
    if column.values:
        return _member(column, distinct=distinct)
    if column.kind in (Kind.TEXT, Kind.ADDRESS):
        return _text(column, label, distinct=distinct)
    return BY_KIND.get(column.kind, _json)(column, distinct=distinct)


def worth_filling(column: ColumnSchema, *, refers: bool = False) -> bool:
    """Whether to fill an optional column: not if it marks the end of a row or has a sensible default."""
    if (column.kind is Kind.BOOLEAN and gives_power(column.name)) or (
        column.kind is Kind.TEXT and sounds(column.name, PASSWORDS)
    ):
        return True  # with a harmless value: the default may be another
    if sounds(column.name, ENDED):
        return False
    if refers or column.values:
        return True
    if column.kind is Kind.DATETIME:
        return any(sounds(column.name, names) for names in (CREATED, FUTURE, BIRTH))
    if column.kind in (Kind.JSON, Kind.BOOLEAN) or (
        column.kind is Kind.INTEGER and name_words(column.name)[-1:] in (("id",), ("by",))
    ):
        return False
    return not column.has_default and (column.kind is not Kind.TEXT or _wording(column.name).optional)


def personal(name: str, label: str) -> str:
    """The masking strategy of a text column filled with names of people or companies; empty for any other."""
    return _wording(name, label).personal


def sounds(name: str, words: str) -> bool:
    """Whether a column's name contains one of the runs of words (separated by bars)."""
    text = f" {' '.join(name_words(name))} "
    return any(one in text for one in spellings(words))


def label_of(words: Iterable[str]) -> str:
    """`order line item` → `Order line item`."""
    return " ".join(words).capitalize()


def _wording(name: str, label: str = "") -> Wording:
    """By the name itself, if there is a rule for all of it; then by what it is the name or title of; then by words in it."""
    *of, last = name_words(name) or ("",)
    if last in ("key", "value") and sounds(label, SECRETS):
        return next(one for one in TEXTS if one.names == SECRETS)
    whole = " ".join((*of, last))
    found = next((one for one in TEXTS if of and whole in one.names.split("|")), None)
    if found is None and last in ("name", "title"):
        found = _subject(" ".join(of) or label, NAMES + TITLES if last == "name" else TITLES)
    return found or next((one for one in TEXTS if sounds(name, one.names)), OTHER_TEXT)


def _subject(words: str, rules: Iterable[tuple[str, Wording]]) -> Wording | None:
    """By the last of the words, which say what a row is: a `user group` is a group."""
    text = f" {' '.join(name_words(words))}"
    return next((wording for names, wording in rules if text.endswith(tuple(f" {one}" for one in names.split("|")))), None)


def _member(column: ColumnSchema, *, distinct: bool) -> Guess:
    values = powerless(column.values, column.values)
    members = ", ".join(quoted(value) for value in values) + ("," if len(values) == 1 else "")
    if distinct:
        return Guess(expression=f"take(({members}), rows.index)", distinct=True, capacity=len(values))
    return Guess(expression=f"rows.choose({quoted(column.name)}, ({members}))")


def _text(column: ColumnSchema, label: str, *, distinct: bool) -> Guess:
    wording = _wording(column.name, label)
    room = column.length if column.length is not None else column.octets
    longest = len(label) + 1 + SPARE_DIGITS if "{label}" in wording.expression else wording.longest
    fits = room is None or room >= longest
    if distinct and wording.names == SECRETS and (room is None or room >= SPARE_DIGITS + 2):
        return Guess(expression=f'"! " + numerals(rows.index + 1, {min(20, (room or 22) - 2)})', distinct=True)
    if not wording.expression or (not fits and wording.distinct):
        return _code(label, room)
    slug = "-".join(name_words(column.name))[:12].rstrip("-")
    expression = wording.expression.format(column=column.name, label=label, slug=slug)
    if distinct and "+1201555" in expression:
        return Guess(expression=PHONE, distinct=True, capacity=PHONES) if fits else _code(label, room)
    if distinct and not wording.distinct:
        roomy = room is None or room >= longest + 1 + SPARE_DIGITS
        return Guess(expression=f'{expression} + " " + {SERIAL}', distinct=True) if roomy else _code(label, room)
    if not fits:
        expression = f"({expression})" if " + " in expression else expression
        expression = f"{expression}.str.slice(0, {room})"
    return Guess(expression=expression, distinct=wording.distinct)


def _code(label: str, room: int | None) -> Guess:
    """A code like the application's own, in a range it never reaches: the digits begin with a nine."""
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
    if gives_power(column.name):
        return Guess(
            expression="pl.repeat(value=False, n=len(rows), eager=True)", distinct=distinct, capacity=1 if distinct else None
        )
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
    """The stream a date is drawn from, and its range in days around `as_of`; creation and update share one moment."""
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
