"""The keys of the rows that a seeder writes: reserved ones, those of the rows they refer to, or what stands for them.

Each is free before its row is written, and has that row afterwards.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from django.db import connections, models

from seeding.arrays import Integers
from seeding.comparison.rendered_rows import KEY
from seeding.comparison.stored_rows import StoredRows
from seeding.db.features import run_deferred_triggers
from seeding.db.sql import counts, every_row
from seeding.exceptions import InsertionError
from seeding.generation.seeder_columns import seeded_references
from seeding.generation.seeders import BaseSeeder
from seeding.keys import KeyMap, KeySet
from seeding.ledger.given_keys import lasting
from seeding.ledger.recorder import KeysTakenError
from seeding.models import SeedingMetadata
from seeding.orchestration.context import RunContext
from seeding.orchestration.pipeline.batch import Batch, Preparation
from seeding.schema.tables import TableSchema
from seeding.writing import instances, settled
from seeding.writing.highest_keys import highest_key
from seeding.writing.key_allocation import ATTEMPTS, KeyAllocator, key_allocator


class RowKeys:
    """Of the `count` planned rows of one seeder, batch by batch."""

    def __init__(self, seeder: BaseSeeder, count: int, context: RunContext, preparation: Preparation) -> None:
        self._seeder = seeder
        self._count = count
        self._context = context
        self._preparation = preparation
        self._model: type[models.Model] = seeder.config.model
        self._are_shared = seeder.config.key_target is not None
        self._next: int | None = None
        """The first key that is reserved and not used yet."""
        self._assigned: KeyMap | None = None
        """The keys of the rows of a chunk."""

    def assign(self, keys: KeyMap) -> None:
        """Use these keys, which are reserved."""
        self._assigned = keys

    def reserve(self, data: pl.DataFrame, count: int) -> int | None:
        """The first of as many keys for rows that are made elsewhere; None where the server does not count them.

        `data` holds the first of the rows.
        """
        if self._preparation.given is not None:
            return None
        return self._reserve(data, count, beside=self._highest_in_sharing_tables())

    def take(self, data: pl.DataFrame, index: Integers, done: int) -> Integers:
        """The keys of the generated rows `index`, after the `done` rows whose outcome is known."""
        is_rehearsal = self._context.run is None
        if self._preparation.given is not None or self._are_shared:
            if self._are_shared and self._next is None and not is_rehearsal:
                self._next = self._reserve(data, 1, beside=self._last_shared())  # what the table counts lies above them
            return self._preparation.keys(data, index, 0)
        if is_rehearsal:
            return np.arange(1, len(index) + 1) + done
        if self._assigned is not None:
            return self._assigned.lookup(index)[0]
        if self._next is None:
            self._next = self._reserve(data, self._count - done, beside=self._highest_in_sharing_tables())
        return np.arange(self._next, self._next + len(index))

    def spend(self, count: int) -> None:
        """The next `count` keys are used."""
        if self._next is not None:
            self._next += count

    def forget(self) -> None:
        """Reserve another range for the next batch."""
        self._next = self._assigned = None

    def require_free(self, batch: Batch) -> None:
        """Inside the transaction that is about to use the batch's keys: raise an error if another session has used one.

        That is KeysTakenError if any other key will do, and InsertionError if the rows must have these.
        """
        keys = batch.accepted_keys
        if self._are_shared:
            self._require_shared(KeySet.holding(keys))
        elif batch.given is None and not self._allocator().still_free(self._model, int(keys[0]), int(keys[-1])):
            raise KeysTakenError

    def require_stored(self, batch: Batch, entry: SeedingMetadata, inserted: KeyMap) -> None:
        """Inside the transaction that has inserted the rows: complete their ledger entry.

        Raises InsertionError if rows are missing under their keys or, in a watched table, hold other values; BatchTakenError if
        the ledger has another batch with some of them.
        """
        context, keys = self._context, inserted.key_set()
        table = context.live[self._seeder.config.table_name]
        identity = context.ledger.complete(entry, inserted, table, batch.given, self._compared(batch, table))
        if is_watched := table.name in context.survey.watched:
            run_deferred_triggers(connections[context.using])
        stored = StoredRows(context.using, self._model, table, identity)
        parts = [] if identity.others else stored.found(keys)
        *found, others = counts([*parts, context.ledger.within(entry, self._seeder, inserted)])
        if others:
            context.ledger.require_new(entry, self._seeder, inserted)
        there = identity.rows.height if identity.others else sum(found)
        undone = f"the batch was undone. {context.survey.suspicion}"
        if there != len(keys):
            words = f"of {len(keys):,} rows that were written {there:,} are under their keys"
            raise InsertionError(f"{table.name}: {words}; {undone}")
        if is_watched:
            named = identity.names if identity.is_of_ledger else [self._preparation.primary_key]
            frame = batch.ready.drop(named).with_columns(pl.Series(KEY, batch.accepted_keys))
            frame = frame.filter(pl.Series(keys.has(batch.accepted_keys)))
            columns = [name for name in frame.columns if name in table.columns]
            if differing := sorted({column for _, column in stored.differing(frame, columns)}):
                raise InsertionError(f"{table.name}: {', '.join(differing)} does not hold what was written; {undone}")

    def _compared(self, batch: Batch, table: TableSchema) -> list[str]:
        """The columns by which rows are told from others under their keys; none where nobody can use these again."""
        is_reusable = self._are_shared or (batch.given is not None and batch.given.are_reusable)
        return list(lasting(self._seeder, self._context.dataset, table, batch.ready.columns)) if is_reusable else []

    def _require_shared(self, keys: KeySet) -> None:
        rows = every_row(self._model, self._context.using).order_by("pk")
        for condition in keys.conditions():
            if (taken := rows.filter(condition).values_list("pk", flat=True).first()) is not None:
                table, other = self._seeder.config.table_name, self._target().config.table_name
                raise InsertionError(
                    f"{table} has a real row under the key {taken:,} of a seeded row of {other}, whose key its own row must "
                    f"have. Roll {other} back and seed both again: their keys are then taken from above both tables."
                )

    def _target(self) -> BaseSeeder:
        """The seeder whose rows' keys these rows have."""
        own = self._preparation.primary_key
        (reference,) = (one for one in seeded_references(self._seeder) if one.column == own)
        return self._context.registry.target(self._seeder, reference)

    def _last_shared(self) -> int:
        keys = self._context.resolver.keys(self._target())
        return int(keys.ranges[:, 1:].sum(axis=1).max()) - 1 if len(keys) else 0

    def _highest_in_sharing_tables(self) -> int:
        """The highest key in the tables whose rows have keys of this one's: none of them may be used there."""
        context = self._context
        sharing = [one.config for one in context.registry.sharing_keys_of(self._seeder)]
        return max((highest_key(context.using, one.model) for one in sharing if one.table_name in context.live), default=0)

    def _reserve(self, data: pl.DataFrame, count: int, *, beside: int) -> int:
        resolver, own = self._context.resolver, self._context.resolver.keys(self._seeder)
        samples = settled(self._model, resolver.resolve(self._seeder, data.head(ATTEMPTS), own).data)
        return self._allocator().reserve(self._model, count, instances(self._model, samples), beside=beside)

    def _allocator(self) -> KeyAllocator:
        """Of the table's keys, by the counter and the column that the table really has."""
        context, table = self._context, self._seeder.config.table_name
        key = context.live[table].columns[self._preparation.primary_key]
        return key_allocator(context.using, context.survey.counters.get(table), key.high if isinstance(key.high, int) else None)
