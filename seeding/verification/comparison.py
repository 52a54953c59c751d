"""Stored rows compared with expected ones: in bulk, by their primary keys."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import polars as pl
from django.db import connections, models

from seeding.db.features import features
from seeding.db.sql import quoted
from seeding.keys import KeySet
from seeding.ledger.row_identity import RowIdentity
from seeding.schema.references import attributes
from seeding.schema.tables import Kind, TableSchema

TICK = timedelta(seconds=1)
"""What a TIMESTAMP without fractions can lose."""
SINGLE = 1e-5
"""Relative difference between the number written to a single-precision column and the number stored."""
BLANK_PADDED = re.compile(r"char$|character(?!\s+varying)|bpchar", re.IGNORECASE)
"""Types that lose trailing spaces, or add some."""
SEPARATOR, NULL = "\x1f", "\x1e"
KEY = "primary key"
"""The name of the key's column in a frame; no table column has a space in its name here."""

SERVER_TEXT: Mapping[Kind, str] = {
    **dict.fromkeys((Kind.BOOLEAN, Kind.INTEGER, Kind.DECIMAL, Kind.TEXT, Kind.DATE), "CAST({} AS CHAR)"),
    Kind.DATETIME: "DATE_FORMAT({}, '%%Y-%%m-%%d %%H:%%i:%%s.%%f')",
}
"""How MySQL and MariaDB write a value as `_text` does; other kinds are compared only by value."""


class StoredRows:
    """The rows of one live table, which `model` mirrors. Floats can differ by the relative `tolerance`.

    `identity` finds them; without it, their numbers are their keys.
    """

    def __init__(
        self,
        using: str,
        model: type[models.Model],
        table: TableSchema,
        identity: RowIdentity | None = None,
        *,
        tolerance: float = 0.0,
    ) -> None:
        self._using = using
        self._model = model
        self._table = table
        self._identity = identity or RowIdentity(using=using, number=table.primary_key)
        self._tolerance = tolerance

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
        named = attributes(self._model)
        types = [self._table.columns[name].type_name if self._tolerance else "" for name in columns]
        padded = [BLANK_PADDED.match(one) is not None for one in types]
        rows = self._model._base_manager.using(self._using)
        return {
            (key, column)
            for condition in self._identity.conditions(self._model, KeySet.holding(frame[KEY].to_numpy()))
            for key, *actual in rows.filter(condition).values_list("pk", *(named[name] for name in columns))
            for column, pads, one, other in zip(columns, padded, expected.get(key, actual), actual, strict=True)
            if not same(one, other, self._tolerance, padded=pads)
        }

    def _suspects(self, frame: pl.DataFrame, columns: list[str]) -> pl.DataFrame:
        """The rows of `frame` whose text, as the server writes it, is not the expected text.

        Fetches one text per row instead of a Python object per value; the caller then compares the values.
        """
        quote = partial(quoted, connections[self._using])
        kinds = {name: self._table.columns[name] for name in columns}
        texts = [_text(frame.schema[name], name, one.scale).fill_null(NULL) for name, one in kinds.items()]
        written = ", ".join(f"IFNULL({SERVER_TEXT[one.kind].format(quote(name))}, 0x1e)" for name, one in kinds.items())
        primary, parts = quote(self._table.primary_key), []
        with connections[self._using].cursor() as cursor:
            for _, (condition, values) in self._identity.pieces(KeySet.holding(frame[KEY].to_numpy())):
                # The binary separator makes the whole text binary, so that columns of different collations can be joined.
                cursor.execute(
                    f"SELECT {primary}, CONCAT_WS(0x1f, {written}) FROM {quote(self._table.name)} WHERE {condition}",  # noqa: S608
                    values,
                )
                parts += cursor.fetchall()
        actual = pl.DataFrame(parts, schema={KEY: pl.Int64, "actual": pl.Binary}, orient="row")
        expected = pl.concat_str(texts, separator=SEPARATOR).cast(pl.Binary)
        return frame.join(actual, on=KEY).filter(expected != pl.col("actual"))


def same(expected: Any, actual: Any, tolerance: float = 0.0, *, padded: bool = False) -> bool:
    """Whether two values mean the same: 12.5 and Decimal("12.50"), True and 1, date-times less than a second apart.

    Floats can differ by the relative `tolerance`, `padded` texts in trailing spaces.
    """
    if expected is None or actual is None:
        return expected is actual
    if isinstance(expected, datetime) and isinstance(actual, datetime):
        return abs(expected - actual) < TICK
    if isinstance(expected, (int, float, Decimal)) and isinstance(actual, (int, float, Decimal)):
        is_near = isinstance(expected, float) and math.isclose(expected, actual, rel_tol=tolerance)
        return is_near or Decimal(str(+expected)) == Decimal(str(+actual))
    if isinstance(expected, dict) and isinstance(actual, dict):
        return expected.keys() == actual.keys() and all(same(value, actual[key]) for key, value in expected.items())
    if isinstance(expected, list) and isinstance(actual, list):
        return len(expected) == len(actual) and all(same(*pair) for pair in zip(expected, actual, strict=True))
    if padded and isinstance(expected, str) and isinstance(actual, str):
        expected, actual = expected.rstrip(" "), actual.rstrip(" ")
    return bool(expected == actual)


def _text(dtype: pl.DataType, name: str, scale: int | None) -> pl.Expr:
    """A column as MySQL writes it."""
    column = pl.col(name)
    if scale is not None:
        return column.cast(pl.Decimal(38, scale)).cast(pl.String)
    if isinstance(dtype, pl.Datetime):
        return column.dt.strftime("%Y-%m-%d %H:%M:%S%.6f")
    return column.cast(pl.Int8 if dtype == pl.Boolean else dtype).cast(pl.String)
