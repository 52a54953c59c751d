"""The writer of seeders with `signals=True`: rows are created one by one, and what receivers create is recorded."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl
from django.db import connections, models

from seeding.db.sql import every_row
from seeding.exceptions import InsertionError
from seeding.generation.seeders import BaseSeeder
from seeding.keys import KeyMap
from seeding.ledger.recorder import Recorder
from seeding.models import SeedRun
from seeding.receivers.observation import REMEDY, Created, Observation
from seeding.safety import LEDGER, Touch, survey
from seeding.schema.introspection import read_tables
from seeding.schema.references import column_name
from seeding.schema.tables import TableSchema
from seeding.writing import CreateWriter


class SignallingWriter(CreateWriter):
    """Creates the seeder's rows, so that receivers run, and records the rows that they create in the same transaction.

    `run` is None in a dry run, which writes nothing.
    """

    def __init__(self, seeder: BaseSeeder, ledger: Recorder, run: SeedRun | None) -> None:
        self._seeder = seeder
        self._ledger = ledger
        self._run = run
        self._accepted: dict[tuple[str, Touch], TableSchema] = {}
        """Tables that were looked at, and what may be done to them."""

    def write(self, using: str, model: type[models.Model], data: pl.DataFrame) -> None:
        """Insert each row by itself; raises InsertionError if receivers do what the ledger cannot undo."""
        assert model._meta.pk is not None  # BaseSeeder ensures it
        own = set(data[column_name(model._meta.pk)].to_list())
        seen = Observation(using=using, model=model, own=own, discreet=self._seeder.config.is_real)
        with seen.watching():
            super().write(using, model, data)
        table, quoted = model._meta.db_table, connections[using].ops.quote_name
        if quoted(table) in seen.changed:
            self._accept(using, table, Touch.INSERT | Touch.UPDATE, "receivers change the rows that were just created")
        for other, rows in seen.created.items():
            self._record(using, other, rows, changed=quoted(other._meta.db_table) in seen.changed)

    def _record(self, using: str, model: type[models.Model], rows: Mapping[int, Created], *, changed: bool) -> None:
        assert self._run is not None  # nothing is written in a dry run
        table, who = model._meta.db_table, ", ".join(sorted({one.by for one in rows.values()}))
        touch = Touch.INSERT | Touch.DELETE | (Touch.UPDATE if changed else Touch(0))
        there = self._accept(using, table, touch, f"{who} creates rows in it")
        numbers = np.array(sorted(rows), dtype=np.int64)
        keys = KeyMap.pair(numbers, numbers)
        stored = every_row(model, using)
        found = sum(stored.filter(part).count() for part in keys.key_set().conditions())
        if found != len(rows):
            words = f"{who} has created {len(rows)} rows, and there are {found} under their keys"
            raise InsertionError(f"{table}: {words}; the batch was rolled back. {REMEDY}")
        self._ledger.complete(self._ledger.record_created(self._run, self._seeder, model, keys), keys, there)

    def _accept(self, using: str, table: str, touch: Touch, words: str) -> TableSchema:
        """The live table; raises InsertionError unless seeding and rollback may touch its rows like that."""
        if (table, touch) not in self._accepted:
            there = read_tables(connections[using], [table]).get(table)
            causes = [one.cause for one in survey(using, {table: touch}).refusals.get(table, ())]
            if table in LEDGER:
                causes = ["belongs to the ledger"]
            elif there is None:
                causes = ["is not a table of this schema"]
            elif Touch.UPDATE in touch and not there.has_row_key:
                causes = [*causes, "has a key of several columns, while Django finds rows by one"]
            if causes or there is None:
                reasons = " and ".join(dict.fromkeys(causes))
                raise InsertionError(f"{table}: {words}, and it {reasons}; the batch was rolled back. {REMEDY}")
            self._accepted[table, touch] = there
        return self._accepted[table, touch]
