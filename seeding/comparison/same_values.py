"""Whether two values mean the same to a column, which may keep less of them than Python does."""

from __future__ import annotations

import math
import struct
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from seeding.schema.tables import ColumnSchema, Kind

TICK = timedelta(seconds=1)
"""What a TIMESTAMP without fractions can lose."""
LAST_BIT = 2.0**-23
"""Relative difference between two neighbouring numbers of single precision."""
BYTES = (bytes, bytearray, memoryview)


@dataclass(frozen=True, slots=True, kw_only=True)
class Precision:
    """What a column cannot keep of a value, so that two values are one to it."""

    single: bool = False
    """Whether its numbers have single precision."""
    scale: int | None = None
    """Digits that its floating-point numbers are rounded to."""
    padded: bool = False
    """Whether spaces at the end of a text mean nothing."""

    @classmethod
    def of(cls, column: ColumnSchema) -> Precision:
        """That of a live column."""
        scale = column.scale if column.kind is Kind.FLOAT else None
        return cls(single=column.is_single, scale=scale, padded=column.is_padded)


EXACT = Precision()


def same(expected: Any, actual: Any, precision: Precision = EXACT) -> bool:
    """Whether two values mean the same: 12.5 and Decimal("12.50"), True and 1, date-times less than a second apart.

    Texts and floating-point numbers are the same if a column of that precision stores them alike.
    """
    if expected is None or actual is None:
        return expected is actual
    if isinstance(expected, datetime) and isinstance(actual, datetime):
        if (expected.tzinfo is None) != (actual.tzinfo is None):  # a session of ours is in UTC
            return same(expected.replace(tzinfo=expected.tzinfo or UTC), actual.replace(tzinfo=actual.tzinfo or UTC))
        return abs(expected - actual) < TICK
    if isinstance(expected, (int, float, Decimal)) and isinstance(actual, (int, float, Decimal)):
        return _number(expected) == _number(actual) or _near(expected, actual, precision)
    if isinstance(expected, uuid.UUID) or isinstance(actual, uuid.UUID):
        return _digits(expected) == _digits(actual)
    return _alike(expected, actual, precision)


def is_stored(computed: Any, stored: Any, column: ColumnSchema) -> bool:
    """Whether the column keeps the one as the other. SQLite compares decimals as floats."""
    if isinstance(computed, (int, float, Decimal)) and isinstance(stored, Decimal) and column.scale is not None:
        return Decimal(str(computed)).quantize(Decimal(1).scaleb(-column.scale), ROUND_HALF_UP) == stored
    return same(computed, stored, Precision.of(column))


def _number(value: float | Decimal) -> Decimal:
    """The number exactly, whose digits may be more than Python's arithmetic keeps; True is 1."""
    return Decimal(str(int(value) if isinstance(value, bool) else value))


def _digits(value: Any) -> str:
    """Of a UUID, which may be written with dashes or without."""
    return str(value).replace("-", "").lower()


def _alike(expected: Any, actual: Any, precision: Precision) -> bool:
    """The same for texts, and for JSON part by part unless all of it is equal, which Python finds out much faster."""
    if expected == actual:
        return True
    if isinstance(expected, str) and isinstance(actual, str) and precision.padded:
        return expected.rstrip(" ") == actual.rstrip(" ")
    if isinstance(expected, dict) and isinstance(actual, dict):
        return expected.keys() == actual.keys() and all(same(value, actual[key]) for key, value in expected.items())
    if isinstance(expected, list) and isinstance(actual, list):
        return len(expected) == len(actual) and all(same(*pair) for pair in zip(expected, actual, strict=True))
    return isinstance(expected, BYTES) and isinstance(actual, BYTES) and bytes(expected) == bytes(actual)


def _near(expected: float | Decimal, actual: float | Decimal, precision: Precision) -> bool:
    """Whether a column of that precision stores the two numbers alike."""
    if precision.scale is not None:
        return abs(float(expected) - float(actual)) <= 0.5000001 * 10.0**-precision.scale
    if not precision.single:
        return False
    return math.isclose(_single(float(expected)), _single(float(actual)), rel_tol=LAST_BIT)


def _single(number: float) -> float:
    """The nearest number of single precision."""
    try:
        return float(struct.unpack("f", struct.pack("f", number))[0])
    except OverflowError:
        return math.copysign(math.inf, number)
