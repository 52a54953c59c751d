"""Columns that depend on other seeders' rows, updated by set-based statements that touch only seeded rows.

Idempotent, so it runs at the end of every run: if a run dies between its last insertion and its derivations, the next one
repairs the columns.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from graphlib import CycleError, TopologicalSorter
from types import MappingProxyType
from typing import Any

from django.db import DatabaseError, connections

from seeding.db.redaction import error_text, redacted
from seeding.db.retries import Transience, transience
from seeding.exceptions import MisdeclaredSeederError, SchemaError
from seeding.generation.datasets import Dataset
from seeding.generation.seeders import BaseSeeder
from seeding.keys import KeyMap
from seeding.ledger.queries import Ledger, receivers_of
from seeding.ledger.row_digests import unreplaced
from seeding.ledger.row_identity import RowIdentity
from seeding.locks import Fenced
from seeding.runs.derivation import Portion, Share
from seeding.runs.derived_ahead import DerivedAhead, foreseen
from seeding.runs.retrier import Retrier
from seeding.runs.transaction_size import IMAGES, TransactionSize, row_width
from seeding.schema.introspection import read_kinds, read_tables
from seeding.schema.tables import TableSchema
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
class Rederived:
    """What was not derived again."""

    refused: Mapping[str, str]
    """Seeder → why its columns could not be."""
    left: frozenset[str]
    """The tables in which derived columns may still be stale."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Work:
    """What is known of the database before columns are derived."""

    tables: Mapping[str, TableSchema]
    """Those of the seeders."""
    identities: Mapping[str, RowIdentity]
    """How rows of tables are found whose keys are more than numbers."""
    readable: Collection[str]
    """Tables that derivations may read."""
    reads: Mapping[str, frozenset[str]]
    """Seeder → the tables that it reads."""

    @classmethod
    def of(cls, using: str, seeders: Collection[BaseSeeder], dataset: Dataset, drifted: Collection[str]) -> _Work:
        """Ask the database."""
        reads = {one.name: frozenset(table for each in one.derivations(dataset) for table in each.reads) for one in seeders}
        tables = read_tables(connections[using], {one.config.table_name for one in seeders})
        return cls(
            tables=tables,
            identities=Ledger(using).identities(tables) if tables else {},
            readable=read_kinds(connections[using], frozenset().union(*reads.values())).keys() - set(drifted),
            reads=reads,
        )

    def unreadable(self, seeder: BaseSeeder) -> frozenset[str]:
        """The tables without which rows would keep what was foreseen of them."""
        return self.reads[seeder.name] - set(self.readable) if seeder.foresees else frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rederivation:
    """Derives the columns again that depend on tables changed by a run, seeder by seeder."""

    using: str
    dataset: Dataset
    keys: Callable[[BaseSeeder], KeyMap]
    """The seeder's live rows."""
    lock: Fenced
    tell: Sink
    retry: Retrier
    size: TransactionSize
    share: Share | None = None
    portion_rows: int = 0
    """How many rows of a seeder are one portion, where they are shared."""

    def run(
        self,
        seeders: Iterable[BaseSeeder],
        changed: Iterable[str],
        *,
        stale: Collection[str] = (),
        drifted: Collection[str] = (),
        untouchable: Mapping[str, str] = MappingProxyType({}),
        skip: Collection[str] = (),
        inserted: Mapping[str, int] = MappingProxyType({}),
        ahead: DerivedAhead = NOTHING_AHEAD,
    ) -> Rederived:
        """Derive what depends on tables that were `changed`, or were before and are `stale`.

        Not of the seeders in `skip`, nor in the tables that are `untouchable`, which say why. `inserted` counts the rows that
        this run inserted per seeder: if those are all, none has been derived before. The rows of the seeders that are `ahead`
        were generated with their derived columns. Raises the database's error if it cannot be reached any more.
        """
        by_name = {seeder.name: seeder for seeder in seeders}
        due = in_order(by_name.values(), self.dataset, {*changed, *stale})
        has_others = bool(stale) and self.retry(partial(_has_others, Ledger(self.using), by_name))
        left = set(stale) if has_others else set[str]()
        if not due:
            return Rederived(refused={}, left=frozenset(left))
        work = self.retry(partial(_Work.of, self.using, due, self.dataset, drifted))
        lost = bool(self.retry.outages.count)  # a server that took over may lack rows that were inserted
        trusted = NOTHING_AHEAD if lost else self.retry(partial(ahead.completed, self.using, inserted, self.keys))
        refused: dict[str, str] = {}
        for seeder in due:
            table, started = seeder.config.table_name, time.monotonic()
            keys = self.retry(partial(self.keys, seeder))
            if not len(keys) or table not in work.tables:
                continue
            if seeder.name in skip:
                left.add(table)
                continue
            try:
                given = self._given(seeder, keys, trusted, work)
                is_owed = ahead.covers(seeder) and not given
                if is_owed:
                    trusted = trusted.without(seeder)
                    self._tell(seeder, f"{table}: not all went as foreseen, its derived columns are updated", level="debug")
                lacking = work.unreadable(seeder) if is_owed or (table in stale and not given) else frozenset[str]()
                _require(seeder, untouchable.get(table, ""), lacking)
                new = inserted.get(seeder.name) == len(keys) and not ahead.covers(seeder)
                rows = self._derive(seeder, keys, work, given=given, new=new)
            except (DatabaseError, SchemaError) as error:
                if transience(error) is Transience.CONNECTION:
                    raise
                why = error_text(error).removesuffix(".")
                words = f"its rows are there, their derived columns are not: {why}. Run again to derive them."
                refused[seeder.name] = words
                left.add(table)
                self._tell(seeder, f"{table}: {words}", level="error", error=redacted(error))
            else:
                self._tell(seeder, f"Derived columns of {table}", record_count=rows, duration=time.monotonic() - started)
        return Rederived(refused=refused, left=frozenset(left))

    def _given(self, seeder: BaseSeeder, keys: KeyMap, trusted: DerivedAhead, work: _Work) -> frozenset[str]:
        """The fields that the rows hold already as they would be derived."""
        if not trusted.covers(seeder):
            return frozenset()
        identity = work.identities.get(seeder.config.table_name)
        return self.retry(partial(foreseen, self.using, seeder, self.dataset, keys, identity))

    def _derive(self, seeder: BaseSeeder, keys: KeyMap, work: _Work, *, given: Collection[str], new: bool) -> int:
        retry, table = replace(self.retry, doing="Deriving again", seeder=seeder.name), work.tables[seeder.config.table_name]
        identity = work.identities.get(table.name)
        held = Ledger(self.using).digests
        ours = retry(lambda: unreplaced(self.using, seeder, keys, table, identity=identity, held=held(table.name)))
        width = IMAGES * retry(partial(row_width, self.using, table.name, table.columns, len(ours)))
        whole = Portion(
            seeder=seeder.name, keys=ours, readable=frozenset(work.readable), new=new, given=frozenset(given), width=width
        )
        is_apart = table.name not in work.reads[seeder.name]  # else rows of one portion may be read for those of another
        if self.share is not None and is_apart and len(ours) > self.portion_rows:
            return self.share([replace(whole, keys=part) for part in ours.parts(self.portion_rows)])
        return whole.derive(self.using, seeder, self.dataset, self.lock, identity=identity, retry=retry, size=self.size)

    def _tell(self, seeder: BaseSeeder, message: str, **values: Any) -> None:
        self.tell(Event(operation="derive", message=message, seeder=seeder.name, **values))


def _require(seeder: BaseSeeder, refusal: str, unreadable: Collection[str]) -> None:
    """Raise SchemaError if the seeder's table must not be updated, or tables that it needs cannot be read."""
    if refusal:
        raise SchemaError(refusal)
    if unreadable:
        raise SchemaError(f"{seeder.config.table_name} needs {', '.join(sorted(unreadable))}, which cannot be read")


def _has_others(ledger: Ledger, names: Collection[str]) -> bool:
    """Whether the ledger has rows of other seeders than these, and those that their receivers have created."""
    known = {*names, *map(receivers_of, names)}
    return any(name not in known for name, _ in ledger.by_seeder())
