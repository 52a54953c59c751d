"""Circular references: left empty when their rows are inserted, and filled once all rows exist."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
import polars as pl
from django.db import connections, transaction

from seeding.arrays import Integers
from seeding.db.sql import quoted
from seeding.generation.seeders import BaseSeeder, Dataset
from seeding.ledger.reference_resolution import Resolver
from seeding.locks import SeedingLock
from seeding.runs.retrier import Retrier
from seeding.schema.row_keys import number
from seeding.schema.tables import TableSchema
from seeding.telemetry.events import Event, Sink
from seeding.writing.updates import update_rows

BATCH = 5_000
"""Rows filled per transaction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeferredReferences:
    """Fills the postponed columns of seeded rows wherever they are empty; idempotent."""

    using: str
    dataset: Dataset
    resolver: Resolver
    lock: SeedingLock
    live: Mapping[str, TableSchema]
    tell: Sink

    def fill(self, seeder: BaseSeeder) -> int:
        """Fill the columns of all live rows of `seeder`; returns how many references have no target and stay empty."""
        keys = self.resolver.keys(seeder)
        index = np.concatenate([np.arange(first, first + count) for first, count, _ in keys.ranges]) if len(keys) else ()
        retry = Retrier(using=self.using, tell=self.tell, doing="Filling again", seeder=seeder.name)
        lost = 0
        for start in range(0, len(index), BATCH):
            lost += retry(partial(self._fill, seeder, np.asarray(index[start : start + BATCH])))
        if lost:
            table = seeder.config.table_name
            words = f"{lost} references of {table} lead to rows that are not there, and stay empty"
            self.tell(Event(operation="postponed", message=words, level="warn", seeder=seeder.name, record_count=lost))
        return lost

    def _fill(self, seeder: BaseSeeder, index: Integers) -> int:
        table = self.live[seeder.config.table_name]
        own = self.resolver.keys(seeder)
        data = seeder.generate_data(self.dataset.rows(seeder, index))
        resolved = self.resolver.resolve(seeder, data, own).data.select(seeder.config.postponed)
        keys = own.lookup(index)[0]
        lost = 0
        for column in seeder.config.postponed:
            lost += int((data[column].is_not_null() & resolved[column].is_null()).sum())
            rows = pl.DataFrame({table.primary_key: keys, column: resolved[column]}).drop_nulls()
            if not rows.height:
                continue
            with transaction.atomic(using=self.using):
                rows = rows.filter(pl.col(table.primary_key).is_in(self._empty(table, column, rows[table.primary_key])))
                update_rows(self.using, table.name, number(table.primary_key), rows, table.auto_updated)
                self.lock.verify()
        return lost

    def _empty(self, table: TableSchema, column: str, keys: pl.Series) -> list[int]:
        """Which of the rows between the smallest and the largest of `keys` have null in the column."""
        connection = connections[self.using]
        quote, key = partial(quoted, connection), quoted(connection, table.primary_key)
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT {key} FROM {quote(table.name)} "  # noqa: S608 - names are quoted
                f"WHERE {key} BETWEEN %s AND %s AND {quote(column)} IS NULL",
                [min(keys), max(keys)],
            )
            return [row[0] for row in cursor.fetchall()]
