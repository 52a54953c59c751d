"""A whole reset: seeded rows are as they were seeded again, derived columns as they are derived now; real rows stay."""

from __future__ import annotations

import time
from collections.abc import Mapping
from functools import partial

from seeding.conf import ResetConfig
from seeding.db.row_security import seeing_every_row
from seeding.generation.registry import Registry
from seeding.generation.rows import faker_version
from seeding.keys import KeySet
from seeding.models import SeedRun
from seeding.restoration.execution import Execution
from seeding.restoration.findings import Findings
from seeding.restoration.generated_rows import NONE, Exceptions, GeneratedRows
from seeding.restoration.results import ResetSummary
from seeding.runs.audit import auditing
from seeding.runs.confirmation import Ask, reset_question
from seeding.runs.lifecycle import Operation
from seeding.safety import Need, Survey, Touch, derived, needed
from seeding.telemetry.events import Sink


class ResetManager:
    """Resets one database. `tell` receives every event, `ask` the question.

    `exceptions` are what rows are to be instead of what was seeded.
    """

    def __init__(self, config: ResetConfig, registry: Registry, *, tell: Sink, ask: Ask, exceptions: Exceptions = NONE) -> None:
        self._exceptions = exceptions
        self.config = config
        self.operation = Operation(config, "seed_reset", tell=tell, ask=ask)
        self._registry = registry
        self.taken: Mapping[str, KeySet] = {}
        """Table → rows that may be others under keys of seeded ones, once it has run."""

    @seeing_every_row
    def run(self) -> ResetSummary:
        """Put the rows back; raises SeedingError if the whole run fails, and the interruption if there is one."""
        operation, config = self.operation, self.config
        operation.connect()
        started = time.monotonic()
        if config.dry_run:
            return self._summary(self._found(), started)
        self.confirm()
        started = time.monotonic()  # after the question: waiting for an answer is not the run's time
        with operation.locked(), auditing(config.audit_file):
            found = operation.retry(self._found)
            stale = operation.retry(operation.ledger.stale_tables)
            self.taken = found.taken
            if found.rows.dataset is None or not (operation.retry(found.is_any) or stale or self._exceptions.values):
                return self._summary(found, started)
            surveyed = operation.retry(partial(self._survey, found))
            foreseen = found.results(derived={} if found.differs else None)  # looking at derived columns is for afterwards
            plan = {"tables": list(config.tables), "steps": [one.step() for one in foreseen if one.has_work]}
            with operation.recorded(found.rows.dataset, plan, faker_version=faker_version()) as run:
                self._announce(found, run)
                execution = Execution(operation, found, surveyed, run, stale=stale)
                execution.run()
                summary = self._summary(found, started, run, execution)
            return self._close(summary, run)

    def confirm(self) -> None:
        """Ask, showing what would be put back; raises RefusedError unless the answer is the expected one."""
        operation, held = self.operation, self.operation.ledger.by_seeder()
        named = {name for name, table in held if not self.config.tables or table in self.config.tables}
        seeders = [seeder for name, seeder in self._registry.by_name.items() if name in named]
        asked = reset_question(self.config, operation.place(), seeders)
        if asked is not None:
            found = [one for one in self._found().results() if one.has_work]
            listed = "".join(
                f"{one.records_updated:>12,} to update, {one.records_inserted:,} to insert, {one.records_derived:,} to derive: "
                f"{one.table}\n"
                for one in found
            )
            place = f"Environment {self.config.environment}, database {operation.database_name}, seeded rows:\n"
            operation.confirm(asked, f"{place}{listed or 'none that is not as it was seeded'}")

    def _found(self) -> Findings:
        rows = GeneratedRows(self.config.database, self._registry, self.operation.ledger, self._exceptions)
        return Findings(rows, self.config.tables)

    def _survey(self, found: Findings) -> Survey:
        """Raises SchemaError if a table whose rows are to be put back must not be touched."""
        seeders = [one.seeder for one in found.differences if len(one) or one.part.name in self._exceptions.values]
        tables = {one.config.table_name for one in seeders}
        touches, needs = dict.fromkeys(tables, Touch.INSERT | Touch.UPDATE), dict(needed(seeders))
        needs = {table: need | Need(update=frozenset(found.rows.there[table].columns)) for table, need in needs.items()}
        for seeder in found.deriving():
            table, (columns, reads) = seeder.config.table_name, derived(seeder)
            touches[table] = touches.get(table, Touch(0)) | Touch.UPDATE
            needs[table] = needs.get(table, Need()) | Need(update=columns, reads=reads - {table})
        surveyed = self.operation.survey(touches, needs=needs)
        surveyed.refuse_any(tables)
        return surveyed

    def _announce(self, found: Findings, run: SeedRun) -> None:
        tell, database = self.operation.tell, self.operation.database_name
        tell("start", f"Reset run {run.pk} begins", run=run.pk, database=database, configuration=run.plan)
        for one in found.left:
            tell("keep", str(one), level="warn", record_count=one.count, table=one.table)

    def _close(self, summary: ResetSummary, run: SeedRun) -> ResetSummary:
        for one in summary.results:
            self.operation.meter.add(
                one.table,
                planned=one.records_edited + one.records_missing,
                done=one.records_updated + one.records_inserted,
                errors=one.records_left,
                seconds=0.0,
            )
        return self.operation.close(run, summary, [one.as_dict() for one in summary.results])

    def _summary(
        self, found: Findings, started: float, run: SeedRun | None = None, done: Execution | None = None
    ) -> ResetSummary:
        summary = ResetSummary(
            run=run.pk if run else None,
            database=self.operation.database_name,
            environment=self.config.environment,
            dry_run=self.config.dry_run,
            duration=time.monotonic() - started,
            results=tuple(found.results() if done is None else done.results()),
            left=tuple(found.left if done is None else [*found.left, *done.left()]),
        )
        rows = sum(one.records_updated + one.records_inserted for one in summary.results)
        self.operation.tell(
            "complete",
            f"{rows} rows {'would be ' if summary.dry_run else ''}put back, exit code {summary.exit_code}",
            record_count=rows,
            duration=summary.duration,
            dryRun=summary.dry_run or None,
        )
        return summary
