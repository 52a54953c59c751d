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
    truths: bool = True
    """Whether true is 1, as in every column but one of JSON."""

    @classmethod
    def of(cls, column: ColumnSchema) -> Precision:
        """That of a live column."""
        scale = column.scale if column.kind is Kind.FLOAT else None
        truths = column.kind is not Kind.JSON
        return cls(single=column.is_single, scale=scale, padded=column.is_padded, truths=truths)


EXACT = Precision()
IN_JSON = Precision(truths=False)


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
        of_one_kind = precision.truths or isinstance(expected, bool) == isinstance(actual, bool)
        return of_one_kind and (_number(expected) == _number(actual) or _near(expected, actual, precision))
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
    """The same for texts, bytes and JSON."""
    if isinstance(expected, (dict, list)):
        return _alike_in_parts(expected, actual)
    if expected == actual:
        return True
    if isinstance(expected, str) and isinstance(actual, str) and precision.padded:
        return expected.rstrip(" ") == actual.rstrip(" ")
    return isinstance(expected, BYTES) and isinstance(actual, BYTES) and bytes(expected) == bytes(actual)


def _alike_in_parts(expected: dict[Any, Any] | list[Any], actual: Any) -> bool:
    """Unless all of it is written alike, which Python finds out much faster. True and 1 are two values there."""
    if repr(expected) == repr(actual):
        return True
    if isinstance(expected, dict) and isinstance(actual, dict):
        return expected.keys() == actual.keys() and all(same(value, actual[key], IN_JSON) for key, value in expected.items())
    if isinstance(expected, list) and isinstance(actual, list):
        return len(expected) == len(actual) and all(same(*pair, IN_JSON) for pair in zip(expected, actual, strict=True))
    return False


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
