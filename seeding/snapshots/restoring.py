"""Restores a snapshot: seeds what lacks, puts rows back, writes what differed, and rolls back what it does not have."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from django.db import connections

from seeding.conf import Environment, ResetConfig, RollbackConfig, SeedConfig
from seeding.conf.project import missing_table_help, row_rules
from seeding.conf.restoration import SnapshotConfig
from seeding.db.row_security import seeing_every_row
from seeding.exceptions import ConfigurationError, RefusedError
from seeding.generation.registry import Registry
from seeding.generation.value_rules.shape import Shape
from seeding.keys import NOTHING, KeySet
from seeding.ledger.queries import Ledger
from seeding.orchestration.orchestrator import SeedOrchestrator
from seeding.orchestration.results import RunSummary
from seeding.restoration.fingerprints import together
from seeding.restoration.generated_rows import Exceptions
from seeding.restoration.reset import ResetManager
from seeding.restoration.results import ResetSummary
from seeding.restoration.verifier import Verifier
from seeding.rollbacks.manager import RollbackManager
from seeding.rollbacks.requested_rows import GivenRows
from seeding.rollbacks.results import RollbackSummary
from seeding.runs.confirmation import Ask, restore_question
from seeding.runs.lifecycle import Operation
from seeding.scaffold.automatic import Wanted, remade
from seeding.schema.introspection import read_tables
from seeding.snapshots.document import Snapshot, SnapshotPart
from seeding.snapshots.fitting import index_set, require_fitting
from seeding.snapshots.results import RestoreSummary
from seeding.snapshots.values import ROW, original
from seeding.telemetry.events import Sink
from seeding.verification.referring_rows import Tracer


class Restorer:
    """Restores snapshots into one database. `tell` receives every event, `ask` the question."""

    def __init__(self, config: SnapshotConfig, registry: Registry, *, tell: Sink, ask: Ask) -> None:
        self.config = config
        self._registry = registry
        self._tell = tell
        self._operation = Operation(config, "seed_snapshot", tell=tell, ask=ask)
        self._ledger = Ledger(config.database)

    @seeing_every_row
    def restore(self, name: str, snapshot: Snapshot) -> RestoreSummary:
        """Restore it; each step is a run of its own, and the whole can be run again.

        Raises ConfigurationError, before anything is touched, for a snapshot that cannot be restored here.
        """
        started, config = time.monotonic(), self.config
        if config.environment is Environment.PRODUCTION:
            raise RefusedError("Snapshots are not restored in production: they hold synthetic data.")
        self._operation.connect()
        registry = self.registry_for(snapshot)
        require_fitting(snapshot, registry, config.database)
        self._require_same_dataset(snapshot)
        summary = RestoreSummary(
            name=name, database=self._operation.database_name, dry_run=config.dry_run, not_held=snapshot.not_held
        )
        lacking, extra = self._lacking(snapshot), self._extra(snapshot)
        if config.dry_run:
            return _foreseen(summary, snapshot, lacking, extra)
        asked = restore_question(config, self._operation.place())
        self._operation.confirm(asked, _told(snapshot, lacking, extra))
        seeded = self._seed(snapshot, registry) if lacking else None
        reset, taken = self._reset(snapshot, registry)
        going = {table: keys - taken.get(table, NOTHING) for table, keys in self._extra(snapshot).items()}
        rolled_back = self._roll_back(registry, {table: keys for table, keys in going.items() if keys})
        unlike = self._unlike(snapshot, registry)
        return _summed_up(summary, snapshot, (seeded, reset, rolled_back), unlike, time.monotonic() - started)

    def registry_for(self, snapshot: Snapshot) -> Registry:
        """The project's seeders, and those in memory that have made rows of the snapshot."""
        needed = {part.seeder for part in snapshot.parts} - self._registry.by_name.keys()
        if not needed or not snapshot.automatic:
            return self._registry
        shape = Shape(rules=snapshot.dataset.rules, seed=snapshot.dataset.seed)
        asked = {Wanted(tables=tables, exclude=exclude): needed for tables, exclude in snapshot.automatic}
        return remade(self.config.database, self._registry, shape, asked)

    def _require_same_dataset(self, snapshot: Snapshot) -> None:
        """Raise ConfigurationError if the database holds rows of another dataset."""
        held = self._ledger.dataset(generated=True)
        if held is not None and held != snapshot.dataset:
            raise ConfigurationError(
                f"{self._operation.database_name} holds rows of another dataset than the snapshot (--seed={held.seed} "
                f"--as-of={held.as_of}, or other rules). Roll back first. Nothing was changed."
            )

    def _lacking(self, snapshot: Snapshot) -> int:
        """How many rows that the table is to have are not in the ledger."""
        lacking = 0
        for part in snapshot.parts:
            held = self._ledger.live.filter(seeder_name=part.seeder, table_name=part.table).key_map()
            lacking += len(_wanted(part) - index_set(held.ranges[:, :2].tolist()))
        return lacking

    def _extra(self, snapshot: Snapshot) -> dict[str, KeySet]:
        """Table → generated rows that are there and not to be."""
        there = read_tables(connections[self.config.database], self._ledger.tables())
        tracer = Tracer(self.config.database, self._ledger.identities(there))
        parts = {(part.seeder, part.table): part for part in snapshot.parts}
        found: dict[str, KeySet] = {}
        held = self._ledger.live.generated().order_by().values_list("seeder_name", "table_name").distinct()
        for seeder, table in held:
            if seeder in snapshot.unheld:
                continue
            keys = self._ledger.live.filter(seeder_name=seeder, table_name=table).key_map()
            index, numbers = keys.pairs()
            part = parts.get((seeder, table))
            wanted = _wanted(part) if part is not None else NOTHING
            known = index_set(part.rows) if part is not None else NOTHING
            beyond, missing = ~known.has(index), known.has(index) & ~wanted.has(index)
            extra = KeySet.holding(numbers[beyond])
            if table in there:
                extra |= tracer.present(there[table], KeySet.holding(numbers[missing]))
            if extra:
                found[table] = found.get(table, NOTHING) | extra
        return found

    def _seed(self, snapshot: Snapshot, registry: Registry) -> RunSummary:
        dataset = snapshot.dataset
        config = SeedConfig(**self._options(), seed=dataset.seed, as_of=dataset.as_of, edge_cases=dataset.rules.edge_cases)
        return SeedOrchestrator(
            config, registry, tell=self._tell, ask=_nobody, missing_table_help=missing_table_help(), rules=row_rules(),
            profile=dataset.rules, counts={part.seeder: part.count for part in snapshot.parts},
        ).run()  # fmt: skip

    def _reset(self, snapshot: Snapshot, registry: Registry) -> tuple[ResetSummary | None, Mapping[str, KeySet]]:
        """The result, if there is anything to put back, and the rows that may be others, under keys of seeded ones."""
        held = self._ledger.tables()
        tables = tuple(dict.fromkeys(part.table for part in snapshot.parts if part.table in held))
        if not tables:  # no name means all tables
            return None, {}
        config = ResetConfig(**self._options(), tables=tables, audit_file=self.config.audit_file)
        exceptions = Exceptions(
            values={part.seeder: _original(part) for part in snapshot.parts if part.edited},
            absent={part.seeder: index_set(part.missing) for part in snapshot.parts if part.missing},
        )
        manager = ResetManager(config, registry, tell=self._tell, ask=_nobody, exceptions=exceptions)
        return manager.run(), manager.taken

    def _roll_back(self, registry: Registry, extra: Mapping[str, KeySet]) -> RollbackSummary | None:
        if not extra:
            return None
        config = RollbackConfig(**self._options(), audit_file=self.config.audit_file)
        return RollbackManager(config, registry, tell=self._tell, ask=_nobody, selection=GivenRows(extra)).rollback()

    def _unlike(self, snapshot: Snapshot, registry: Registry) -> dict[str, bool | None]:
        """Table → whether its rows are not as in the snapshot; None if it has no fingerprint of them."""
        tables = {part.table: [one for one in snapshot.parts if one.table == part.table] for part in snapshot.parts}
        with self._operation.locked():
            held = self._ledger.tables()
            report = self._operation.retry(partial(Verifier(self.config.database, registry).run, sorted(held & tables.keys())))
        now = {one.table: one.fingerprint for one in report.tables}
        found: dict[str, bool | None] = {}
        for table, parts in tables.items():
            then = "" if not all(one.fingerprint for one in parts) else together({one.seeder: one.fingerprint for one in parts})
            is_empty = table not in now and not any(map(_wanted, parts))  # as it is to be: nothing of it is seeded
            found[table] = None if not then else now.get(table, "") != then and not is_empty
        return found

    def _options(self) -> dict[str, Any]:
        """The options that each step shares; the question was answered before."""
        names = ("database", "environment", "confirm_database", "lock_timeout", "patience", "transaction_mb", "protected")
        return {**{name: getattr(self.config, name) for name in names}, "force": True}


def _wanted(part: SnapshotPart) -> KeySet:
    """The indexes of the rows that the table is to have."""
    return index_set(part.rows) - index_set(part.missing)


def _original(part: SnapshotPart) -> Mapping[int, Mapping[str, Any]]:
    """The values of edited rows, references as row indexes."""
    return {index: {name: _value(told) for name, told in cells.items()} for index, cells in part.edited.items()}


def _value(told: Any) -> Any:
    return told[ROW] if isinstance(told, Mapping) and ROW in told else original(told)


def _nobody(question: str) -> str:
    raise RefusedError(f"Nobody was to be asked: {question}")


def _told(snapshot: Snapshot, lacking: int, extra: Mapping[str, KeySet]) -> str:
    edited, gone = sum(len(part.edited) for part in snapshot.parts), sum(map(len, extra.values()))
    return f"{lacking:,} rows to seed, {edited:,} to edit as they were, {gone:,} seeded rows to roll back.\n"


def _foreseen(summary: RestoreSummary, snapshot: Snapshot, lacking: int, extra: Mapping[str, KeySet]) -> RestoreSummary:
    edited, gone = sum(len(part.edited) for part in snapshot.parts), sum(map(len, extra.values()))
    return replace(summary, seeded=lacking, overridden=edited, rolled_back=gone)


def _summed_up(
    summary: RestoreSummary,
    snapshot: Snapshot,
    steps: tuple[RunSummary | None, ResetSummary | None, RollbackSummary | None],
    unlike: Mapping[str, bool | None],
    duration: float,
) -> RestoreSummary:
    seeded, reset, rolled_back = steps
    results = [one for step in steps if step is not None for one in step.results]
    kept = [*map(str, reset.left if reset is not None else ()), *map(str, rolled_back.kept if rolled_back is not None else ())]
    kept += [f"{one.table}: {one.error}" for one in results if one.error]
    return replace(
        summary,
        seeded=seeded.records_inserted if seeded is not None else 0,
        put_back=sum(one.records_updated + one.records_inserted for one in reset.results) if reset is not None else 0,
        overridden=sum(len(part.edited) for part in snapshot.parts),
        rolled_back=rolled_back.records_deleted if rolled_back is not None else 0,
        kept=tuple(kept),
        unlike=tuple(table for table, differs in unlike.items() if differs),
        not_compared=tuple(table for table, differs in unlike.items() if differs is None),
        duration=duration,
    )
