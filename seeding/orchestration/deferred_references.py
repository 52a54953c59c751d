"""Circular references: left empty when their rows are inserted, and filled once all rows exist."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
import polars as pl
from django.db import OperationalError, connections

from seeding.arrays import Integers
from seeding.comparison.rendered_rows import KEY
from seeding.comparison.stored_rows import StoredRows
from seeding.db.features import run_deferred_triggers
from seeding.db.sql import quoted
from seeding.exceptions import InsertionError
from seeding.generation.datasets import Dataset
from seeding.generation.seeders import BaseSeeder
from seeding.keys import KeyMap, KeySet
from seeding.ledger.queries import Ledger
from seeding.ledger.reference_resolution import Resolver
from seeding.ledger.row_digests import unreplaced
from seeding.ledger.row_identity import RowIdentity
from seeding.locks import Fenced
from seeding.runs.retrier import Retrier
from seeding.runs.transaction_size import IMAGES, TransactionSize
from seeding.safety import Survey
from seeding.schema.row_keys import number, row_key
from seeding.schema.tables import ColumnSchema, Kind, TableSchema
from seeding.telemetry.events import Event, Sink
from seeding.writing.updates import update_rows

BATCH = 5_000
"""Rows filled per transaction, unless they are wide."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeferredReferences:
    """Fills the postponed columns of seeded rows wherever they are empty; idempotent."""

    using: str
    dataset: Dataset
    resolver: Resolver
    lock: Fenced
    live: Mapping[str, TableSchema]
    survey: Survey
    tell: Sink
    retry: Retrier
    size: TransactionSize
    identities: Mapping[str, RowIdentity] = field(default_factory=dict)
    """How the rows of tables are found whose keys are more than numbers."""

    def fill(self, seeder: BaseSeeder) -> int:
        """Fill the columns of all live rows of `seeder`; returns how many references have no target and stay empty."""
        retry = replace(self.retry, doing="Filling again", seeder=seeder.name)
        table = self.live[seeder.config.table_name]
        keys = retry(lambda: self._rows_of(seeder, table))
        index = np.concatenate([np.arange(first, first + count) for first, count, _ in keys.ranges]) if len(keys) else ()
        lost = start = 0
        width = 0.0
        while start < len(index):
            part = np.asarray(index[start : start + min(BATCH, self.size.rows(width))])
            data = self.dataset.generate(seeder, part)
            width = IMAGES * data.estimated_size() / len(part)
            if len(part) > self.size.rows(width):
                continue
            try:
                lost += retry(partial(self._fill, seeder, part, data), written=len(part) * width)
            except OperationalError as error:
                if not self.size.reduces_for(error, len(part), width):
                    raise
            else:
                start += len(part)
        if lost:
            words = f"{lost} references of {table.name} lead to rows that are not there, and stay empty"
            self.tell(Event(operation="postponed", message=words, level="warn", seeder=seeder.name, record_count=lost))
        return lost

    def _rows_of(self, seeder: BaseSeeder, table: TableSchema) -> KeyMap:
        keys, identity = self.resolver.keys(seeder), self.identities.get(table.name)
        held = Ledger(self.using).digests(table.name)
        return unreplaced(self.using, seeder, keys, table, identity=identity, held=held)

    def _fill(self, seeder: BaseSeeder, index: Integers, data: pl.DataFrame) -> int:
        table = self.live[seeder.config.table_name]
        own = self.resolver.keys(seeder)
        resolved = self.resolver.resolve(seeder, data, own).data.select(seeder.config.postponed)
        keys = own.lookup(index)[0]
        identity, key = self.identities.get(table.name), number(table.primary_key)
        numbered = table.primary_key if identity is None else identity.numbers_column
        if identity is not None:
            key = row_key(connections[self.using], table)
        lost = 0
        for column in seeder.config.postponed:
            lost += int((data[column].is_not_null() & resolved[column].is_null()).sum())
            rows = pl.DataFrame({numbered: keys, column: resolved[column]}).drop_nulls()
            if identity is not None:
                rows = rows.join(identity.rows, on=numbered)
            if not rows.height:
                continue
            with self.lock.fenced():
                rows = rows.filter(pl.col(numbered).is_in(self._empty(table, column, rows[numbered])))
                kept = rows.select(*key.names, column)
                types = _types(table.columns[column], kept[column])
                update_rows(self.using, table.name, key, kept, table.auto_updated, types=types)
                self._require_stored(seeder, rows, column)
        return lost

    def _require_stored(self, seeder: BaseSeeder, rows: pl.DataFrame, column: str) -> None:
        """Raise InsertionError if a watched table does not hold what was written to the column."""
        table = self.live[seeder.config.table_name]
        if table.name in self.survey.watched:
            run_deferred_triggers(connections[self.using])
            stored = StoredRows(self.using, seeder.config.model, table, self.identities.get(table.name))
            if stored.differing(rows.select(pl.first().alias(KEY), column), [column]):
                raise InsertionError(f"{column} does not hold what was written; the batch was undone. {self.survey.suspicion}")

    def _empty(self, table: TableSchema, column: str, keys: pl.Series) -> list[int]:
        """Which of the rows have null in the column; where the number is the key, of all between the first and the last."""
        connection = connections[self.using]
        if (identity := self.identities.get(table.name)) is not None:
            found = list[int]()
            with connection.cursor() as cursor:
                for _, (condition, values) in identity.pieces(KeySet.holding(keys.to_numpy())):
                    cursor.execute(
                        f"SELECT {', '.join(identity.selected())} FROM {quoted(connection, table.name)} "  # noqa: S608 - names are quoted
                        f"WHERE {condition} AND {quoted(connection, column)} IS NULL",
                        values,
                    )
                    found += identity.numbers(cursor.fetchall()).tolist()
            return found
        quote, key = partial(quoted, connection), quoted(connection, table.primary_key)
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT {key} FROM {quote(table.name)} "  # noqa: S608 - names are quoted
                f"WHERE {key} BETWEEN %s AND %s AND {quote(column)} IS NULL",
                [min(keys), max(keys)],
            )
            return [row[0] for row in cursor.fetchall()]


def _types(column: ColumnSchema, values: pl.Series) -> Mapping[str, str]:
    """The column's type if texts stand for its values."""
    return {column.name: column.type_name} if values.dtype == pl.String and column.kind is not Kind.TEXT else {}
