"""How a live table differs from the model that mirrors it, with the fix for each difference."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from seeding.schema.kinds import RARE
from seeding.schema.results import MIGRATE, MISSING_TABLE, Difference
from seeding.schema.tables import ColumnSchema, Kind, TableSchema, bare

NUMBERS = frozenset({Kind.BOOLEAN, Kind.INTEGER})
TEXTS = frozenset({Kind.TEXT, Kind.JSON})
HELD = {
    Kind.JSON: TEXTS,
    Kind.UUID: frozenset({Kind.TEXT}),
    Kind.ADDRESS: frozenset({Kind.TEXT}),
    Kind.DURATION: frozenset({Kind.INTEGER}),
}
"""Kinds of a model → the kinds of columns that Django puts their values into, where a server has no type of its own."""

ABOUT_VALUES = frozenset({"changed type", "shorter", "fewer decimals", "lower precision", "smaller range", "enum value gone"})
"""Differences that matter only to the values that are written to the column."""
FIELDLESS = frozenset({"tinyint", "mediumint"})
"""Types that Django has no field for, so that a model has a wider one: the rows are validated by the range of the table."""
LIMIT = "Limit the model's field to that range (MinValueValidator, MaxValueValidator), or run the application's migrations."


def differences(
    expected: TableSchema,
    there: Mapping[str, TableSchema],
    missing_table_help: str = "",
    *,
    filled: Callable[[], Collection[str] | None] = lambda: None,
) -> list[Difference]:
    """Every difference, first those for which the seeder is refused; `there` holds the live tables, by name.

    `filled` returns the columns that the seeder writes, None if that is not known; it is called only if it matters.
    """
    live = there.get(expected.name)
    if live is None:
        fix = missing_table_help or MIGRATE
        return [Difference(table=expected.name, column="", issue=MISSING_TABLE, expected="a table", actual="none", fix=fix)]
    keys = [*_unique_keys(expected, live), *_foreign_keys(expected, live, there)]
    found = [*_columns(expected, live), *keys, *_checks(expected, live)]
    if any(one.issue in ABOUT_VALUES and not one.harmless for one in found) and (written := filled()) is not None:
        found = [
            replace(one, harmless=True) if one.issue in ABOUT_VALUES and one.column not in written else one for one in found
        ]
    return sorted(found, key=lambda one: one.harmless)


def _columns(expected: TableSchema, live: TableSchema) -> Iterator[Difference]:
    for name, column in expected.columns.items():
        if name not in live.columns:
            near = difflib.get_close_matches(name, live.columns.keys() - expected.columns.keys(), n=1)
            fix = f"Is it now {near[0]}? {MIGRATE}" if near else MIGRATE
            yield Difference(
                table=live.name, column=name, issue="missing column", expected=_type(column), actual="none", fix=fix
            )
        else:
            yield from _column(live.name, column, live.columns[name], primary=name == expected.primary_key)
    for name, column in live.columns.items():
        if name in expected.columns or column.is_generated:
            continue
        required = not column.nullable and not column.has_default
        yield Difference(
            table=live.name,
            column=name,
            issue="new required column" if required else "new column",
            expected="none",
            actual=f"{_type(column)}{' without a default' if required else ''}",
            fix="Add it to the model, and a value to the seeder." if required else "Add it to the model.",
            harmless=not required,
        )


def _column(table: str, expected: ColumnSchema, live: ColumnSchema, *, primary: bool) -> Iterator[Difference]:
    def difference(issue: str, wanted: Any, actual: Any, *, fix: str = MIGRATE, harmless: bool = False) -> Difference:
        return Difference(
            table=table,
            column=live.name,
            issue=issue,
            expected=str(wanted),
            actual=str(actual),
            fix=fix,
            harmless=harmless,
        )

    if expected.is_generated or live.is_generated:
        if expected.is_generated is not live.is_generated:
            issue = "no longer generated" if expected.is_generated else "now generated"
            yield difference(issue, *("computed" if one.is_generated else "not computed" for one in (expected, live)))
        return
    if not (_compatible(expected.kind, live.kind) or expected.is_converted):
        yield difference("changed type", _type(expected), _type(live))
        return
    if expected.nullable and not live.nullable and not primary:
        yield difference("no longer nullable", "null allowed", "not null")
    elif live.nullable and not expected.nullable and not primary:
        yield difference("now nullable", "not null", "null allowed", harmless=True)
    if expected.kind is live.kind or not (expected.is_converted or expected.kind is Kind.OTHER):  # which only the field knows
        yield from _room(difference, expected, live)


def _room(difference: Any, expected: ColumnSchema, live: ColumnSchema) -> Iterator[Difference]:
    """Whether every value of the model fits."""
    if live.length is not None and (expected.length is None or live.length < expected.length) and not expected.values:
        wanted = "no limit" if expected.length is None else f"{expected.length} characters"
        yield difference("shorter", wanted, f"{live.length} characters")
    elif live.length is not None and expected.length is not None and live.length > expected.length and not expected.values:
        yield difference("longer", f"{expected.length} characters", f"{live.length} characters", harmless=True)
    if expected.kind is Kind.DECIMAL and live.scale is not None:
        yield from _precision(difference, expected, live)
    elif expected.kind in NUMBERS and _narrower(expected, live):
        ranges = (f"{column.low} to {column.high}" for column in (expected, live))
        yield difference("smaller range", *ranges, fix=LIMIT, harmless=live.type_name in FIELDLESS)
    yield from _members(difference, expected, live)


def _precision(difference: Any, expected: ColumnSchema, live: ColumnSchema) -> Iterator[Difference]:
    wanted, actual = (f"{column.high} at most" for column in (expected, live))
    if (live.scale or 0) < (expected.scale or 0):
        yield difference("fewer decimals", expected.scale, live.scale)
    elif _whole(live) < _whole(expected):
        yield difference("lower precision", wanted, actual)
    elif wanted != actual:
        yield difference("higher precision", wanted, actual, harmless=True)


def _members(difference: Any, expected: ColumnSchema, live: ColumnSchema) -> Iterator[Difference]:
    if not expected.values:
        return
    if not live.values:
        if live.length is not None and live.length < max(map(len, expected.values)):
            yield difference("shorter", f"{max(map(len, expected.values))} characters", f"{live.length} characters")
        return
    gone = [value for value in expected.values if value not in live.values]
    new = [value for value in live.values if value not in expected.values]
    for value in gone:
        near = difflib.get_close_matches(value, new, n=1, cutoff=0.5) or (new if len(new) == len(gone) == 1 else [])
        change = f"It was probably renamed to {near[0]}: change" if near else "Change"
        yield difference(
            "enum value gone",
            value,
            ", ".join(live.values),
            fix=f"{change} it in the model and in the seeder, or run the application's migrations.",
        )
    for value in new:
        yield difference("new enum value", ", ".join(expected.values), value, fix="Add it to the model.", harmless=True)


def _unique_keys(expected: TableSchema, live: TableSchema) -> Iterator[Difference]:
    known, there = (dict.fromkeys(map(frozenset, table.unique)) for table in (expected, live))
    for key in expected.unique:
        if frozenset(key) not in {*there, frozenset(live.key)}:
            yield Difference(
                table=live.name, column="|".join(key), issue="missing unique key", expected="unique", actual="not unique"
            )
    for columns in (one for one in there if one not in known):
        yield Difference(
            table=live.name,
            column="|".join(sorted(columns)),
            issue="new unique key",
            expected="not unique",
            actual="unique",
            fix="Add it to the model.",
            harmless=True,
        )


def _foreign_keys(expected: TableSchema, live: TableSchema, tables: Collection[str]) -> Iterator[Difference]:
    wanted = {key.column: key.table for key in expected.foreign_keys}
    there = {key.column: key.table for key in live.foreign_keys if key.is_whole}
    for column, table in wanted.items():
        if there.get(column) != table:
            yield Difference(
                table=live.name,
                column=column,
                issue="missing foreign key",
                expected=f"to {table}",
                actual=f"to {there[column]}" if column in there else "none",
                harmless=table not in tables,  # an older application has neither
            )
    for column, table in there.items():
        if column in expected.columns and column not in wanted:
            yield Difference(
                table=live.name,
                column=column,
                issue="new foreign key",
                expected="none",
                actual=f"to {table}",
                fix="Declare it on the model.",
                harmless=True,
            )


def _checks(expected: TableSchema, live: TableSchema) -> Iterator[Difference]:
    known = {check.name for check in expected.checks}
    for check in live.checks:
        if check.name not in known and bare(check.clause) not in expected.own_clauses:
            yield Difference(
                table=live.name,
                column="",
                issue="unknown check",
                expected="none of that name",
                actual=f"{check.name}: {check.clause}",
                fix="See that the seeder keeps it, and declare it on the model (a CheckConstraint of that name).",
            )


def _compatible(expected: Kind, live: Kind) -> bool:
    if expected in (live, Kind.OTHER) or (expected in NUMBERS and live in NUMBERS):
        return True
    return live in HELD.get(expected, ()) or (expected in RARE and live is Kind.OTHER)


def _narrower(expected: ColumnSchema, live: ColumnSchema) -> bool:
    limits = [one for one in (expected.low, live.low, live.high, expected.high) if isinstance(one, int)]
    if expected.kind is Kind.BOOLEAN or len(limits) < 4:
        return False
    low, live_low, live_high, high = limits
    return live_high < high or (live_low > low and not (expected.holds_keys and live_low <= 1))


def _whole(column: ColumnSchema) -> int:
    """Digits before the decimal point."""
    whole = int(column.high) if isinstance(column.high, Decimal) else 0
    return len(str(whole)) if whole else 0


def _type(column: ColumnSchema) -> str:
    if column.length is not None and not column.values:
        return f"{column.kind}({column.length})"
    return column.type_name or str(column.kind) if column.kind in RARE else str(column.kind)
