"""Rows that were changed since they were seeded: those that stay because of it are found first, the others as they go."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from threading import Event
from typing import Self

from django.db import connections

from seeding.comparison.changed_rows import LOADED, UNKNOWN, ChangeDetector
from seeding.db.features import features
from seeding.db.redaction import error_text, redacted
from seeding.db.retries import Transience, transience
from seeding.generation.registry import Registry
from seeding.generation.seeders import BaseSeeder
from seeding.keys import NOTHING, KeySet
from seeding.ledger.reference_resolution import Resolver
from seeding.models import SeedingMetadata
from seeding.rollbacks.plan import RollbackPlan
from seeding.rollbacks.planner import Planner
from seeding.rollbacks.results import TableChanges
from seeding.runs.lifecycle import Operation


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Part:
    """One seeder's selected rows of one table."""

    name: str
    seeder: BaseSeeder | None
    """None if there is no such seeder here."""
    table: str
    keys: KeySet
    stays: bool
    """Whether a changed row stays."""


class Comparison:
    """Compares what a plan has selected with what was seeded; without a dataset, there is nothing to compare.

    Changed rows stay if it `keeps_modified`, or if their seeder says so.
    """

    def __init__(
        self, operation: Operation, registry: Registry, plan: RollbackPlan, planner: Planner, *, keeps_modified: bool
    ) -> None:
        self._operation = operation
        self._registry = registry
        self._plan = plan
        self._keeps_modified = keeps_modified
        self._dataset = operation.ledger.dataset()
        place = {table: number for number, table in enumerate(plan.order)}
        selected = {key: keys & plan.selected.get(key[1], NOTHING) for key, keys in planner.seeded.of_seeder.items()}
        self.parts = [
            self._part(name, table, selected[name, table])
            for name, table in sorted(selected, key=lambda key: place.get(key[1], len(place)))
            if selected[name, table] and table in plan.there and self._dataset is not None
        ]
        """In the order in which they are deleted."""
        self._identities = {
            one.table: planner.tracer.identity(one.table, plan.there[one.table].primary_key) for one in self.parts
        }
        self._resolver: Resolver | None = None

    def of(self, part: Part, ended: Event | None = None) -> tuple[TableChanges, Exception | None]:
        """The changed rows, and why they cannot be compared; raises errors that a retry may mend.

        If it has `ended` meanwhile, the result is not complete.
        """
        ledger, seeder, found = self._operation.ledger, part.seeder, UNKNOWN
        failure: Exception | None = None
        live = ledger.live.filter(seeder_name=part.name, table_name=part.table)
        batches = list(live.select_related("run"))
        if any(one.origin == SeedingMetadata.Origin.SOURCE for one in batches):
            found = LOADED
        if seeder is not None and seeder.config.table_name == part.table:
            try:
                found = self._detector(seeder, part.table).run(batches, part.keys, ended)
            except Exception as error:  # a seeder that fails now does not keep its rows from being undone
                if transience(error) in (Transience.CONNECTION, Transience.CONTENTION):
                    raise
                failure = error
        return TableChanges(table=part.table, found=found, stays=part.stays), failure

    def told(self, part: Part, found: tuple[TableChanges, Exception | None]) -> TableChanges:
        """The result, after telling why rows cannot be compared."""
        changes, failure = found
        if failure is not None:
            message = f"{part.table}: its rows cannot be compared with what was seeded: {error_text(failure)}"
            self._operation.tell("compare", message, level="warn", seeder=part.name, error=redacted(failure))
        return changes

    def _part(self, name: str, table: str, keys: KeySet) -> Part:
        seeder = self._registry.by_name.get(name)
        stays = self._keeps_modified or (seeder is not None and seeder.config.keep_modified)
        return Part(name=name, seeder=seeder, table=table, keys=keys, stays=stays)

    def _detector(self, seeder: BaseSeeder, table: str) -> ChangeDetector:
        assert self._dataset is not None  # there are no parts without
        ledger, there = self._operation.ledger, self._plan.there
        # It remembers the keys that it has read.
        self._resolver = self._resolver or Resolver(self._registry, ledger, self._dataset, live=there)
        identity = self._identities[table]
        return ChangeDetector(ledger.using, seeder, self._dataset, self._resolver, there[table], identity=identity)


class ComparisonBeside:
    """Compares parts while rows of other tables are being deleted, in a thread with a connection of its own.

    The thread ends with its block. Each part is compared before its own rows change: whoever deletes calls `require` first.
    What the thread could not compare, and everything on a server that would make one of the two wait, is compared then.
    """

    def __init__(self, operation: Operation, parts: Sequence[Part], beside: Comparison, here: Comparison) -> None:
        self._operation = operation
        self._parts = parts
        self._beside = beside
        self._here = here
        self._found: dict[Part, TableChanges] = {}
        self._ended = Event()
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="comparison")
        self._early: dict[Part, Future[tuple[TableChanges, Exception | None]]] = {}

    def __enter__(self) -> Self:
        if features(connections[self._operation.ledger.using]).is_concurrent:
            self._early = {one: self._executor.submit(self._beside.of, one, self._ended) for one in self._parts}
        return self

    def __exit__(self, *error: object) -> None:
        self._ended.set()
        for one in self._early.values():
            one.cancel()
        self._executor.submit(self._disconnect)
        self._executor.shutdown()

    def _disconnect(self) -> None:
        """Close the connection of whichever thread calls it."""
        connections[self._operation.ledger.using].close()

    def require(self, tables: Collection[str]) -> None:
        """Return once all rows of the tables are compared."""
        for part in [one for one in self._parts if one.table in tables and one not in self._found]:
            early = self._early.get(part)
            if early is None or early.exception() is not None:
                found = self._operation.retry(partial(self._here.of, part))
            else:
                found = early.result()
            self._found[part] = self._here.told(part, found)

    def changes(self) -> Iterable[TableChanges]:
        """What was found, in all parts."""
        self.require({one.table for one in self._parts})
        return self._found.values()
