"""Stored rows compared with expected ones: in bulk, by their primary keys."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import numpy as np
import polars as pl
from django.db import DataError, connections, models
from django.db.models.functions import Cast

from seeding.db.features import features
from seeding.db.sql import quoted
from seeding.keys import KeySet
from seeding.ledger.row_identity import RowIdentity
from seeding.schema.references import attributes
from seeding.schema.tables import ColumnSchema, Kind, TableSchema

TICK = timedelta(seconds=1)
"""What a TIMESTAMP without fractions can lose."""
LAST_BIT = 2.0**-23
"""Relative difference between two neighbouring numbers of single precision."""
UNREADABLE = object()
"""Stands for a value that Python has no type for: a date of year 20000, `infinity`, a time of 26 hours."""
UNREADABLE_ERRORS = (DataError, ValueError, OverflowError)
"""What drivers and Django's converters raise for one."""
SEPARATOR, NULL = "\x1f", "\x1e"
KEY = "primary key"
"""The name of the key's column in a frame; no table column has a space in its name here."""

SERVER_TEXT: Mapping[Kind, str] = {
    **dict.fromkeys((Kind.BOOLEAN, Kind.INTEGER, Kind.DECIMAL, Kind.TEXT, Kind.DATE), "CAST({} AS CHAR)"),
    Kind.DATETIME: "DATE_FORMAT({}, '%%Y-%%m-%%d %%H:%%i:%%s.%%f')",
}
"""How MySQL and MariaDB write a value as `_text` does; other kinds are compared only by value."""


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


class StoredRows:
    """The rows of one live table, which `model` mirrors.

    `identity` finds them; without it, their numbers are their keys.
    """

    def __init__(self, using: str, model: type[models.Model], table: TableSchema, identity: RowIdentity | None = None) -> None:
        self._using = using
        self._model = model
        self._table = table
        self._identity = identity or RowIdentity(using=using, number=table.primary_key)

    def shown(self, number: int) -> int | str:
        """The key of the row with this number, for a person."""
        key: int | str = self._identity.shown(KeySet.of([(number, number)]), 1)[0]
        return key

    def count(self, keys: KeySet) -> int:
        """How many of the rows `keys` exist."""
        rows = self._model._base_manager.using(self._using)
        return sum(rows.filter(condition).count() for condition in self._identity.conditions(self._model, keys))

    def differing(self, frame: pl.DataFrame, columns: list[str]) -> set[tuple[int, str]]:
        """(primary key, column) of every value that differs between the table and `frame`, whose KEY identifies the rows.

        Rows that are not in the table are skipped.
        """
        if not features(connections[self._using]).renders_values:
            return self._by_value(columns, frame)
        told = [name for name in columns if self._table.columns[name].kind in SERVER_TEXT]
        untold = [name for name in columns if name not in told]
        return self._by_value(told, self._suspects(frame, told)) | self._by_value(untold, frame)

    def _by_value(self, columns: list[str], frame: pl.DataFrame) -> set[tuple[int, str]]:
        """(primary key, column) of every value that differs between the table and `frame`."""
        if not columns or not frame.height:
            return set()
        expected = dict(zip(frame[KEY].to_list(), frame.select(columns).iter_rows(), strict=True))
        precisions = [Precision.of(self._table.columns[name]) for name in columns]
        rows = self._model._base_manager.using(self._using)
        found: set[tuple[int, str]] = set()
        empty: set[tuple[int, str]] = set()
        for condition in self._identity.conditions(self._model, KeySet.holding(frame[KEY].to_numpy())):
            read = list(self._read(rows.filter(condition), self._exactly(columns)))
            for key, (_, *actual) in zip(self._identity.numbers_of([row[0] for row in read]), read, strict=True):
                for column, precision, one, other in zip(columns, precisions, expected.get(key, actual), actual, strict=True):
                    if not same(one, other, precision):
                        found.add((key, column))
                    elif other is None and self._table.columns[column].kind in (Kind.DATE, Kind.DATETIME):
                        empty.add((key, column))
        return found | self._zero(empty)

    def _exactly(self, columns: Sequence[str]) -> list[Any]:
        """What a query selects: MySQL shows numbers of single precision with six digits, unless they are computed with."""
        named, there = attributes(self._model), self._table.columns
        shortens = features(connections[self._using]).renders_values
        return [
            Cast(named[name], models.FloatField()) if shortens and there[name].is_single else named[name] for name in columns
        ]

    def _read(self, rows: models.QuerySet[Any], columns: Sequence[Any]) -> Iterator[tuple[Any, ...]]:
        """The primary key and the columns of every row; UNREADABLE where a value cannot be read."""
        try:
            yield from list(rows.values_list("pk", *columns))
        except UNREADABLE_ERRORS:
            keys = list(rows.order_by("pk").values_list("pk", flat=True))
            if len(keys) > 1:
                for half in (keys[: len(keys) // 2], keys[len(keys) // 2 :]):
                    yield from self._read(rows.filter(pk__in=half), columns)
            elif len(columns) > 1:
                yield (*keys, *(value for one in columns for _, value in self._read(rows, [one])))
            else:
                yield (*keys, UNREADABLE)

    def _zero(self, empty: set[tuple[int, str]]) -> set[tuple[int, str]]:
        """Those of the values, read as null, that are zero dates."""
        if not features(connections[self._using]).has_zero_dates:
            return set()
        rows, named = self._model._base_manager.using(self._using), attributes(self._model)
        return {
            (key, column)
            for column in {column for _, column in empty}
            for condition in self._identity.conditions(self._model, _key_set(key for key, one in empty if one == column))
            for key in self._identity.numbers_of(
                list(rows.filter(condition, **{f"{named[column]}__isnull": False}).values_list("pk", flat=True))
            )
        }

    def _suspects(self, frame: pl.DataFrame, columns: list[str]) -> pl.DataFrame:
        """The rows of `frame` whose text, as the server writes it, is not the expected text.

        Fetches one text per row instead of a Python object per value; the caller then compares the values.
        """
        quote = partial(quoted, connections[self._using])
        kinds = {name: self._table.columns[name] for name in columns}
        texts = [_text(frame.schema[name], name, one.scale).fill_null(NULL) for name, one in kinds.items()]
        written = ", ".join(f"IFNULL({SERVER_TEXT[one.kind].format(quote(name))}, 0x1e)" for name, one in kinds.items())
        own, rows = ", ".join(self._identity.selected()), list[Any]()
        with connections[self._using].cursor() as cursor:
            for _, (condition, values) in self._identity.pieces(KeySet.holding(frame[KEY].to_numpy())):
                # The binary separator makes the whole text binary, so that columns of different collations can be joined.
                cursor.execute(
                    f"SELECT {own}, CONCAT_WS(0x1f, {written}) FROM {quote(self._table.name)} WHERE {condition}",  # noqa: S608
                    values,
                )
                rows += cursor.fetchall()
        numbers = self._identity.numbers([row[:-1] for row in rows])
        held = [text.encode() if isinstance(text, str) else text for *_, text in rows]
        actual = pl.DataFrame({KEY: numbers, "actual": pl.Series(held, dtype=pl.Binary)})
        expected = pl.concat_str(texts, separator=SEPARATOR).cast(pl.Binary)
        return frame.join(actual, on=KEY).filter(expected != pl.col("actual"))


def _key_set(keys: Iterable[int]) -> KeySet:
    return KeySet.holding(np.array(sorted(keys), np.int64))


def same(expected: Any, actual: Any, precision: Precision = EXACT) -> bool:
    """Whether two values mean the same: 12.5 and Decimal("12.50"), True and 1, date-times less than a second apart.

    Texts and floating-point numbers are the same if a column of that precision stores them alike.
    """
    if expected is None or actual is None:
        return expected is actual
    if isinstance(expected, datetime) and isinstance(actual, datetime):
        return abs(expected - actual) < TICK
    if isinstance(expected, (int, float, Decimal)) and isinstance(actual, (int, float, Decimal)):
        return Decimal(str(+expected)) == Decimal(str(+actual)) or _near(expected, actual, precision)
    if isinstance(expected, str) and isinstance(actual, str) and precision.padded:
        return expected.rstrip(" ") == actual.rstrip(" ")
    return _alike(expected, actual)


def _alike(expected: Any, actual: Any) -> bool:
    """The same for JSON, part by part."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        return expected.keys() == actual.keys() and all(same(value, actual[key]) for key, value in expected.items())
    if isinstance(expected, list) and isinstance(actual, list):
        return len(expected) == len(actual) and all(same(*pair) for pair in zip(expected, actual, strict=True))
    return bool(expected == actual)


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


def _text(dtype: pl.DataType, name: str, scale: int | None) -> pl.Expr:
    """A column as MySQL writes it."""
    column = pl.col(name)
    if scale is not None:
        return column.cast(pl.Decimal(38, scale)).cast(pl.String)
    if isinstance(dtype, pl.Datetime):
        return column.dt.strftime("%Y-%m-%d %H:%M:%S%.6f")
    return column.cast(pl.Int8 if dtype == pl.Boolean else dtype).cast(pl.String)
