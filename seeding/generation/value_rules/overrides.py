"""A profile's values in place of those that a seeder generates, for columns that it lets a profile change."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import polars as pl

from seeding.arrays import Integers
from seeding.generation.rows import SECONDS_PER_DAY, Rows, only
from seeding.generation.value_rules.evaluation import matching, named, ruled
from seeding.generation.value_rules.value_types import ValueType
from seeding.schema.kinds import Kind


def overridden(rows: Rows, data: pl.DataFrame, adjustable: Collection[str]) -> pl.DataFrame:
    """`data` with the values of the profile's rules: of the `adjustable` columns, and of columns that follow from others.

    Drafted seeders ask for the others themselves: what they derive from a column then follows from the rule.
    """
    told = rows.rules.tables.get(rows.table)
    if not told:
        return data
    columns, of_names = told.get("columns", {}), told.get("named", ())
    for column in adjustable:
        if column in columns:
            data = data.with_columns(ruled(rows, column).alias(column))
        elif any(column in values for _, values in of_names):
            data = data.with_columns(named(rows, column, data[column]).alias(column))
    for column, rule in told.get("relations", ()):
        data = data.with_columns(_related(rows, data, column, rule).alias(column))
    return data


def _related(rows: Rows, data: pl.DataFrame, column: str, rule: Mapping[str, Any]) -> pl.Series:
    """The column's values from another one of the same row; null where that is."""
    kind = ValueType.of(rule["as"])
    if "equal" in rule:
        return data.get_column(rule["equal"])
    if "lookup" in rule:
        told = rule["lookup"]
        places = matching(data.get_column(told["column"]), told["keys"], ValueType.of(told["of"]), rows)
        return kind.literals([*told["values"], told.get("default")], rows.as_of).gather(places)
    other = data.get_column(rule.get("after") or rule["before"])
    low, high = rule["days"]
    sign = 1 if "after" in rule else -1
    if kind.kind is Kind.DATE:
        days = sign * rows.integers(f"{column}/days", low, high + 1)
        return _moved(other.cast(pl.Date), days * SECONDS_PER_DAY, other)
    seconds = sign * np.floor(rows.uniform(f"{column}/days", low, high) * SECONDS_PER_DAY).astype(np.int64)
    return _moved(other.cast(pl.Datetime("us", "UTC")), seconds, other)


def _moved(moments: pl.Series, seconds: Integers, given: pl.Series) -> pl.Series:
    """Moments so many seconds later; null where nothing is given."""
    return only(moments + pl.Series(seconds * 1_000_000).cast(pl.Duration("us")), given.is_not_null().to_numpy())
