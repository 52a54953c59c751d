"""Values as the database accepts them, converted a whole column at a time, so that every writer stores the same rows.

`settled` runs first, for every writer: it turns JSON into text and fills in the model's defaults. `plain` runs after it, for
writers that bypass Django's fields: UUIDs, times and durations are converted a whole column at a time, bytes stay bytes until
`csv` or `literals` write them in hexadecimal digits. Only a field with a conversion of its own is asked for every value.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from enum import Enum
from functools import cache
from io import BytesIO
from typing import Any, TypeVar

import polars as pl
from django.db import DataError, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils.functional import Promise

from seeding.db.drivers import as_text
from seeding.schema.kinds import base_of, converts, is_binary
from seeding.schema.references import column_name
from seeding.schema.rules.column_values import DIGITS

T = TypeVar("T")

MOMENT, TIME, FRACTION = "%Y-%m-%d %H:%M:%S", "%H:%M:%S", "%.6f"
"""Django's formats."""
DAY, SECONDS = 86_400_000_000, 86_400
"""Microseconds, and seconds, of a day."""
DAYS = 50_000
"""Whose texts are kept: until 2106."""
ROWS_PER_PIECE = 4_000
AHEAD = 4
"""Pieces or statements that are prepared in advance: some take longer than others."""


def settled(model: type[models.Model], data: pl.DataFrame) -> pl.DataFrame:
    """`data` with JSON as text, decimals at their column's scale, and Python's defaults (not the database's) filled in.

    UUIDs and IP addresses become texts, and bytes of any class binary columns.
    """
    columns: list[pl.Series] = []
    for field in model._meta.concrete_fields:
        name, base = column_name(field), base_of(field)
        if name in data.columns:
            column = data[name]
        elif field.has_default():
            column = _defaults(field, name, data.height)
        else:
            continue  # the database has the default, or there is none
        if isinstance(base, models.JSONField):
            column = json_text(column, base.encoder)
        elif isinstance(base, models.DecimalField) and column.dtype not in (pl.Null, pl.Object, pl.String):
            column = _decimals(base, column)
        elif isinstance(base, models.GenericIPAddressField) and column.dtype in (pl.String, pl.Object):
            column = _addresses(base, column)
        elif column.dtype == pl.Object and not converts(base):
            if isinstance(base, (models.UUIDField, models.DecimalField)):
                column = _mapped(column, str, pl.String)
            elif isinstance(base, models.BinaryField):
                column = _mapped(column, bytes, pl.Binary)
        columns.append(column)
    return data.with_columns(columns)


def _defaults(field: models.Field[Any, Any], name: str, height: int) -> pl.Series:
    """A default per row, each of which may be another; as an object where Polars must not interpret it."""
    values = [field.get_default() for _ in range(height)]
    if isinstance(field, (models.JSONField, models.UUIDField, models.BinaryField)) or converts(field):
        return pl.Series(name, values, dtype=pl.Object)
    values = [str(one) if isinstance(one, Promise) else one for one in values]  # a translation, in the active language
    return pl.Series(name, [one.value if isinstance(one, Enum) else one for one in values])


def _decimals(field: models.DecimalField[Any, Any], column: pl.Series) -> pl.Series:
    """At the scale of the column, as texts where it has more digits than Polars; as they are without a scale."""
    if field.decimal_places is None:
        return column
    if (field.max_digits or DIGITS) > DIGITS:
        return column.cast(pl.String)
    return column.cast(pl.Decimal(DIGITS, field.decimal_places))


def _addresses(field: models.GenericIPAddressField[Any, Any], column: pl.Series) -> pl.Series:
    """As the field writes them: in their short form."""
    if column.dtype == pl.String and not column.str.contains(":", literal=True).any():
        return column
    return _mapped(column, lambda value: field.get_prep_value(str(value)), pl.String)


def _mapped(column: pl.Series, change: Callable[[Any], Any], dtype: Any) -> pl.Series:
    """Every value but null, changed."""
    return pl.Series(column.name, [None if one is None else change(one) for one in column.to_list()], dtype=dtype)


def json_text(column: pl.Series, encoder: type[json.JSONEncoder] | None = None) -> pl.Series:
    """Every value as JSON text; null stays null."""
    if column.dtype == pl.Null:
        return column
    if column.dtype == pl.Object:
        return _mapped(column, lambda value: json.dumps(value, ensure_ascii=False, cls=encoder), pl.String)
    wrapped = pl.struct(pl.col(column.name).alias("v")).struct.json_encode()
    bare = wrapped.str.strip_prefix('{"v":').str.strip_suffix("}")
    encoded = column.to_frame().select(pl.when(pl.col(column.name).is_not_null()).then(bare).alias(column.name))
    return encoded.to_series()


def plain(model: type[models.Model], data: pl.DataFrame, connection: BaseDatabaseWrapper) -> pl.DataFrame:
    """Settled rows as numbers, decimals, texts and bytes only: timestamps in the connection's time zone, booleans as 0 and 1.

    A field with a conversion of its own converts value by value; what it makes stays an object on SQLite.
    """
    fields = {column_name(field): field for field in model._meta.concrete_fields}
    return data.with_columns(_plain(fields[column.name], column, connection) for column in data)


def moments(column: pl.Series, separator: str = " ") -> pl.Series:
    """Dates, and date-times up to their seconds, as texts; null stays null.

    Both parts are looked up: that takes a quarter of the time of formatting them.
    """
    is_date = column.dtype == pl.Date
    local = column if is_date else column.dt.replace_time_zone(None)
    days = local.dt.epoch("d")
    if not days.is_between(0, DAYS - 1).all():
        return local.dt.strftime("%Y-%m-%d" if is_date else f"%Y-%m-%d{separator}{TIME}")
    texts = _days().gather(days)
    if not is_date:
        texts += _times(separator).gather(local.dt.epoch("s") - days.cast(pl.Int64) * SECONDS)
    return texts.alias(column.name)


@cache
def _days() -> pl.Series:
    """The text of each of the first DAYS days since the beginning of 1970."""
    return pl.Series(range(DAYS), dtype=pl.Int32).cast(pl.Date).cast(pl.String)


@cache
def _times(separator: str) -> pl.Series:
    """The text of each second of a day, after the separator."""
    return separator + (pl.Series(range(SECONDS), dtype=pl.Int64) * 1_000_000_000).cast(pl.Time).dt.strftime(TIME)


def pieces(model: type[models.Model], data: pl.DataFrame, connection: BaseDatabaseWrapper) -> Iterator[pl.DataFrame]:
    """Settled rows as plain ones, in pieces: the next piece is prepared while the current one is sent."""
    for piece in data.iter_slices(ROWS_PER_PIECE):
        yield plain(model, piece, connection)


def binary_columns(model: type[models.Model], data: pl.DataFrame, connection: BaseDatabaseWrapper) -> frozenset[str]:
    """The columns of settled rows that are bytes once they are plain."""
    fields = {column_name(field): field for field in model._meta.concrete_fields}
    return frozenset(
        name
        for name, dtype in data.schema.items()
        if (is_binary(fields[name], connection) if converts(fields[name]) else dtype == pl.Binary)
    )


def csv(rows: Iterable[pl.DataFrame], *, hexadecimal: str = "") -> Iterator[bytes]:
    """Pieces of plain rows as CSV in UTF-8: every text in quotes, null as the bare word NULL.

    Bytes are written in hexadecimal digits, after the prefix `hexadecimal`.
    """
    # Into memory first: Polars can keep a file open after its last write, and then a pipe never ends.
    for piece in rows:
        text = BytesIO()
        written = (
            pl.concat_str(pl.lit(hexadecimal), _digits(name)).alias(name)
            for name, dtype in piece.schema.items()
            if dtype == pl.Binary
        )
        piece.with_columns(written).write_csv(text, include_header=False, null_value="NULL", quote_style="non_numeric")
        yield text.getvalue()


def backslash_escapes(connection: BaseDatabaseWrapper) -> bool:
    """Whether a backslash is an escape character in SQL string literals: the session's sql_mode decides."""
    with connection.cursor() as cursor:
        cursor.execute(r"SELECT LENGTH('\\')")
        (length,) = cursor.fetchone()
    return bool(length == 1)


def literals(rows: pl.DataFrame, *, escapes: bool) -> list[pl.Expr]:
    """Every column of plain rows as MySQL and MariaDB read it: `1`, `'text'`, `x'00ff'`, `NULL`.

    `escapes` is `backslash_escapes`.
    """
    specials = ["'", "\\"] if escapes else ["'"]
    fields = []
    for name, dtype in rows.schema.items():
        column = pl.col(name)
        if dtype == pl.Binary:
            column = pl.concat_str(pl.lit("x'"), _digits(name), pl.lit("'"))
        elif not dtype.is_numeric():
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


def _digits(column: str) -> pl.Expr:
    return pl.col(column).bin.encode("hex")


def _plain(field: models.Field[Any, Any], column: pl.Series, connection: BaseDatabaseWrapper) -> pl.Series:
    if converts(field):
        return _asked(field, column, connection)
    if isinstance(base_of(field), models.UUIDField) and column.dtype == pl.String:
        return _uuids(column, connection)
    change = PLAIN.get(column.dtype.base_type())
    return column if change is None else change(column, connection)


def _uuids(column: pl.Series, connection: BaseDatabaseWrapper) -> pl.Series:
    """As the server's type takes them, or in 32 digits."""
    native = connection.features.has_native_uuid_field
    return column if native else column.str.replace_all("-", "", literal=True).str.to_lowercase()


def _moments(column: pl.Series, connection: BaseDatabaseWrapper) -> pl.Series:
    local = column.dt.cast_time_unit("us").dt.convert_time_zone(connection.timezone_name).dt.replace_time_zone(None)
    return _with_fractions(local, MOMENT)


def _with_fractions(column: pl.Series, written: str) -> pl.Series:
    """As texts, with parts of a second only where there are some."""
    whole = column.dt.microsecond() == 0
    texts = moments(column) if written == MOMENT else column.dt.strftime(written)
    if whole.all():
        return texts
    return texts.zip_with(whole.fill_null(value=True), column.dt.strftime(written + FRACTION))


def _durations(column: pl.Series, connection: BaseDatabaseWrapper) -> pl.Series:
    """Microseconds; or days and what is left of one, as PostgreSQL reads them in any style and its drivers give them."""
    microseconds = column.dt.total_microseconds()
    if not connection.features.has_native_duration_field:
        return microseconds
    days = microseconds // DAY
    rest = ((microseconds - days * DAY) * 1_000).cast(pl.Time).dt.strftime(TIME + FRACTION)
    return pl.select(pl.concat_str(days, pl.lit(" days +"), rest).alias(microseconds.name)).to_series()


def _asked(field: models.Field[Any, Any], column: pl.Series, connection: BaseDatabaseWrapper) -> pl.Series:
    """What a field with a conversion of its own makes of each value: bytes if its column holds bytes."""
    values = pl.Series(column.name, [field.get_db_prep_save(one, connection) for one in column.to_list()], dtype=pl.Object)
    return _mapped(values, _bytes, pl.Binary) if is_binary(field, connection) else _written(values, connection)


def _written(column: pl.Series, connection: BaseDatabaseWrapper) -> pl.Series:
    """Objects as the driver writes them; SQLite's takes them as they are, in the same process."""
    if connection.vendor == "sqlite":
        return pl.Series(column.name, column.to_list(), dtype=pl.Object)
    try:
        return _mapped(column, as_text(connection), pl.String)
    except UnicodeDecodeError:
        raise DataError(f"{column.name}: its field makes bytes that are no text; give the field a binary type") from None


def _bytes(value: Any) -> bytes:
    """The bytes of what a field returns for a binary column: drivers wrap them in classes of their own."""
    value = getattr(value, "adapted", getattr(value, "obj", value))
    return value.encode() if isinstance(value, str) else bytes(value)


PLAIN: Mapping[Any, Callable[[pl.Series, BaseDatabaseWrapper], pl.Series]] = {
    pl.Boolean: lambda column, _: column.cast(pl.Int8),
    pl.Float32: lambda column, _: column.cast(pl.Float64),  # the shortest text of one means another number of the other
    pl.Date: lambda column, _: moments(column),
    pl.Datetime: _moments,
    pl.Time: lambda column, _: _with_fractions(column, TIME),
    pl.Duration: _durations,
    **dict.fromkeys((pl.Object, pl.List, pl.Array, pl.Struct), _written),
}
"""How values of a dtype become plain; all others are."""
