"""Which values a column takes: the type of a whole column of a frame, and what each value must keep."""

from __future__ import annotations

import ipaddress
import uuid
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

import polars as pl

from seeding.schema.equality import unstorable
from seeding.schema.tables import ColumnSchema, Kind

WIDTHS = {"latin1": 1, "ucs2": 2}
"""Character sets other than UTF-8 whose characters all have the same width in bytes."""
PRECISION = 1e-12
"""Relative difference of two floats that mean the same decimal."""
DIGITS = 38
"""Of a decimal of Polars. Columns of more take decimals as texts and as Python's."""
FRACTION = 6
"""Digits of a second that servers and Python keep."""
UNITS = {"ms": 3, "us": 6, "ns": 9}
"""Digits of a second that a unit of Polars stands for."""
UUID_TEXT = r"^(?:[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[0-9a-fA-F]{32})$"
IPV4 = r"^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.|$)){4}$"
"""Of which there are many; Python looks at the other addresses."""

DTYPES: dict[Kind, tuple[Any, ...]] = {
    Kind.BOOLEAN: (pl.Boolean,),
    Kind.INTEGER: (pl.Int8, pl.Int16, pl.Int32, pl.Int64, pl.UInt8, pl.UInt16, pl.UInt32, pl.UInt64),
    Kind.DECIMAL: (pl.Decimal, pl.Int64, pl.Int32),
    Kind.FLOAT: (pl.Float64, pl.Float32),
    Kind.TEXT: (pl.String,),
    Kind.DATE: (pl.Date,),
    Kind.DATETIME: (pl.Datetime,),
    Kind.JSON: (pl.List, pl.Struct, pl.Object, pl.String),
    Kind.TIME: (pl.Time,),
    Kind.DURATION: (pl.Duration,),
    Kind.UUID: (pl.String, pl.Object),
    Kind.BINARY: (pl.Binary, pl.Object),
    Kind.ADDRESS: (pl.String, pl.Object),
}

Rule = tuple[str, Any, pl.Series]
"""Issue, what is expected, and the rows that break it."""


def fits(dtype: pl.DataType, kind: Kind, column: ColumnSchema) -> bool:
    """Whether a column of that kind takes values of the dtype; what a field of its own conversion takes, it knows itself."""
    if kind is Kind.OTHER or (column.is_converted and dtype == pl.Object):
        return True
    wide = kind is Kind.DECIMAL and _digits(column) > DIGITS
    return isinstance(dtype, (*DTYPES[kind], *((pl.String, pl.Object) if wide else ())))


def column_rules(column: ColumnSchema, values: pl.Series) -> Iterator[Rule]:
    """What the values of a column break: the rows may be null where a rule says nothing."""
    if not column.nullable and values.null_count():
        yield "null", "a value", values.is_null()
    if values.dtype == pl.Null or (column.is_converted and values.dtype == pl.Object):
        return
    if column.kind in RULES:
        yield from RULES[column.kind](column, values)
    elif column.low is not None and column.high is not None:
        # Wide enough for any column's limits: those of a SQLite integer do not fit into an Int32.
        numbers = values.cast(pl.Int128) if values.dtype.is_integer() else values
        yield "out of range", f"{column.low} to {column.high}", (numbers < column.low) | (numbers > column.high)


def _digits(column: ColumnSchema) -> int:
    """Of a decimal; 0 if the column has no limit of its own."""
    return len(column.high.as_tuple().digits) if isinstance(column.high, Decimal) else 0


def _float_rules(column: ColumnSchema, values: pl.Series) -> Iterator[Rule]:
    yield "not a number", "a finite number", ~values.is_finite()
    if column.scale is not None:  # DOUBLE(8, 2), which rounds without a word
        lost = (values - values.round(column.scale)).abs()
        yield "too many decimals", f"at most {column.scale}", lost > values.abs() * PRECISION


def _decimal_rules(column: ColumnSchema, values: pl.Series) -> Iterator[Rule]:
    if not isinstance(column.high, Decimal):
        return
    scale = column.scale or 0
    whole = _digits(column) - scale
    limits = f"{column.low} to {column.high}"
    if not (values.dtype.is_integer() or isinstance(values.dtype, pl.Decimal)):
        yield "out of range", limits, _each(values, lambda value: _holds(value, whole, scale))
        return
    shift = values.dtype.scale if isinstance(values.dtype, pl.Decimal) else 0
    if 0 <= whole + shift < DIGITS:
        numbers = values.to_physical().cast(pl.Int128)  # Polars errs about comparisons that need more than 38 digits
        end = 10 ** (whole + shift)
        yield "out of range", limits, (numbers >= end) | (numbers <= -end)
    if isinstance(values.dtype, pl.Decimal) and shift > scale:
        yield "too many decimals", f"at most {column.scale}", values.round(scale) != values


def _holds(value: Any, whole: int, scale: int) -> bool:
    """Whether a column of so many digits before and after the point holds the number as it is."""
    try:
        number = Decimal(value)
    except (InvalidOperation, TypeError, ValueError):
        return False
    _, digits, exponent = number.as_tuple()
    if not isinstance(exponent, int):  # it is infinite, or no number
        return False
    written = "".join(map(str, digits))
    zeros = len(written) - len(written.rstrip("0"))
    return not number or (number.adjusted() < whole and exponent + zeros >= -scale)


def _each(values: pl.Series, is_right: Callable[[Any], bool]) -> pl.Series:
    """The rows whose value is wrong."""
    return pl.Series([value is not None and not is_right(value) for value in values.to_list()], dtype=pl.Boolean)


def _text_rules(column: ColumnSchema, values: pl.Series) -> Iterator[Rule]:
    if column.length is not None:
        yield "too long", f"at most {column.length} characters", values.str.len_chars() > column.length
    if column.octets is not None:
        width = WIDTHS.get(column.character_set)
        octets = values.str.len_bytes() if width is None else values.str.len_chars() * width
        yield "too long", f"at most {column.octets} bytes", octets > column.octets
    if column.values:
        yield "unknown value", ", ".join(column.values), ~values.is_in(column.values)
    if lacking := unstorable(column):
        latin1 = column.character_set == "latin1"
        held = "characters of latin1" if latin1 else f"characters of at most {column.character_octets} bytes"
        yield "character that does not fit", held, values.str.contains(lacking)
    yield "NUL byte", "text without NUL", values.str.contains("\0", literal=True)


def _time_rules(column: ColumnSchema, values: pl.Series) -> Iterator[Rule]:
    """A part of a second that would be rounded: MySQL makes of 23:59:59.9 a time of 24 hours."""
    scale = FRACTION if column.scale is None else column.scale
    unit = UNITS[values.dtype.time_unit] if isinstance(values.dtype, pl.Duration) and values.dtype.time_unit else UNITS["ns"]
    if scale < unit:
        yield "too many decimals", f"seconds with at most {scale}", values.cast(pl.Int64) % 10 ** (unit - scale) != 0


def _uuid_rules(_: ColumnSchema, values: pl.Series) -> Iterator[Rule]:
    if values.dtype == pl.String:
        yield "not a UUID", "a UUID", ~values.str.contains(UUID_TEXT)
    elif values.dtype == pl.Object:
        yield "not a UUID", "a UUID", _each(values, lambda value: isinstance(value, uuid.UUID))


def _binary_rules(column: ColumnSchema, values: pl.Series) -> Iterator[Rule]:
    if values.dtype == pl.Object:
        yield "no bytes", "bytes", _each(values, lambda value: isinstance(value, (bytes, bytearray, memoryview)))
        sizes = pl.Series([len(value) if hasattr(value, "__len__") else None for value in values.to_list()], dtype=pl.Int64)
    else:
        sizes = values.bin.size().cast(pl.Int64)
    if column.octets is not None:
        yield "too long", f"at most {column.octets} bytes", sizes > column.octets
        if column.is_padded:
            yield "too short", f"{column.octets} bytes, to which the server adds zeros", sizes < column.octets


def _address_rules(_: ColumnSchema, values: pl.Series) -> Iterator[Rule]:
    if values.dtype == pl.String:
        usual = values.str.contains(IPV4)
        if usual.all():
            return
        values = values.to_frame().select(pl.when(~usual).then(pl.col(values.name))).to_series()
    yield "not an address", "an IP address", _each(values, _is_address)


def _is_address(value: Any) -> bool:
    try:
        return not isinstance(value, int) and bool(ipaddress.ip_address(value))
    except ValueError:
        return False


RULES: Mapping[Kind, Callable[[ColumnSchema, pl.Series], Iterator[Rule]]] = {
    Kind.TEXT: _text_rules,
    Kind.FLOAT: _float_rules,
    Kind.DECIMAL: _decimal_rules,
    Kind.TIME: _time_rules,
    Kind.DURATION: _time_rules,
    Kind.UUID: _uuid_rules,
    Kind.BINARY: _binary_rules,
    Kind.ADDRESS: _address_rules,
}
