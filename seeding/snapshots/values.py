"""Values of edited columns as a snapshot holds them: JSON that means the same on every server."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

ROW = "row"
"""The key of a reference: the index of the row that it leads to."""


class UnportableError(ValueError):
    """A value that means nothing on another server."""


def portable(value: Any) -> Any:
    """The value as JSON; raises UnportableError for one of a kind that no other server knows."""
    if value is None or isinstance(value, (bool, str)) or type(value) is int:
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    for kind, (name, told) in TOLD.items():
        if isinstance(value, kind):
            return {name: told(value)}
    raise UnportableError(type(value).__name__)


def original(told: Any) -> Any:
    """The value that `portable` has told; raises ValueError for one that it does not tell, and for a reference."""
    if not isinstance(told, Mapping):
        return told
    ((name, value),) = told.items()
    if name not in READ:
        raise ValueError(f"{name} is not a value")
    try:
        return READ[name](value)
    except (ArithmeticError, TypeError, ValueError) as error:
        raise ValueError(f"{value!r} is not a {name}") from error


TOLD: Mapping[type, tuple[str, Callable[[Any], Any]]] = {
    Decimal: ("decimal", str),
    datetime: ("moment", datetime.isoformat),
    date: ("date", date.isoformat),
    time: ("time", time.isoformat),
    timedelta: ("microseconds", lambda value: value // timedelta(microseconds=1)),
    bytes: ("bytes", bytes.hex),
    bytearray: ("bytes", lambda value: bytes(value).hex()),
    memoryview: ("bytes", lambda value: bytes(value).hex()),
    UUID: ("uuid", str),
    dict: ("json", lambda value: value),
    list: ("json", lambda value: value),
}
"""Python's types → under which name a value is told, and how; the more special ones first."""
READ: Mapping[str, Callable[[Any], Any]] = {
    "decimal": Decimal,
    "moment": datetime.fromisoformat,
    "date": date.fromisoformat,
    "time": time.fromisoformat,
    "microseconds": lambda value: timedelta(microseconds=value),
    "bytes": bytes.fromhex,
    "uuid": UUID,
    "json": lambda value: value,
}
