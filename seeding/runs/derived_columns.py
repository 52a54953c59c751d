"""Columns that depend on other seeders' rows, updated by set-based statements that touch only seeded rows.

Idempotent, so it runs at the end of every run: if a run dies between its last insertion and its derivations, the next one
repairs the columns.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from graphlib import CycleError, TopologicalSorter
from typing import Any

from django.db import DatabaseError, connections, models
from django.db.models import F

from seeding.db.features import assigns_from_left_to_right
from seeding.db.redaction import error_text, redacted
from seeding.db.retries import Transience, transience
from seeding.db.sql import quoted_plainly
from seeding.exceptions import MisdeclaredSeederError
from seeding.generation.datasets import Dataset
from seeding.generation.seeders import BaseSeeder, Condition, Derivation
from seeding.keys import KeyMap, KeySet
from seeding.ledger.queries import Ledger
from seeding.ledger.row_identity import RowIdentity
from seeding.locks import SeedingLock
from seeding.runs.derived_ahead import DerivedAhead, foreseen
from seeding.runs.retrier import Retrier
from seeding.runs.transaction_size import IMAGES, TransactionSize, in_portions, row_width
from seeding.schema.introspection import read_kinds, read_tables
from seeding.telemetry.events import Event, Sink

NOTHING_AHEAD = DerivedAhead()


def in_order(seeders: Iterable[BaseSeeder], dataset: Dataset, changed: Iterable[str]) -> tuple[BaseSeeder, ...]:
    """The seeders to derive again after changes to the tables `changed`, each after those whose columns it reads.

    Raises MisdeclaredSeederError if two seeders derive from each other.
    """
    reads = {
        seeder: {table for derivation in derivations for table in derivation.reads}
        for seeder in seeders
        if (derivations := seeder.derivations(dataset))
    }
    graph = {
        seeder: {other for other in reads if other is not seeder and other.config.table_name in tables}
        for seeder, tables in reads.items()
    }
    stale = set(changed)
    found: list[BaseSeeder] = []
    try:
        for seeder in TopologicalSorter(graph).static_order():
            if seeder.config.table_name in stale or reads[seeder] & stale:
                found.append(seeder)
                stale.add(seeder.config.table_name)
    except CycleError as error:
        circle = " → ".join(seeder.name for seeder in error.args[1])
        raise MisdeclaredSeederError(f"These seeders derive columns from each other in a circle: {circle}.") from error
    return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rederivation:
    """Derives the columns again that depend on tables changed by a run, seeder by seeder."""

    using: str
    dataset: Dataset
    keys: Callable[[BaseSeeder], KeyMap]
    """The seeder's live rows."""
    lock: SeedingLock
    tell: Sink
    retry: Retrier
    size: TransactionSize

    def run(
        self,
        seeders: Iterable[BaseSeeder],
        changed: Iterable[str],
        *,
        drifted: Collection[str] = (),
        skip: Collection[str] = (),
        inserted: Mapping[str, int] | None = None,
        ahead: DerivedAhead = NOTHING_AHEAD,
    ) -> dict[str, str]:
        """Derive, except for the seeders in `skip`; returns the errors of those that the database rejected, by name.

        `inserted` counts the rows that this run inserted per seeder: if those are all, none has been derived before. The rows
        of the seeders that are `ahead` were generated with their derived columns.
        Raises the database's error if it cannot be reached any more.
        """
        refused: dict[str, str] = {}
        due = in_order(seeders, self.dataset, changed)
        names = {seeder.config.table_name for seeder in due}
        tables = self.retry(partial(read_tables, connections[self.using], names)) if due else {}
        read = {table for seeder in due for one in seeder.derivations(self.dataset) for table in one.reads}
        readable = self.retry(partial(read_kinds, connections[self.using], read)).keys() - set(drifted) if due else set[str]()
        identities = self.retry(partial(Ledger(self.using).identities, tables)) if tables else {}
        lost = bool(self.retry.outages.count)  # a server that took over may lack rows that were inserted
        completed = NOTHING_AHEAD if lost else self.retry(partial(ahead.completed, self.using, inserted or {}))
        for seeder in due:
            keys = self.retry(partial(self.keys, seeder))
            if seeder.name in skip or not len(keys):
                continue
            table, started = seeder.config.table_name, time.monotonic()
            new = (inserted or {}).get(seeder.name) == len(keys) and not ahead.covers(seeder)
            retry = replace(self.retry, doing="Deriving again", seeder=seeder.name)
            try:
                columns = tables[table].columns if table in tables else ()
                width = IMAGES * retry(partial(row_width, self.using, table, columns, len(keys)))
                identity = identities.get(table)
                given = frozenset[str]()
                if completed.covers(seeder):
                    given = retry(partial(foreseen, self.using, seeder, self.dataset, keys, identity))
                if ahead.covers(seeder) and not given:
                    self._tell(seeder, f"{table}: not all went as foreseen, its derived columns are updated", level="debug")
                rows = derive(
                    self.using, seeder, self.dataset, keys, self.lock, readable=readable, new=new, given=given,
                    identity=identity, retry=retry, size=self.size, width=width,
                )  # fmt: skip
            except DatabaseError as error:
                if transience(error) is Transience.CONNECTION:
                    raise
                why = error_text(error).removesuffix(".")
                words = f"its rows are there, their derived columns are not: {why}. Run again to derive them."
                refused[seeder.name] = words
                self._tell(seeder, f"{table}: {words}", level="error", error=redacted(error))
            else:
                self._tell(seeder, f"Derived columns of {table}", record_count=rows, duration=time.monotonic() - started)
        return refused

    def _tell(self, seeder: BaseSeeder, message: str, **values: Any) -> None:
        self.tell(Event(operation="derive", message=message, seeder=seeder.name, **values))


def derive(
    using: str,
    seeder: BaseSeeder,
    dataset: Dataset,
    keys: KeyMap,
    lock: SeedingLock,
    *,
    readable: Collection[str],
    new: bool = False,
    given: Collection[str] = (),
    identity: RowIdentity | None = None,
    retry: Retrier,
    size: TransactionSize,
    width: float = 0,
) -> int:
    """Run the seeder's derivations, in order, on the rows `keys`; returns how many rows they matched.

    `identity` finds them; without it, their numbers are their keys. Each transaction has as many rows as `size` allows, which
    take `width` bytes each; a run that ends in between leaves the others as they were, and the next one derives all again.

    A derivation that reads a table not among the `readable` is skipped. `new` means that the rows have never been derived and
    hold what was generated; `given` are fields that were generated as they would be derived.

    Idempotent. Raises LockLostError before a commit that the lock no longer covers.
    """
    connection = connections[using]
    derivations = (
        replace(one, values={name: value for name, value in one.values.items() if name not in given})
        for one in seeder.derivations(dataset)
    )
    wanted = [
        one
        for one in derivations
        if one.values
        and set(one.reads) <= set(readable)
        and not (new and one.foreseen and not any(retry(partial(_holds_rows, using, table)) for table in one.reads))
    ]
    matched = 0
    for where, values in _updates(wanted, from_left_to_right=assigns_from_left_to_right(connection)):
        rows = seeder.config.model._base_manager.using(using)
        if where is not None:
            rows = rows.filter(where)

        def update(portion: KeySet, rows: models.QuerySet[models.Model] = rows, values: Mapping[str, Any] = values) -> int:
            conditions = portion.conditions() if identity is None else identity.conditions(seeder.config.model, portion)
            with lock.fenced():
                return sum(rows.filter(condition).update(**values) for condition in conditions)

        matched += in_portions(keys.key_set(), update, width=width, size=size, retry=retry)
    return matched


def _updates(derivations: Sequence[Derivation], *, from_left_to_right: bool) -> Iterator[tuple[Condition, Mapping[str, Any]]]:
    """Which rows to update, and with what: one update per derivation.

    If a database assigns `from_left_to_right`, each expression seeing the assignments before it (MySQL, MariaDB), derivations
    of all rows are combined, so that every row is written once.
    """
    together: dict[str, Any] = {}
    for derivation in derivations:
        values = {**derivation.values, **{field: F(field) for field in derivation.touches}}
        if from_left_to_right and derivation.where is None and together.keys().isdisjoint(derivation.values):
            together |= values
            continue
        if together:
            yield None, together
            together = {}
        yield derivation.where, values
    if together:
        yield None, together


def _holds_rows(using: str, table: str) -> bool:
    connection = connections[using]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT 1 FROM {quoted_plainly(connection, table)} LIMIT 1")  # noqa: S608 - the name is quoted
        return cursor.fetchone() is not None
