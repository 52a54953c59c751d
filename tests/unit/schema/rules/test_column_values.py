"""Which values of the rarer types a column takes."""

from __future__ import annotations

import ipaddress
import uuid
from datetime import time, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from seeding.schema.kinds import largest_decimal
from seeding.schema.rules.column_values import column_rules, fits
from seeding.schema.tables import ColumnSchema, Kind

KEY = "0f0e0d0c-0b0a-4908-8706-050403020100"
WIDE = largest_decimal(60, 30)


def column(kind: Kind, **more: Any) -> ColumnSchema:
    return ColumnSchema(name="x", kind=kind, **{"nullable": True, "has_default": False, **more})


def broken(one: ColumnSchema, values: list[Any], dtype: Any) -> dict[str, list[int]]:
    """Issue → the rows that break it."""
    found = column_rules(one, pl.Series("x", values, dtype=dtype))
    return {issue: rows.fill_null(value=False).arg_true().to_list() for issue, _, rows in found if rows.any()}


def test_a_uuid_is_canonical_or_bare_or_python_s() -> None:
    texts = [KEY, KEY.replace("-", ""), KEY.upper(), None, "", KEY[:-1], "{" + KEY + "}", KEY.replace("0", "g")]

    assert broken(column(Kind.UUID), texts, pl.String) == {"not a UUID": [4, 5, 6, 7]}
    assert broken(column(Kind.UUID), [uuid.UUID(KEY), None, KEY, 5], pl.Object) == {"not a UUID": [2, 3]}


def test_bytes_fit_their_column() -> None:
    values = [b"abc", b"ab", b"abcd", None]

    assert broken(column(Kind.BINARY), values, pl.Binary) == {}
    assert broken(column(Kind.BINARY, octets=3), values, pl.Binary) == {"too long": [2]}
    assert broken(column(Kind.BINARY, octets=3, is_padded=True), values, pl.Binary) == {"too long": [2], "too short": [1]}
    odd = [b"abc", bytearray(b"ab"), memoryview(b"abcd"), None, "abc", 5]
    assert broken(column(Kind.BINARY, octets=3), odd, pl.Object) == {"no bytes": [4, 5], "too long": [2]}


def test_no_part_of_a_second_is_lost() -> None:
    clocks = [time(1, 2, 3), time(1, 2, 3, 400_000), time(1, 2, 3, 456_789), None]

    assert broken(column(Kind.TIME), clocks, pl.Time) == {}
    assert broken(column(Kind.TIME, scale=0), clocks, pl.Time) == {"too many decimals": [1, 2]}
    assert broken(column(Kind.TIME, scale=3), clocks, pl.Time) == {"too many decimals": [2]}
    finer = pl.Series("x", [1_000, 1_001]).cast(pl.Time)
    assert [rows.to_list() for _, _, rows in column_rules(column(Kind.TIME), finer)] == [[False, True]]
    waits = [timedelta(seconds=-1), timedelta(milliseconds=-1), None]
    for unit in ("ms", "us", "ns"):
        assert broken(column(Kind.DURATION, scale=0), waits, pl.Duration(unit)) == {"too many decimals": [1]}
        assert broken(column(Kind.DURATION), waits, pl.Duration(unit)) == {}


def test_an_address_is_one() -> None:
    texts = ["10.0.0.1", "::1", "2001:db8::", None, "10.0.0.256", "10.0.0.1/8", "", "1.2.3", "01.2.3.4"]

    assert broken(column(Kind.ADDRESS), texts, pl.String) == {"not an address": [4, 5, 6, 7, 8]}
    assert broken(column(Kind.ADDRESS), [ipaddress.ip_address("::1"), 5, None], pl.Object) == {"not an address": [1]}


@pytest.mark.parametrize("dtype", [pl.Object, pl.String])
def test_a_decimal_of_more_digits_than_polars_has_is_a_text_or_python_s(dtype: Any) -> None:
    values: list[Any] = [
        WIDE,
        WIDE.copy_negate(),
        Decimal(0),
        Decimal("1E+29"),
        None,
        Decimal("1E+30"),
        Decimal("1E-31"),
        Decimal("NaN"),
    ]
    given = values if dtype == pl.Object else [None if one is None else str(one) for one in values]
    one = column(Kind.DECIMAL, scale=30, high=WIDE, low=WIDE.copy_negate())

    assert fits(dtype(), Kind.DECIMAL, one)
    assert not fits(dtype(), Kind.DECIMAL, column(Kind.DECIMAL, scale=2, high=largest_decimal(38, 2)))
    assert broken(one, given, dtype) == {"out of range": [5, 6, 7]}


@pytest.mark.parametrize(
    ("digits", "scale", "good", "bad"),
    [
        (38, 10, "9" * 28 + ".1234567891", None),
        (38, 2, "9" * 34 + ".5", None),
        (20, 2, "9" * 18 + ".99", "1" + "0" * 18),
        (65, 64, "9.5", "10"),
        (3, 0, "999", "1000"),
    ],
)
def test_a_decimal_is_compared_exactly(digits: int, scale: int, good: str, bad: str | None) -> None:
    """Polars errs, or raises, where a comparison takes more than 38 digits."""
    high = largest_decimal(digits, scale)
    one = column(Kind.DECIMAL, scale=scale, high=high, low=high.copy_negate())
    values = [Decimal(good), -Decimal(good), *([Decimal(bad), -Decimal(bad)] if bad else [])]

    places = -min(int(value.as_tuple().exponent) for value in values)
    assert broken(one, values, pl.Decimal(38, places)) == ({"out of range": [2, 3]} if bad else {})


def test_a_field_with_a_conversion_of_its_own_takes_objects_and_another_type_what_it_likes() -> None:
    assert fits(pl.Object(), Kind.INTEGER, column(Kind.INTEGER, is_converted=True))
    assert not fits(pl.Object(), Kind.INTEGER, column(Kind.INTEGER))
    assert fits(pl.List(pl.Int64), Kind.OTHER, column(Kind.OTHER))
    assert broken(column(Kind.INTEGER, low=1, high=5, is_converted=True, nullable=False), ["x", None], pl.Object) == {
        "null": [1]
    }
