"""Whether a row that differs from the seeded one is that row, edited, or another one under its key.

Counters can be set back, and other keys be used again. What an edited row still holds of what was seeded tells: each value
counts by how rare it is among the seeded rows, in bits.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl

from seeding.comparison.changed_rows import Compared
from seeding.keys import KeySet

ENOUGH = 10.0
"""Bits: of a thousand other rows, one holds so much by chance."""
UNIQUE, PER_LETTER, PER_DIGIT = 20.0, 3.0, 3.3
"""Bits of a value that one row alone has, at most: of each letter of a text, of each digit of a number with a fraction."""
SEVERAL, DISTINCT = 5, 0.9
"""A column in which at least so many rows have at least such a share of values of their own holds no words of a short list."""


class Likeness:
    """By the values that some of a seeder's rows were seeded with, whether these are there or not.

    `key` are the columns by which rows are found, `unique` those that the table lets no two rows share.
    """

    def __init__(self, rows: pl.DataFrame, key: Collection[str], unique: Collection[str] = ()) -> None:
        self._unique = frozenset(unique)
        self._columns = [
            column
            for column in rows.iter_columns()
            if column.name not in key and column.dtype != pl.Object and not column.dtype.is_nested()
        ]
        self._height = rows.height

    @cached_property
    def _counts(self) -> Mapping[str, Mapping[Any, int]]:
        """Column → value → how many of the rows have it; counted only when a row differs."""
        counted = {column.name: column.value_counts().iter_columns() for column in self._columns}
        return {name: dict(zip(*(one.to_list() for one in both), strict=True)) for name, both in counted.items()}

    def strangers(self, compared: Compared, excepted: Mapping[int, Collection[str]]) -> KeySet:
        """The rows that hold too little of what was seeded; `excepted` are columns, by key, that say nothing."""
        place = {int(key): number for number, key in enumerate(compared.keys)} if compared.differing else {}
        found = []
        for key, differing in compared.differing.items():
            row = compared.resolved.row(place[key], named=True)
            told = row.keys() - set(differing) - set(excepted.get(key, ()))
            if sum(self._bits(name, row[name]) for name in told & self._counts.keys()) < ENOUGH:
                found.append(key)
        return KeySet.holding(np.array(sorted(found), np.int64))

    def _bits(self, name: str, value: Any) -> float:
        if value is None:
            return 0.0
        count = self._counts[name].get(value, 1)
        alone = _alone(value) if count == 1 and self._tells_apart(name) else 0.0
        return max(alone, math.log2(self._height / count))

    def _tells_apart(self, name: str) -> bool:
        """Whether a value that one row alone has is one of many that it could have."""
        distinct = len(self._counts[name])
        return name in self._unique or (self._height >= SEVERAL and distinct >= DISTINCT * self._height)


def _alone(value: Any) -> float:
    """The bits of a value that one row alone has; integers are counted, and say nothing."""
    if isinstance(value, datetime):
        return UNIQUE
    if isinstance(value, (Decimal, float)):
        return min(UNIQUE, PER_DIGIT * len(str(value).rstrip("0").replace(".", "").lstrip("-0")))
    return min(UNIQUE, PER_LETTER * len(value)) if isinstance(value, str) else 0.0
