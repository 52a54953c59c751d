"""One number for what a table's seeded rows hold, the same on every server.

It is over (column, index, value) in the order of columns and indexes: references as the indexes of the rows that they lead to,
every other value in one normal form. Derived columns are left out: they follow from the others.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import polars as pl

from seeding.comparison.changed_rows import Compared
from seeding.comparison.rendered_rows import bytes_of
from seeding.writing.encoding import json_text, moments

SEPARATOR, NULL, END = "\x1f", "\x1e", "\x1d"
INDEX = ""
"""Stands for a column of the row indexes; no column has no name."""
OCTETS = 32
"""Of a digest."""


class Fingerprint:
    """Takes the rows of one seeder, in parts that ascend by index. Each column has a digest of its own until the end."""

    def __init__(self, seeder: str) -> None:
        self._columns = {INDEX: _digest(f"{seeder}{END}")}

    def add(self, rows: Compared, patches: Mapping[str, Mapping[int, Any]]) -> None:
        """Rows as they were seeded; `patches` are the values that they hold instead: column → position → value."""
        self._add(INDEX, pl.Series(rows.index).cast(pl.String))
        for name in sorted(rows.columns.intersection(rows.data.columns) - rows.defaults):
            text = texts(rows.data[name])
            if found := patches.get(name):
                places = pl.Series(sorted(found), dtype=pl.UInt32)
                text = text.scatter(places, [_plain(found[place]) for place in sorted(found)])
            self._add(name, text.fill_null(NULL))
        for name in sorted(rows.defaults & patches.keys()):  # of a default, only where it is not the value
            edited = (f"{rows.index[place]}{SEPARATOR}{_plain(value)}" for place, value in sorted(patches[name].items()))
            self._add(name, pl.Series(list(edited), dtype=pl.String))

    def _add(self, column: str, values: pl.Series) -> None:
        digest = self._columns.setdefault(column, _digest(""))
        digest.update(bytes_of(values, END))
        digest.update(END.encode())

    @property
    def hexdigest(self) -> str:
        """So far."""
        return together({name: one.hexdigest() for name, one in self._columns.items()})


def together(parts: Mapping[str, str]) -> str:
    """One fingerprint for several, by name."""
    told = "".join(f"{name}{SEPARATOR}{one}{END}" for name, one in sorted(parts.items()))
    return _digest(told).hexdigest()


def _digest(told: str) -> hashlib.blake2b:
    return hashlib.blake2b(told.encode(), digest_size=OCTETS)


def texts(values: pl.Series) -> pl.Series:
    """A column of values as texts in one normal form; null stays null."""
    dtype = values.dtype
    if isinstance(dtype, pl.Decimal):
        text = values.cast(pl.String)
        return text.str.strip_chars_end("0").str.strip_chars_end(".") if dtype.scale else text
    if isinstance(dtype, (pl.Datetime, pl.Date)):
        return moments(values, "T")
    if dtype.is_nested():
        return json_text(values)
    if dtype == pl.Boolean or dtype.is_integer() or dtype in (pl.String, pl.Null):
        return values.cast(pl.Int8 if dtype == pl.Boolean else dtype).cast(pl.String)
    return pl.Series([_plain(one) for one in values.to_list()], dtype=pl.String)


def _plain(value: Any) -> str | None:
    """A value as `texts` has it."""
    return None if value is None else next((told(value) for kind, told in PLAIN if isinstance(value, kind)), str(value))


def _moment(value: datetime) -> str:
    moment = value.astimezone(UTC) if value.tzinfo else value
    return moment.replace(microsecond=0, tzinfo=None).isoformat()


PLAIN: tuple[tuple[Any, Callable[[Any], str]], ...] = (
    (bool, lambda value: str(int(value))),
    (Decimal, lambda value: format(value.normalize(), "f") if value else "0"),
    (datetime, _moment),
    ((date, time), lambda value: str(value.isoformat())),
    (float, lambda value: repr(float(f"{value:.6g}"))),
    ((bytes, bytearray, memoryview), lambda value: bytes(value).hex()),
    ((dict, list), lambda value: json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)),
)
"""Python's types → a value as a text."""
