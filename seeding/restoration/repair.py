"""Puts rows back as their seeder generates them: edited ones are updated, missing ones inserted under their keys."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any
from uuid import uuid4

import numpy as np
import polars as pl
from django.db import DatabaseError, IntegrityError, connections, models, transaction
from django.db.models import F, Value
from django.db.models.functions import Cast

from seeding.arrays import Integers
from seeding.comparison.changed_rows import Compared
from seeding.comparison.rendered_rows import KEY
from seeding.db.features import keeps_json_text
from seeding.db.redaction import error_text
from seeding.db.retries import refuses_row
from seeding.db.sql import every_row
from seeding.exceptions import GenerationError
from seeding.generation.seeder_columns import filled_table, seeded_references
from seeding.keys import NOTHING, KeyMap, KeySet
from seeding.orchestration.pipeline.batch import Batch, Preparation
from seeding.restoration.differences import OTHERS, Differences
from seeding.restoration.generated_rows import GeneratedRows, Part
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
    """Of the rows of one seeder. `refused` says of its last attempt which rows stayed as they are, and why.

    The columns `referred`, to which other rows refer, are never changed.
    """

    def __init__(
        self, rows: GeneratedRows, part: Part, operation: Operation, audit: AuditLog, referred: Collection[str]
    ) -> None:
        assert rows.dataset is not None  # there are rows
        assert part.seeder is not None  # which it generates
        self.refused: Refused = {}
        self._rows = rows
        self._part = part
        self._seeder = seeder = part.seeder
        self._operation = operation
        self._retry = replace(operation.retry, doing="Trying again", seeder=seeder.name)
        self._audit = audit
        self._referred = frozenset(referred)
        self._model: type[models.Model] = seeder.config.model
        self._table = rows.there[seeder.config.table_name]
        self._identity = rows.identity(self._table.name)
        validator = SchemaValidator(filled_table(seeder, connections[rows.using]), rows.there)
        self._preparation = Preparation(seeder, rows.dataset, rows.resolver, validator)
        self._fields = {column_name(field): field for field in self._model._meta.concrete_fields}
        referring = {one.column for one in self._table.foreign_keys}
        unique = {name for names in self._table.unique for name in names if name in self._fields} - referring
        self._unique = {self._fields[name].attname for name in unique if self._can_step_aside(name)}
        """Attributes whose values may be exchanged between rows."""

    def attempt(self, found: Differences) -> None:
        """Insert and update, a portion of the rows per transaction."""
        self.refused = {}
        there = self._rows.resolver.keys(self._seeder).split(found.gone.key_set())[1]
        if self._seeder.config.signals:
            self._refuse({SIGNALS: found.gone.pairs()[1].tolist()})
        else:
            for portion in found.gone.parts(ROWS):
                there = there.plus(self._insert(portion, there))
        self._rows.resolver.forget(self._seeder)
        self._rows.resolver.leave_out(self._seeder, self._rows.resolver.keys(self._seeder).split(there.key_set())[1].key_set())
        for keys in _portions(found.edited):
            self._in_transaction("update", keys, self._put_back)

    def override(self, cells: Cells) -> None:
        """Store these values in the rows."""

        def write(keys: KeySet) -> Refused:
            self._lock(keys)
            others = self._others(keys)
            named = [int(key) for key in np.array(sorted(cells), np.int64)[keys.has(np.array(sorted(cells), np.int64))]]
            refused = self._update({key: cells[key] for key in named if key not in others})
            return {**refused, **({OTHERS: sorted(others)} if others else {})}

        for keys in _portions(KeySet.holding(np.array(sorted(cells), np.int64))):
            self._in_transaction("update", keys, write)

    def stored(self, field: models.Field[Any, Any], value: Any) -> Any:
        """A value in the form of writers, as an update takes it."""
        if not isinstance(base_of(field), models.JSONField) or value is None:
            return value
        text = Value(value, models.TextField())  # which the field would encode again
        return text if keeps_json_text(connections[self._rows.using]) else Cast(text, models.JSONField())

    def _put_back(self, keys: KeySet) -> Refused:
        """Update what differs now in those of the rows that still are the seeded ones."""
        self._lock(keys)
        refused: Refused = {}
        for compared in self._rows.compared(self._part, keys):
            others = self._rows.strangers(self._part, compared)
            values = settled(self._model, compared.resolved.drop(KEY))
            for why, ones in self._update(dict(self._cells(compared, values, others))).items():
                refused.setdefault(why, []).extend(ones)
            if others:
                refused.setdefault(OTHERS, []).extend(key for first, last in others.ranges for key in range(first, last + 1))
        return refused

    def _lock(self, keys: KeySet) -> None:
        """Let nobody change the rows until the transaction ends, where the server has such locks."""
        rows = every_row(self._model, self._rows.using)
        if connections[self._rows.using].features.has_select_for_update:
            for condition in self._identity.conditions(self._model, keys):
                list(rows.select_for_update().filter(condition).values_list("pk"))

    def _others(self, keys: KeySet) -> set[int]:
        found = [self._rows.strangers(self._part, compared) for compared in self._rows.compared(self._part, keys)]
        return {key for one in found for first, last in one.ranges for key in range(first, last + 1)}

    def _cells(self, compared: Compared, values: pl.DataFrame, others: KeySet) -> Iterator[tuple[int, Mapping[str, Any]]]:
        """Key → attribute → what is to be stored there, for each row that differs and is not among the `others`."""
        place = {int(key): number for number, key in enumerate(compared.keys)} if compared.differing else {}
        for key, columns in compared.differing.items():
            if others.has(np.array([key]))[0] or not (wanted := set(columns) - self._referred):
                continue
            row, fields = values.row(place[key], named=True), [self._fields[name] for name in sorted(wanted)]
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

    def _can_step_aside(self, name: str) -> bool:
        """Whether there is another value that a unique column may hold meanwhile, and nothing refers to it."""
        field = base_of(self._fields[name])
        is_free = field.null or isinstance(field, (models.CharField, models.TextField, models.IntegerField))
        return is_free and name not in self._referred

    def _aside(self, name: str, number: int) -> Any:
        """A value of the attribute that no row has, most likely."""
        field = base_of(next(one for one in self._fields.values() if one.attname == name))
        if field.null:
            return None
        if isinstance(field, models.IntegerField):
            rows = every_row(self._model, self._rows.using)
            return (rows.aggregate(highest=models.Max(name))["highest"] or 0) + 1 + number
        return uuid4().hex[: field.max_length]

    def _update_row(self, key: int, values: Mapping[str, Any]) -> None:
        """Only these columns: others that the server would update by itself keep what they hold."""
        kept = {self._fields[name].attname for name in self._table.auto_updated if name in self._fields} - values.keys()
        rows = every_row(self._model, self._rows.using)
        for condition in self._identity.conditions(self._model, KeySet.of([(key, key)])):
            rows.filter(condition).update(**values, **{name: F(name) for name in kept})

    def _insert(self, portion: KeyMap, there: KeyMap) -> KeyMap:
        """Insert the rows again; returns those that are there now."""
        index, keys = portion.pairs()
        try:
            batch = self._retry(lambda: self._preparation.prepare(self._generated(index), index, keys, there))
        except GenerationError as error:
            self._refuse({str(error): keys.tolist()})
            return KeyMap.of(())
        for why, count in batch.reasons.items():
            self._refuse({why: batch.keys[~batch.accepted][:count].tolist()})
        accepted = KeySet.holding(batch.accepted_keys)
        refused = self._in_transaction("insert", accepted, partial(self._write, batch))
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

    def _write(self, batch: Batch, keys: KeySet) -> Refused:
        """Insert those of the batch's rows that have these keys."""
        wanted = keys.has(batch.accepted_keys)
        numbers, rows = batch.accepted_keys[wanted], batch.rows.filter(pl.Series(wanted))
        try:
            found = insert(BulkCreateWriter(), self._rows.using, self._model, rows)
        except UnwritableError as error:
            return {f"{error.column}: {error_text(error.error)}": numbers.tolist()}
        refused: Refused = {}
        for one in found:
            refused.setdefault(error_text(one.error), []).append(int(numbers[one.row]))
        return refused

    def _in_transaction(self, operation: str, keys: KeySet, write: Callable[[KeySet], Refused]) -> Refused:
        """Write in one transaction, and record in the audit log which rows were; returns which were not, and why.

        What only the COMMIT refuses is written in smaller transactions.
        """
        if not keys:
            return {}
        try:
            refused = self._retry(partial(self._written, operation, keys, write))
        except IntegrityError as error:
            if len(keys) > 1:
                half = keys.lowest(len(keys) // 2)
                parts = [self._in_transaction(operation, some, write) for some in (half, keys - half)]
                return {why: [key for part in parts for key in part.get(why, ())] for why in {**parts[0], **parts[1]}}
            refused = {error_text(error): list(keys.first(1))}
        self._refuse(refused)
        return refused

    def _written(self, operation: str, keys: KeySet, write: Callable[[KeySet], Refused]) -> Refused:
        with self._operation.lock.fenced():
            refused = write(keys)
            stayed = [key for ones in refused.values() for key in ones]
            if done := keys - (KeySet.holding(np.array(sorted(stayed), np.int64)) if stayed else NOTHING):
                self._audit.record(self._identity, self._table.name, self._seeder.name, done, operation=operation)
        return refused

    def _refuse(self, refused: Mapping[str, list[int]]) -> None:
        for why, keys in refused.items():
            self.refused.setdefault(why, []).extend(keys)


def _portions(keys: KeySet) -> Iterator[KeySet]:
    """At most ROWS of them at a time."""
    while keys:
        some = keys.lowest(ROWS)
        keys -= some
        yield some
