"""Puts rows back as their seeder generates them: edited ones are updated, missing ones inserted under their keys."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any
from uuid import uuid4

import numpy as np
import polars as pl
from django.db import DatabaseError, connections, models, transaction
from django.db.models import F, Value
from django.db.models.functions import Cast

from seeding.arrays import Integers
from seeding.comparison.changed_rows import Compared
from seeding.comparison.rendered_rows import KEY
from seeding.db.redaction import error_text
from seeding.db.retries import refuses_row
from seeding.exceptions import GenerationError
from seeding.generation.seeder_columns import filled_table, seeded_references
from seeding.generation.seeders import BaseSeeder
from seeding.keys import KeyMap, KeySet
from seeding.orchestration.batch import Batch, Preparation
from seeding.restoration.differences import Differences
from seeding.restoration.generated_rows import GeneratedRows
from seeding.runs.audit import AuditLog
from seeding.runs.lifecycle import Operation
from seeding.schema.kinds import base_of
from seeding.schema.references import column_name
from seeding.schema.validation import SchemaValidator
from seeding.writing import BulkCreateWriter, UnwritableError, insert, settled

ROWS = 500
"""Rows per transaction."""
SIGNALS = "its seeder saves rows with signals: roll the others back and seed again, so that receivers run"
Refused = dict[str, list[int]]
"""Why rows stay as they are → their keys."""
Cells = Mapping[int, Mapping[str, Any]]
"""Key → attribute → what is to be stored there."""


class Repair:
    """Of the rows of one seeder. `refused` says of its last attempt which rows stayed as they are, and why."""

    def __init__(self, rows: GeneratedRows, seeder: BaseSeeder, operation: Operation, audit: AuditLog) -> None:
        assert rows.dataset is not None  # there are rows
        self.refused: Refused = {}
        self._rows = rows
        self._seeder = seeder
        self._operation = operation
        self._retry = replace(operation.retry, doing="Trying again", seeder=seeder.name)
        self._audit = audit
        self._model: type[models.Model] = seeder.config.model
        self._table = rows.there[seeder.config.table_name]
        self._identity = rows.identity(self._table.name)
        validator = SchemaValidator(filled_table(seeder, connections[rows.using]), rows.there)
        self._preparation = Preparation(seeder, rows.dataset, rows.resolver, validator)
        self._fields = {column_name(field): field for field in self._model._meta.concrete_fields}
        referring = {one.column for one in self._table.foreign_keys}
        unique = {name for names in self._table.unique for name in names if name in self._fields} - referring
        self._unique = {self._fields[name].attname for name in unique}
        """Attributes whose values may be exchanged between rows."""

    def attempt(self, found: Differences) -> None:
        """Update and insert, a portion of the rows per transaction."""
        self.refused = {}
        for compared in self._rows.compared(found.part, found.edited):
            keys = sorted(compared.differing)
            values = settled(self._model, compared.resolved.drop(KEY))
            for start in range(0, len(keys), ROWS):
                cells = dict(self._cells(compared, values, keys[start : start + ROWS]))
                self._in_transaction("update", cells, partial(self._update, cells))
        if self._seeder.config.signals and len(found.gone):
            self._refuse(SIGNALS, found.gone.pairs()[1])
            return
        there = self._rows.resolver.keys(self._seeder).split(found.gone.key_set())[1]
        for portion in found.gone.parts(ROWS):
            there = there.plus(self._insert(portion, there))
        self._rows.resolver.forget(self._seeder)
        self._rows.resolver.leave_out(self._seeder, self._rows.resolver.keys(self._seeder).split(there.key_set())[1].key_set())

    def override(self, cells: Cells) -> None:
        """Store these values in the rows."""
        self._in_transaction("update", cells, partial(self._update, cells))

    def stored(self, field: models.Field[Any, Any], value: Any) -> Any:
        """A value in the form of writers, as an update takes it."""
        if isinstance(base_of(field), models.JSONField) and value is not None:  # as text, which the field would encode again
            return Cast(Value(value, models.TextField()), models.JSONField())
        return value

    def _cells(self, compared: Compared, values: pl.DataFrame, keys: Sequence[int]) -> Iterator[tuple[int, Mapping[str, Any]]]:
        """Key → attribute → what is to be stored there, for each row."""
        place = {int(key): number for number, key in enumerate(compared.keys)}
        for key in keys:
            row, fields = values.row(place[key], named=True), [self._fields[name] for name in compared.differing[key]]
            yield key, {one.attname: self.stored(one, row[column_name(one)]) for one in fields}

    def _update(self, cells: Cells) -> Refused:
        """Update the rows together; if the database refuses one, each by itself, and the refused ones by way of others."""
        if self._refusal(cells) is None:
            return {}
        told = {key: self._refusal({key: values}) for key, values in cells.items()}
        stuck = {key: cells[key] for key, error in told.items() if error is not None}
        if len(stuck) > 1 and self._refusal(stuck, parked=True) is None:
            return {}
        refused: Refused = {}
        for key in stuck:
            refused.setdefault(told[key] or "", []).append(key)
        return refused

    def _refusal(self, cells: Cells, *, parked: bool = False) -> str | None:
        """Update the rows in a savepoint; returns why the database refuses one of them.

        `parked`, unique values are put out of the way first: rows may have exchanged theirs.
        """
        try:
            with transaction.atomic(using=self._rows.using):
                for number, (key, values) in enumerate(cells.items()) if parked else ():
                    if aside := {name: self._aside(name, number) for name in self._unique.intersection(values)}:
                        self._update_row(key, aside)
                for key, values in cells.items():
                    self._update_row(key, values)
        except DatabaseError as error:
            if not refuses_row(error):
                raise
            return error_text(error)
        return None

    def _aside(self, name: str, number: int) -> Any:
        """A value of the attribute that no row has, most likely."""
        field = base_of(next(one for one in self._fields.values() if one.attname == name))
        if field.null:
            return None
        if isinstance(field, models.IntegerField):
            rows = self._model._base_manager.using(self._rows.using)
            return (rows.aggregate(highest=models.Max(name))["highest"] or 0) + 1 + number
        return uuid4().hex[: field.max_length]

    def _update_row(self, key: int, values: Mapping[str, Any]) -> None:
        """Only these columns: others that the server would update by itself keep what they hold."""
        kept = {self._fields[name].attname for name in self._table.auto_updated if name in self._fields} - values.keys()
        rows = self._model._base_manager.using(self._rows.using)
        for condition in self._identity.conditions(self._model, KeySet.of([(key, key)])):
            rows.filter(condition).update(**values, **{name: F(name) for name in kept})

    def _insert(self, portion: KeyMap, there: KeyMap) -> KeyMap:
        """Insert the rows again; returns those that are there now."""
        index, keys = portion.pairs()
        try:
            batch = self._retry(lambda: self._preparation.prepare(self._generated(index), index, keys, there))
        except GenerationError as error:
            self._refuse(str(error), keys)
            return KeyMap.of(())
        for why, count in batch.reasons.items():
            self._refuse(why, batch.keys[~batch.accepted][:count])
        refused = self._in_transaction("insert", batch.accepted_keys.tolist(), partial(self._write, batch))
        lost = np.isin(batch.accepted_keys, np.array([key for ones in refused.values() for key in ones], np.int64))
        return KeyMap.pair(batch.accepted_index[~lost], batch.accepted_keys[~lost])

    def _generated(self, index: Integers) -> pl.DataFrame:
        """The rows, with the references that they are to have instead: those that were seeded may lead nowhere."""
        data, excepted = self._preparation.generate(index), self._rows.exceptions.values.get(self._seeder.name, {})
        for name in {one.column for one in seeded_references(self._seeder) if not (one.json_key or one.when)}:
            places = [place for place, row in enumerate(index.tolist()) if name in excepted.get(row, ())]
            if places and name in data.columns:
                values = pl.Series([excepted[int(index[place])][name] for place in places], dtype=pl.Int64)
                data = data.with_columns(data[name].cast(pl.Int64).scatter(places, values))
        return data

    def _write(self, batch: Batch) -> Refused:
        try:
            found = insert(BulkCreateWriter(), self._rows.using, self._model, batch.rows)
        except UnwritableError as error:
            return {f"{error.column}: {error_text(error.error)}": batch.accepted_keys.tolist()}
        refused: Refused = {}
        for one in found:
            refused.setdefault(error_text(one.error), []).append(int(batch.accepted_keys[one.row]))
        return refused

    def _in_transaction(self, operation: str, keys: Sequence[int] | Mapping[int, Any], write: Callable[[], Refused]) -> Refused:
        """Write in one transaction, and record in the audit log which rows were; returns which were not, and why."""
        if not len(keys):
            return {}

        def written() -> Refused:
            with self._operation.lock.fenced():
                refused = write()
                stayed = {key for ones in refused.values() for key in ones}
                done = KeySet.holding(np.array(sorted(set(keys) - stayed), np.int64))
                if done:
                    self._audit.record(self._identity, self._table.name, self._seeder.name, done, operation=operation)
            return refused

        refused = self._retry(written)
        for why, ones in refused.items():
            self._refuse(why, np.array(ones, np.int64))
        return refused

    def _refuse(self, why: str, keys: Integers) -> None:
        self.refused.setdefault(why, []).extend(keys.tolist())
