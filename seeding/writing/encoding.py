"""Values as the database accepts them, converted a whole column at a time, so that every writer stores the same rows.

`settled` runs first, for every writer: it turns JSON into text and fills in the model's defaults. `plain` runs after it, for
writers that bypass Django's fields.
"""

from __future__ import annotations

import json
import uuid
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from io import BytesIO
from typing import Any, TypeVar

import polars as pl
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from seeding.schema.references import base_field, column_name

T = TypeVar("T")

MOMENT = "%Y-%m-%d %H:%M:%S"
"""Django's format."""
ROWS_PER_PIECE = 4_000
AHEAD = 4
"""Pieces or statements that are prepared in advance: some take longer than others."""
CONVERSIONS = ("get_prep_value", "get_db_prep_value", "get_db_prep_save")


def settled(model: type[models.Model], data: pl.DataFrame) -> pl.DataFrame:
    """`data` with JSON as text, decimals at their column's scale, and Python's defaults (not the database's) filled in."""
    columns: list[pl.Series] = []
    for field in model._meta.concrete_fields:
        name, base = column_name(field), base_field(field)
        if name not in data.columns:
            if not field.has_default():
                continue  # the database has the default, or there is none
            column = pl.Series(name, [field.get_default() for _ in range(data.height)], dtype=_default_dtype(field))
        else:
            column = data[name]
        if isinstance(base, models.JSONField):
            column = json_text(column)
        elif isinstance(base, models.DecimalField) and column.dtype != pl.Null:
            column = column.cast(pl.Decimal(38, base.decimal_places or 0))
        columns.append(column)
    return data.with_columns(columns)


def json_text(column: pl.Series) -> pl.Series:
    """Every value as JSON text; null stays null."""
    if column.dtype == pl.Null:
        return column
    if column.dtype == pl.Object:
        texts = [None if value is None else json.dumps(value, ensure_ascii=False) for value in column]
        return pl.Series(column.name, texts, dtype=pl.String)
    wrapped = pl.struct(pl.col(column.name).alias("v")).struct.json_encode()
    bare = wrapped.str.strip_prefix('{"v":').str.strip_suffix("}")
    encoded = column.to_frame().select(pl.when(pl.col(column.name).is_not_null()).then(bare).alias(column.name))
    return encoded.to_series()


def plain(model: type[models.Model], data: pl.DataFrame, connection: BaseDatabaseWrapper) -> pl.DataFrame:
    """Settled rows as numbers, decimals and texts only: timestamps in the connection's time zone, booleans as 0 and 1.

    A field with a custom conversion converts value by value.
    """
    fields = {column_name(field): field for field in model._meta.concrete_fields}
    return data.with_columns(_plain(fields[column.name], column, connection) for column in data)


def pieces(model: type[models.Model], data: pl.DataFrame, connection: BaseDatabaseWrapper) -> Iterator[pl.DataFrame]:
    """Settled rows as plain ones, in pieces: the next piece is prepared while the current one is sent."""
    for piece in data.iter_slices(ROWS_PER_PIECE):
        yield plain(model, piece, connection)


def csv(rows: Iterable[pl.DataFrame]) -> Iterator[bytes]:
    """Pieces of plain rows as CSV in UTF-8: every text in quotes, null as the bare word NULL."""
    # Into memory first: Polars can keep a file open after its last write, and then a pipe never ends.
    for piece in rows:
        text = BytesIO()
        piece.write_csv(text, include_header=False, null_value="NULL", quote_style="non_numeric")
        yield text.getvalue()


def backslash_escapes(connection: BaseDatabaseWrapper) -> bool:
    """Whether a backslash is an escape character in SQL string literals: the session's sql_mode decides."""
    with connection.cursor() as cursor:
        cursor.execute(r"SELECT LENGTH('\\')")
        (length,) = cursor.fetchone()
    return bool(length == 1)


def literals(rows: pl.DataFrame, *, escapes: bool) -> list[pl.Expr]:
    """Every column of plain rows as MySQL and MariaDB read it: `1`, `'text'`, `NULL`; `escapes` is `backslash_escapes`."""
    specials = ["'", "\\"] if escapes else ["'"]
    fields = []
    for name, dtype in rows.schema.items():
        column = pl.col(name)
        if not dtype.is_numeric():
            text = column.cast(pl.String).str.replace_many(specials, [2 * one for one in specials])
            column = pl.concat_str(pl.lit("'"), text, pl.lit("'"))
        fields.append(column.cast(pl.String).fill_null("NULL").alias(name))
    return fields


def ahead(items: Iterable[T]) -> Iterator[T]:
    """The items, prepared in a separate thread while earlier ones are used."""
    making, end = iter(items), object()
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="ahead") as executor:
        coming: deque[Future[Any]] = deque(executor.submit(next, making, end) for _ in range(AHEAD))
        while (item := coming.popleft().result()) is not end:
            coming.append(executor.submit(next, making, end))
            yield item


def target(connection: BaseDatabaseWrapper, model: type[models.Model], data: pl.DataFrame) -> tuple[str, str]:
    """The quoted table name, and the quoted columns of `data` in parentheses."""
    quote = connection.ops.quote_name
    return quote(model._meta.db_table), f"({', '.join(map(quote, data.columns))})"


def _plain(field: models.Field[Any, Any], column: pl.Series, connection: BaseDatabaseWrapper) -> pl.Series:
    if not _is_plain(field):
        values = [field.get_db_prep_save(value, connection) for value in column]
        if any(isinstance(value, uuid.UUID) for value in values):
            values = [None if value is None else str(value) for value in values]
        return pl.Series(column.name, values)
    if column.dtype == pl.Boolean:
        return column.cast(pl.Int8)
    if column.dtype == pl.Date:
        return column.cast(pl.String)
    if isinstance(column.dtype, pl.Datetime):
        return _moments(column, connection.timezone_name)
    return column


def _moments(column: pl.Series, time_zone: str) -> pl.Series:
    local = column.dt.cast_time_unit("us").dt.convert_time_zone(time_zone).dt.replace_time_zone(None)
    whole = local.dt.microsecond() == 0
    texts = local.dt.strftime(MOMENT)
    if whole.all():
        return texts
    return texts.zip_with(whole.fill_null(value=True), local.dt.strftime(MOMENT + "%.6f"))


def _default_dtype(field: models.Field[Any, Any]) -> pl.DataType | None:
    """The dtype that holds any Python value, where Polars must not interpret it; None lets Polars infer one."""
    return pl.Object() if isinstance(field, models.JSONField) or not _is_plain(field) else None


def _is_plain(field: models.Field[Any, Any]) -> bool:
    """Whether the database accepts the field's values without conversion."""
    base = base_field(field)
    if isinstance(base, (models.UUIDField, models.BinaryField, models.DurationField, models.TimeField)):
        return False
    return all(getattr(type(base), name).__module__.startswith("django.db.models.fields") for name in CONVERSIONS)
