"""Converts texts of a file to column values; an unreadable value becomes null and is reported without quoting it."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation, localcontext
from typing import Any
from uuid import UUID

import polars as pl
from django.db import models
from django.utils.dateparse import parse_duration

from seeding.arrays import Integers
from seeding.schema.kinds import base_of
from seeding.schema.references import Objects, ReferencingJSONField, TypedReferenceField, key_fields, objects
from seeding.schema.results import ValidationError
from seeding.sources.delimited_rows import Unquoted

NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
"""Python also reads 1_000, digits of other scripts, nan and inf as numbers."""
FINER = re.compile(r"[.,][0-9]{6}[0-9]*[1-9]")
"""Parts of a microsecond, which Python would cut off."""
TRUE, FALSE = frozenset({"1", "true", "t", "yes", "y"}), frozenset({"0", "false", "f", "no", "n"})
DIGITS = 38
"""The decimal precision that Polars supports."""

Faults = dict[int, list[ValidationError]]
"""Row index → the row's errors."""
Record = Mapping[str, Any] | str
"""One row of a file: column → text or JSON value; or the expected format, if it is unreadable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """How the values of a column are read."""

    expected: str
    read: Callable[[Any], Any]
    """Raises ValueError, TypeError, InvalidOperation or OverflowError for an unreadable value."""
    dtype: Any
    blank: Any = None
    """The value of an empty cell without quotation marks."""


class Cells:
    """Records, read column by column. Unreadable values are added to `faults`: row index → errors."""

    def __init__(self, records: Sequence[Record], index: Integers, faults: Faults) -> None:
        self._records = records
        self._index = index.tolist()
        self._faults = faults
        for one, record in zip(self._index, records, strict=True):
            if isinstance(record, str):
                self._fault(one, "row", "unreadable", record)

    def column(self, name: str, reader: Reader) -> pl.Series:
        """The column's values, one per record."""
        values = []
        for one, record in zip(self._index, self._records, strict=True):
            value = None if isinstance(record, str) else record.get(name)
            try:
                values.append(reader.blank if value is Unquoted.EMPTY else _read(value, reader))
            except (ValueError, TypeError, InvalidOperation, OverflowError):
                values.append(None)
                self._fault(one, name, "unreadable", reader.expected)
        return pl.Series(name, values, dtype=reader.dtype, strict=False)

    def _fault(self, index: int, field: str, issue: str, expected: str) -> None:
        self._faults.setdefault(index, []).append(ValidationError(field=field, issue=issue, expected=expected, actual="?"))


def _read(value: Any, reader: Reader) -> Any:
    return None if value is None or (value == "" and reader.dtype != pl.String) else reader.read(value)


def reader_of(field: models.Field[Any, Any]) -> Reader:
    """The reader for a field's values in a file."""
    target = base_of(field)
    if isinstance(target, models.DecimalField):
        scale = target.decimal_places or 0
        return Reader(expected="a number", read=lambda value: _decimal(value, scale), dtype=pl.Decimal(DIGITS, scale))
    reader = next((reader for kind, reader in READERS.items() if isinstance(target, kind)), TEXT)
    if reader is WHOLE and (target is not field or isinstance(field, TypedReferenceField)):
        return KEY
    if field.primary_key and reader is TEXT:
        return reader  # an empty cell is no key
    return reader if field.null or reader is not TEXT else REQUIRED_TEXT


def key_reader(model: type[models.Model]) -> Reader:
    """The reader of keys that name a row of the model in a file."""
    reader = reader_of(key_fields(model)[0])
    return KEY if reader is WHOLE else reader


def _boolean(value: Any) -> bool:
    text = str(value).strip().lower()
    if text not in TRUE | FALSE:
        raise ValueError
    return text in TRUE


def integer(value: Any) -> int:
    """A cell's integer; raises ValueError, InvalidOperation or OverflowError."""
    exact = Decimal(value) if isinstance(value, bool) else _number(value)
    if exact.adjusted() > DIGITS:
        raise ValueError  # 1e999999999 would fill the memory
    number = int(exact)  # spreadsheets write 12.0 if any cell of the column is empty
    if number != exact or not -(2**63) <= number < 2**63:
        raise ValueError
    return number


def key_number(value: Any) -> int:
    """A cell's or a JSON value's integer that names a row; raises the errors of `integer`, and TypeError for true and false."""
    if isinstance(value, bool):
        raise TypeError  # it would name the row 1
    return integer(value)


def _decimal(value: Any, scale: int) -> Decimal:
    number = _number(value)
    with localcontext(prec=DIGITS):  # Python's default is 28 digits
        if not number.is_finite() or abs(number) >= Decimal(10) ** (DIGITS - scale) or number != round(number, scale):
            raise ValueError
        return round(number, scale)


def _number(value: Any) -> Decimal:
    text = str(value).strip()
    if not NUMBER.fullmatch(text):
        raise ValueError
    return Decimal(text)


def _float(value: Any) -> float:
    number = float(_number(value))
    if not math.isfinite(number):
        raise ValueError
    return number


def _moment(value: Any) -> datetime:
    text = str(value).strip()
    if FINER.search(text):
        raise ValueError
    moment = datetime.fromisoformat(text)
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _day(value: Any) -> date:
    """The day of a date, or of midnight as spreadsheets and JavaScript write a date; of another moment it is not certain."""
    text = str(value).strip()
    moment = datetime.fromisoformat(text)
    if moment.time() != time() or FINER.search(text) or moment.utcoffset() not in (None, timedelta()):
        raise ValueError
    return moment.date()


def no_constant(name: str) -> None:
    """Raise ValueError: NaN and Infinity are not JSON, though Python reads them."""
    raise ValueError(name)


def parsed(text: str) -> Any:
    """JSON with exact decimals. Raises ValueError for NaN, and for objects that name a key twice: one value would be lost."""
    return json.loads(text, parse_float=Decimal, parse_constant=no_constant, object_pairs_hook=_object)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError
    return found


def _json(value: Any) -> Any:
    """A JSON value. Raises ValueError for numbers of more digits than a float has, and for halves of characters."""
    found = _with_floats(parsed(value) if isinstance(value, str) else value)
    json.dumps(found, ensure_ascii=False).encode()
    return found


def _with_floats(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _with_floats(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_with_floats(one) for one in value]
    if isinstance(value, Decimal):
        number = float(value)
        if Decimal(repr(number)) != value:
            raise ValueError
        return number
    return value


def _text(value: Any) -> str:
    if isinstance(value, (dict, list)):
        raise TypeError
    text = value if isinstance(value, str) else str(value)
    text.encode()  # fails for halves of characters, which JSON can escape
    return text


def _uuid(value: Any) -> str:
    """A UUID in any spelling, as it is usually written."""
    return str(UUID(_text(value).strip()))


def _objects_of(value: Any) -> Objects:
    content: Objects = _json(value)
    if not isinstance(content, (list, dict)) or not all(isinstance(item, dict) for item in objects(content)):
        raise TypeError
    return content


TEXT = Reader(expected="text", read=_text, dtype=pl.String)
REQUIRED_TEXT = Reader(expected="text", read=_text, dtype=pl.String, blank="")
WHOLE = Reader(expected="a whole number", read=integer, dtype=pl.Int64)
KEY = Reader(expected="a whole number", read=key_number, dtype=pl.Int64)


def _clock(value: Any) -> time:
    text = str(value).strip()
    clock = time.fromisoformat(text)
    if FINER.search(text) or clock.tzinfo is not None:
        raise ValueError
    return clock


def _wait(value: Any) -> timedelta:
    text = str(value).strip()
    wait = parse_duration(text)
    if wait is None or FINER.search(text):
        raise ValueError
    return wait


READERS: Mapping[type[models.Field[Any, Any]], Reader] = {
    models.BooleanField: Reader(expected="true or false", read=_boolean, dtype=pl.Boolean),
    models.IntegerField: WHOLE,
    models.FloatField: Reader(expected="a number", read=_float, dtype=pl.Float64),
    models.DateTimeField: Reader(expected="a moment like 2026-01-31 12:00:00", read=_moment, dtype=pl.Datetime("us", "UTC")),
    models.DateField: Reader(expected="a date like 2026-01-31", read=_day, dtype=pl.Date),
    models.TimeField: Reader(expected="a time like 12:00:00", read=_clock, dtype=pl.Time),
    models.DurationField: Reader(expected="a duration like 1 02:03:04", read=_wait, dtype=pl.Duration("us")),
    ReferencingJSONField: Reader(expected="a JSON object or a list of them", read=_objects_of, dtype=pl.Object),
    models.JSONField: Reader(expected="JSON", read=_json, dtype=pl.Object),
    models.UUIDField: Reader(expected="a UUID", read=_uuid, dtype=pl.String),
}
"""Field → reader, subclasses before their base classes."""
