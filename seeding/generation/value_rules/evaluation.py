"""The values that a profile's rules give to a column: one kind of rule per function, each over any rows.

A rule is a mapping with one of the keys of KINDS, and perhaps `nulls`, the share of rows that stay empty. Shares are exact
(`shares`): rows are numbered among those that the rule is for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Any

import numpy as np
import polars as pl

from seeding.arrays import Integers
from seeding.generation.rows import Rows, numerals, only
from seeding.generation.streams import stream as stream_of
from seeding.generation.value_rules.distributions import drawn
from seeding.generation.value_rules.shares import assigned, split
from seeding.generation.value_rules.texts import by_pattern, fake, of_length
from seeding.generation.value_rules.value_types import ValueType
from seeding.schema.kinds import Kind

Rule = Mapping[str, Any]
ANY_DAY = date.min


def ruled(rows: Rows, column: str) -> pl.Series:
    """The values of a column that the profile has a rule for; those of named rows are as the profile gives them."""
    rule = _rules(rows)["columns"][column]
    return named(rows, column, valued(rows, column, rule, ValueType.of(rule["as"]), _place(rows, column)))


def named(rows: Rows, column: str, values: Any) -> pl.Series:
    """`values`, but those that the profile gives to named rows, which are the first rows of the table."""
    found, names = pl.Series(values), _named(rows)
    if not names or not len(rows) or int(rows.index.min()) >= len(names):  # all but the first batch
        return found
    for number, one in enumerate(names):
        places = np.flatnonzero(rows.index == number)
        if column in one and len(places):
            some, rule = rows.of(rows.table, rows.index[places]), one[column]
            place = np.zeros(len(places), dtype=np.int64)
            found = _scattered(found, places, valued(some, f"{column}/named", rule, ValueType.of(rule["as"]), place))
    return found


def thinned(rows: Rows, column: str, values: Any) -> pl.Series:
    """`values`, without the share of rows that the profile leaves empty."""
    share = Fraction(_rules(rows)["thinned"][column])
    return only(pl.Series(values), ~split(_stream(rows, f"{column}/nulls"), _place(rows, column), share)[0])


def ruled_units(rows: Rows, column: str) -> Any:
    """The numbers of a column that the profile has a rule for and leaves nowhere empty: see `ValueType.units`."""
    rule = _rules(rows)["columns"][column]
    return _units(rows, column, rule, ValueType.of(rule["as"]))


def matching(values: pl.Series, keys: Sequence[Any], kind: ValueType, rows: Rows) -> pl.Series:
    """The place of the key that each value is equal to; one beyond the last if it is none of them, or null."""
    wanted = kind.literals(keys, rows.as_of)
    found = values.cast(wanted.dtype).replace_strict(wanted, pl.Series(range(len(keys)), dtype=pl.UInt32), default=len(keys))
    return found.fill_null(len(keys)).cast(pl.UInt32)


def has_units(rule: Rule, kind: ValueType) -> bool:
    """Whether `ruled_units` gives the values of such a rule."""
    return kind.is_number and "nulls" not in rule and ("range" in rule or "distribution" in rule)


def valued(rows: Rows, stream: str, rule: Rule, kind: ValueType, place: Integers) -> pl.Series:
    """The values of the rule; `place` numbers the rows among those that it is for."""
    if share := rule.get("nulls"):
        empty, before = split(_stream(rows, f"{stream}/nulls"), place, Fraction(share))
        filled = np.flatnonzero(~empty)
        some = rows.of(rows.table, rows.index[filled])
        values = valued(some, stream, {**rule, "nulls": None}, kind, (place - before)[filled])
        return _spread(len(rows), [(filled, values)], kind)
    evaluate = next(function for name, function in KINDS.items() if name in rule)
    return evaluate(rows, stream, rule, kind, place)


def _constant(rows: Rows, _stream_name: str, rule: Rule, kind: ValueType, _place: Integers) -> pl.Series:
    return kind.literals([rule["value"]], rows.as_of)[np.zeros(len(rows), dtype=np.uint32)]


def _choice(rows: Rows, stream: str, rule: Rule, kind: ValueType, place: Integers) -> pl.Series:
    weights = [Fraction(one) for one in rule["weights"]]
    streams = [_stream(rows, f"{stream}/choice/{number}") for number in range(len(weights))]
    number, _ = assigned(streams, place, weights)
    return kind.literals(rule["choices"], rows.as_of)[number.astype(np.uint32)]


def _mixture(rows: Rows, stream: str, rule: Rule, kind: ValueType, place: Integers) -> pl.Series:
    weights = [Fraction(one["share"]) for one in rule["mix"]]
    streams = [_stream(rows, f"{stream}/mix/{number}") for number in range(len(weights))]
    number, rank = assigned(streams, place, weights)
    parts = []
    for part, one in enumerate(rule["mix"]):
        of_part = np.flatnonzero(number == part)
        some = rows.of(rows.table, rows.index[of_part])
        parts.append((of_part, valued(some, f"{stream}/mix/{part}", one, kind, rank[of_part])))
    return _spread(len(rows), parts, kind)


def _number(rows: Rows, stream: str, rule: Rule, kind: ValueType, _place: Integers) -> pl.Series:
    return kind.series(rows, _units(rows, stream, rule, kind))


def _sequence(rows: Rows, _stream_name: str, rule: Rule, kind: ValueType, _place: Integers) -> pl.Series:
    told = rule["sequence"]
    numbers = told.get("start", 1) + told.get("step", 1) * rows.index
    if kind.kind is Kind.TEXT:
        return str(told.get("prefix", "")) + numerals(numbers, told.get("digits", 0))
    return kind.series(rows, numbers if kind.kind is Kind.INTEGER else kind.units(numbers.astype(np.float64)))


def _pattern(rows: Rows, stream: str, rule: Rule, _kind: ValueType, _place: Integers) -> pl.Series:
    return by_pattern(rows, stream, rule["pattern"], distinct=rule.get("distinct", False))


def _length(rows: Rows, stream: str, rule: Rule, _kind: ValueType, _place: Integers) -> pl.Series:
    least, most = rule["length"]
    return of_length(rows, stream, least, most)


def _fake(rows: Rows, stream: str, rule: Rule, _kind: ValueType, _place: Integers) -> pl.Series:
    return fake(rows, stream, rule["fake"], rule.get("locale", rows.rules.locale))


def _units(rows: Rows, stream: str, rule: Rule, kind: ValueType) -> Any:
    if "range" not in rule:
        return kind.units(drawn(rows, stream, rule))
    low, high = (kind.number(one, rows.as_of) for one in rule["range"])
    if kind.kind is Kind.FLOAT or kind.kind is Kind.DATETIME:
        return rows.uniform(stream, low, high)
    least, most = (round(one * 10**kind.scale) for one in (low, high))
    return rows.integers(stream, least, most + 1)


KINDS: Mapping[str, Callable[[Rows, str, Rule, ValueType, Integers], pl.Series]] = {
    "value": _constant,
    "choices": _choice,
    "mix": _mixture,
    "range": _number,
    "distribution": _number,
    "sequence": _sequence,
    "pattern": _pattern,
    "length": _length,
    "fake": _fake,
}
"""Key of a rule → its values."""


def _rules(rows: Rows) -> Mapping[str, Any]:
    return rows.rules.tables[rows.table]


def _place(rows: Rows, column: str) -> Integers:
    """The rows' numbers among those that the column's rule is for: not those that have a name and a value of their own."""
    setting = np.array([number for number, one in enumerate(_named(rows)) if column in one], dtype=np.int64)
    return rows.index - np.searchsorted(setting, rows.index)


def _named(rows: Rows) -> list[Mapping[str, Rule]]:
    """The values of each named row, in order."""
    return [values for _, values in _rules(rows).get("named", ())]


def _stream(rows: Rows, name: str) -> np.uint64:
    return stream_of(rows.seed, rows.table, name)


def _spread(count: int, parts: list[tuple[Integers, pl.Series]], kind: ValueType) -> pl.Series:
    """Values of parts of the rows in the place of those rows; null where no part has any."""
    if kind.kind is Kind.JSON:
        found: list[Any] = [None] * count
        for places, values in parts:
            for place, value in zip(places.tolist(), values.to_list(), strict=True):
                found[place] = value
        return pl.Series(found, dtype=pl.Object)
    order = np.full(count, -1, dtype=np.int64)
    first = 0
    for places, values in parts:
        order[places] = np.arange(first, first + len(values))
        first += len(values)
    together = pl.concat([values for _, values in parts]) if first else kind.literals([], ANY_DAY)
    return (
        together.gather(pl.Series(order, dtype=pl.Int64).replace(-1, None)) if first else together.extend_constant(None, count)
    )


def _scattered(values: pl.Series, places: Integers, own: pl.Series) -> pl.Series:
    if values.dtype == pl.Object:
        found = values.to_list()
        for place, value in zip(places.tolist(), own.to_list(), strict=True):
            found[place] = value
        return pl.Series(found, dtype=pl.Object)
    return values.cast(own.dtype).scatter(places, own) if values.dtype == pl.Null else values.scatter(places, own)
