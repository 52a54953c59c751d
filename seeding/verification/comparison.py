"""Stored rows compared with expected ones: in bulk, by their primary keys."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import polars as pl
from django.core.exceptions import ValidationError
from django.db import DataError, connections, models, transaction
from django.db.models.functions import Cast

from seeding.db.drivers import as_text, writes_any_object
from seeding.db.features import features
from seeding.db.sql import quoted
from seeding.keys import KeySet
from seeding.ledger.row_identity import RowIdentity
from seeding.schema.kinds import RARE, base_of, converts
from seeding.schema.references import attributes, column_name
from seeding.schema.tables import ColumnSchema, Kind, TableSchema
from seeding.verification.same_values import Precision, same

UNREADABLE = object()
"""Stands for a value that Python has no type for: a date of year 20000, `infinity`, a time of 26 hours."""
UNREADABLE_ERRORS = (DataError, ValueError, OverflowError)
"""What drivers and Django's converters raise for one."""
FIELDS_ERRORS = (TypeError, ValueError, AttributeError, KeyError)
"""What a field may raise of a value that is none of its own."""
DIGITS = 38
"""Of a decimal of Polars."""
SEPARATOR, NULL = "\x1f", "\x1e"
KEY = "primary key"
"""The name of the key's column in a frame; no table column has a space in its name here."""

SERVER_TEXT: Mapping[Kind, str] = {
    **dict.fromkeys((Kind.BOOLEAN, Kind.INTEGER, Kind.DECIMAL, Kind.TEXT, Kind.DATE, Kind.UUID), "CAST({} AS CHAR)"),
    Kind.DATETIME: "DATE_FORMAT({}, '%%Y-%%m-%%d %%H:%%i:%%s.%%f')",
    Kind.TIME: "TIME_FORMAT({}, '%%H:%%i:%%s.%%f')",
    Kind.BINARY: "HEX({})",
}
"""How MySQL and MariaDB write a value as `_text` does; other kinds are compared only by value."""
TEXTS_PER_STATEMENT = 500
Cell = tuple[int, str]
"""(primary key, column)."""


class StoredRows:
    """The rows of one live table, which `model` mirrors.

    `identity` finds them; without it, their numbers are their keys.
    """

    def __init__(self, using: str, model: type[models.Model], table: TableSchema, identity: RowIdentity | None = None) -> None:
        self._using = using
        self._model = model
        self._table = table
        self._identity = identity or RowIdentity(using=using, number=table.primary_key)
        self._fields = {column_name(field): field for field in model._meta.concrete_fields}

    def shown(self, number: int) -> int | str:
        """The key of the row with this number, for a person."""
        key: int | str = self._identity.shown(KeySet.of([(number, number)]), 1)[0]
        return key

    def found(self, keys: KeySet) -> list[models.QuerySet[models.Model]]:
        """Those of the rows `keys` that exist, in parts."""
        rows = self._model._base_manager.using(self._using)
        return [rows.filter(condition) for condition in self._identity.conditions(self._model, keys)]

    def differing(self, frame: pl.DataFrame, columns: list[str]) -> set[tuple[int, str]]:
        """(primary key, column) of every value that differs between the table and `frame`, whose KEY identifies the rows.

        Rows that are not in the table are skipped.
        """
        if not features(connections[self._using]).renders_values:
            return self._by_value(columns, frame)
        told = [name for name in columns if self._is_told(name, frame.schema[name])]
        untold = [name for name in columns if name not in told]
        return self._by_value(told, self._suspects(frame, told)) | self._by_value(untold, frame)

    def values(self, cells: Collection[Cell]) -> dict[Cell, Any]:
        """What is stored, of each cell whose row exists."""
        columns = sorted({column for _, column in cells})
        rows, found = self._model._base_manager.using(self._using), dict[Cell, Any]()
        for condition in self._identity.conditions(self._model, _key_set({key for key, _ in cells})) if cells else ():
            read = list(self._read(rows.filter(condition), self._exactly(columns)))
            for key, (_, *actual) in zip(self._identity.numbers_of([row[0] for row in read]), read, strict=True):
                told = zip(columns, actual, strict=True)
                found |= {(int(key), column): value for column, value in told if (int(key), column) in cells}
        return found

    def _is_told(self, name: str, dtype: pl.DataType) -> bool:
        """Whether `_text` writes the values of a column as the server does."""
        column = self._table.columns[name]
        is_written = dtype == pl.String and column.kind is Kind.DECIMAL
        if column.kind not in SERVER_TEXT or is_written or dtype == pl.Object or dtype.is_nested():
            return False
        return (column.scale or 0) <= DIGITS and not (name in self._fields and converts(self._fields[name]))

    def _by_value(self, columns: list[str], frame: pl.DataFrame) -> set[tuple[int, str]]:
        """(primary key, column) of every value that differs between the table and `frame`."""
        if not columns or not frame.height:
            return set()
        expected = dict(zip(frame[KEY].to_list(), frame.select(columns).iter_rows(), strict=True))
        precisions = [Precision.of(self._table.columns[name]) for name in columns]
        rows = self._model._base_manager.using(self._using)
        found: dict[Cell, Any] = {}
        empty: set[Cell] = set()
        for condition in self._identity.conditions(self._model, KeySet.holding(frame[KEY].to_numpy())):
            read = list(self._read(rows.filter(condition), self._exactly(columns)))
            for key, (_, *actual) in zip(self._identity.numbers_of([row[0] for row in read]), read, strict=True):
                for column, precision, one, other in zip(columns, precisions, expected.get(key, actual), actual, strict=True):
                    if not (same(one, other, precision) or self._means(column, one, other, precision)):
                        found[key, column] = one
                    elif other is None and self._table.columns[column].kind in (Kind.DATE, Kind.DATETIME):
                        empty.add((key, column))
        return (found.keys() - self._written_alike(found)) | self._zero(empty)

    def _means(self, column: str, expected: Any, actual: Any, precision: Precision) -> bool:
        """Whether the column's field makes the same of two values: of an address and its short form, say."""
        if column not in self._fields or expected is None or actual is None or actual is UNREADABLE:
            return False
        prepared = self._fields[column].get_prep_value
        try:
            return same(prepared(expected), prepared(actual), precision)
        except (ValidationError, *FIELDS_ERRORS):
            return False

    def _written_alike(self, cells: Mapping[Cell, Any]) -> set[Cell]:
        """Those whose stored value the server writes as it writes the expected one: a range, say, that was given as a text."""
        if not features(connections[self._using]).casts_to_text:
            return set()
        found: set[Cell] = set()
        for name in {column for _, column in cells if self._table.columns[column].kind in RARE and column in self._fields}:
            expected = {key: one for (key, column), one in cells.items() if column == name and one is not None}
            try:
                with transaction.atomic(using=self._using):
                    found |= {(key, name) for key in self._written_as_expected(name, expected)}
            except DataError:  # the column's type is another now
                continue
        return found

    def _written_as_expected(self, name: str, expected: Mapping[int, Any]) -> Iterator[int]:
        """The primary keys of which the server writes the stored value as it writes the expected one."""
        connection, field, keys = connections[self._using], self._fields[name], sorted(expected)
        text = as_text(connection) if writes_any_object(connection) else None
        given = [field.get_db_prep_save(expected[key], connection) for key in keys]
        values = given if text is None else [text(one) for one in given]
        written = f"CAST(CAST(%s AS {self._table.columns[name].type_name.replace('%', '%%')}) AS text)"
        wanted: dict[int, str] = {}
        with connection.cursor() as cursor:
            for start in range(0, len(keys), TEXTS_PER_STATEMENT):
                part = slice(start, start + TEXTS_PER_STATEMENT)
                cursor.execute(f"SELECT {', '.join([written] * len(keys[part]))}", values[part])
                wanted |= dict(zip(keys[part], cursor.fetchone(), strict=True))
            selected = f"{', '.join(self._identity.selected())}, CAST({quoted(connection, name)} AS text)"
            for _, (condition, parameters) in self._identity.pieces(_key_set(keys)):
                cursor.execute(f"SELECT {selected} FROM {quoted(connection, self._table.name)} WHERE {condition}", parameters)  # noqa: S608
                rows = cursor.fetchall()
                numbers = self._identity.numbers([row[:-1] for row in rows]).tolist()
                yield from [key for key, row in zip(numbers, rows, strict=True) if wanted.get(key) == row[-1]]

    def _exactly(self, columns: Sequence[str]) -> list[Any]:
        """What a query selects.

        MySQL shows numbers of single precision with six digits, unless they are computed with. Of PostgreSQL's two types of
        JSON, Django reads only `jsonb`.
        """
        named, there = attributes(self._model), self._table.columns
        shortens = features(connections[self._using]).renders_values

        def selected(column: ColumnSchema) -> Any:
            if shortens and column.is_single:
                return Cast(named[column.name], models.FloatField())
            if column.kind is Kind.JSON and column.type_name == "json" and not shortens:
                return Cast(named[column.name], models.JSONField())
            return named[column.name]

        return [selected(there[name]) for name in columns]

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
        texts = [
            _text(frame.schema[name], name, one.scale, bare=self._is_bare(name)).fill_null(NULL) for name, one in kinds.items()
        ]
        written = ", ".join(f"IFNULL({SERVER_TEXT[one.kind].format(quote(name))}, 0x1e)" for name, one in kinds.items())
        own, rows = ", ".join(self._identity.selected()), list[Any]()
        with connections[self._using].cursor() as cursor:
            for _, (condition, values) in self._identity.pieces(KeySet.holding(frame[KEY].to_numpy())):
                # The binary separator makes the whole text binary, so that columns of different collations can be joined.
                cursor.execute(
                    f"SELECT {own}, CAST(CONCAT_WS(0x1f, {written}) AS BINARY) "  # noqa: S608 - names are quoted
                    f"FROM {quote(self._table.name)} WHERE {condition}",
                    values,
                )
                rows += cursor.fetchall()
        numbers = self._identity.numbers([row[:-1] for row in rows])
        held = [text.encode() if isinstance(text, str) else text for *_, text in rows]
        actual = pl.DataFrame({KEY: numbers, "actual": pl.Series(held, dtype=pl.Binary)})
        expected = pl.concat_str(texts, separator=SEPARATOR).cast(pl.Binary)
        return frame.join(actual, on=KEY).filter(expected != pl.col("actual"))

    def _is_bare(self, name: str) -> bool:
        """Whether a column of text holds UUIDs, as Django writes them: without dashes."""
        is_uuid = name in self._fields and isinstance(base_of(self._fields[name]), models.UUIDField)
        return is_uuid and self._table.columns[name].kind is Kind.TEXT


def _key_set(keys: Iterable[int]) -> KeySet:
    return KeySet.holding(np.array(sorted(keys), np.int64))


def _text(dtype: pl.DataType, name: str, scale: int | None, *, bare: bool = False) -> pl.Expr:
    """A column as MySQL writes it; a UUID that is `bare`, without dashes."""
    column = pl.col(name)
    if bare:
        return column.str.replace_all("-", "", literal=True).str.to_lowercase()
    if isinstance(dtype, (pl.Datetime, pl.Time)):
        return column.dt.strftime("%Y-%m-%d %H:%M:%S%.6f" if isinstance(dtype, pl.Datetime) else "%H:%M:%S%.6f")
    if isinstance(dtype, pl.Duration):
        return column.dt.total_microseconds().cast(pl.String)
    if dtype == pl.Binary:
        return column.bin.encode("hex").str.to_uppercase()
    if scale is not None:
        return column.cast(pl.Decimal(38, scale)).cast(pl.String)
    return column.cast(pl.Int8 if dtype == pl.Boolean else dtype).cast(pl.String)
