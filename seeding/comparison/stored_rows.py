"""Stored rows compared with expected ones: in bulk, by their primary keys."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl
from django.core.exceptions import ValidationError
from django.db import DataError, connections, models, transaction
from django.db.models.functions import Cast

from seeding.comparison.rendered_rows import KEY, RenderedRows, Texts
from seeding.comparison.same_values import Precision, same
from seeding.db.drivers import as_text, writes_any_object
from seeding.db.features import features
from seeding.db.sql import every_row, quoted
from seeding.keys import KeySet
from seeding.ledger.row_identity import RowIdentity
from seeding.schema.kinds import RARE
from seeding.schema.references import attributes, column_name
from seeding.schema.tables import ColumnSchema, Kind, TableSchema

UNREADABLE = object()
"""Stands for a value that Python has no type for: a date of year 20000, `infinity`, a time of 26 hours."""
UNREADABLE_ERRORS = (DataError, ValueError, OverflowError)
"""What drivers and Django's converters raise for one."""
FIELDS_ERRORS = (TypeError, ValueError, AttributeError, KeyError)
"""What a field may raise of a value that is none of its own."""
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
        self._rendered = RenderedRows(using, self._fields, table, self._identity)

    def shown(self, number: int) -> int | str:
        """The key of the row with this number, for a person."""
        key: int | str = self._identity.shown(KeySet.of([(number, number)]), 1)[0]
        return key

    def found(self, keys: KeySet) -> list[models.QuerySet[models.Model]]:
        """Those of the rows `keys` that exist, in parts."""
        rows = every_row(self._model, self._using)
        return [rows.filter(condition) for condition in self._identity.conditions(self._model, keys)]

    def texts(self, frame: pl.DataFrame, columns: Sequence[str]) -> Texts | None:
        """What the server writes if it holds `frame`; None if it does not compare by texts. It is not asked."""
        if not features(connections[self._using]).renders_values:
            return None
        return self._rendered.texts(frame, [name for name in columns if self._rendered.writes(name, frame.schema[name])])

    def differing(self, frame: pl.DataFrame, columns: Sequence[str], texts: Texts | None = None) -> set[tuple[int, str]]:
        """(primary key, column) of every value that differs between the table and `frame`, whose KEY identifies the rows.

        Rows that are not in the table are skipped. `texts` are those of the frame, if they are known.
        """
        texts = texts or self.texts(frame, columns)
        if texts is None:
            return self._by_value(columns, frame)
        others = [name for name in columns if name not in texts.columns]
        suspects = frame.join(self._rendered.suspects(texts), on=KEY, how="semi", maintain_order="left")
        return self._by_value(texts.columns, suspects) | self._by_value(others, frame)

    def values(self, cells: Collection[Cell]) -> dict[Cell, Any]:
        """What is stored, of each cell whose row exists."""
        columns = sorted({column for _, column in cells})
        rows, found = every_row(self._model, self._using), dict[Cell, Any]()
        for condition in self._identity.conditions(self._model, _key_set({key for key, _ in cells})) if cells else ():
            read = list(self._read(rows.filter(condition), self._exactly(columns)))
            for key, (_, *actual) in zip(self._identity.numbers_of([row[0] for row in read]), read, strict=True):
                told = zip(columns, actual, strict=True)
                found |= {(int(key), column): value for column, value in told if (int(key), column) in cells}
        return found

    def _by_value(self, columns: Sequence[str], frame: pl.DataFrame) -> set[tuple[int, str]]:
        """(primary key, column) of every value that differs between the table and `frame`."""
        if not columns or not frame.height:
            return set()
        expected = dict(zip(frame[KEY].to_list(), frame.select(columns).iter_rows(), strict=True))
        precisions = [Precision.of(self._table.columns[name]) for name in columns]
        rows = every_row(self._model, self._using)
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
        rows, named = every_row(self._model, self._using), attributes(self._model)
        return {
            (key, column)
            for column in {column for _, column in empty}
            for condition in self._identity.conditions(self._model, _key_set(key for key, one in empty if one == column))
            for key in self._identity.numbers_of(
                list(rows.filter(condition, **{f"{named[column]}__isnull": False}).values_list("pk", flat=True))
            )
        }


def _key_set(keys: Iterable[int]) -> KeySet:
    return KeySet.holding(np.array(sorted(keys), np.int64))
