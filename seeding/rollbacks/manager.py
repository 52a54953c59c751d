"""A whole rollback: seeded rows are deleted, those that real rows need stay; the ledger records which rows were seeded."""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any

from django.apps import apps
from django.db import connections

from seeding.conf import RollbackConfig, Strategy
from seeding.conf.project import caches
from seeding.db.features import features
from seeding.db.redaction import REDACTED
from seeding.db.row_security import seeing_every_row
from seeding.generation.datasets import Dataset
from seeding.generation.registry import Registry
from seeding.generation.rows import faker_version
from seeding.keys import NOTHING, KeySet
from seeding.ledger.queries import receivers_of
from seeding.masking import detect_name
from seeding.masking.classification import personal_columns
from seeding.models import SeedRun
from seeding.rollbacks.caches import usable
from seeding.rollbacks.changes import Comparison, ComparisonBeside
from seeding.rollbacks.execution import Execution
from seeding.rollbacks.files import delete_files
from seeding.rollbacks.plan import RollbackPlan, SeededRows, followed, rehearsed
from seeding.rollbacks.planner import Planner
from seeding.rollbacks.requested_rows import RollbackSelection, Selection
from seeding.rollbacks.results import IN_HISTORY, RollbackResult, RollbackSummary, TableChanges, cached, modified
from seeding.rollbacks.truncation import refuse_unless_seeded_alone
from seeding.runs.audit import auditing
from seeding.runs.confirmation import Ask, rollback_question
from seeding.runs.derived_columns import Rederivation, in_order
from seeding.runs.lifecycle import Operation
from seeding.safety import Need, Touch, derived, require_rights, survey, touched
from seeding.schema.introspection import all_tables, keys_from_elsewhere, qualified
from seeding.schema.references import content_types, content_types_elsewhere
from seeding.schema.relations import relations
from seeding.telemetry.events import Sink
from seeding.verification.referring_rows import Tracer

PLAIN = re.compile(r"[\d\s.,:T+-]{1,11}|true|false|none", re.IGNORECASE)  # numbers and days
NOT_FOUND = "the table is not in this database. Restore it under its name (an empty one is enough), then roll back again"


class RollbackManager:
    """Rolls one database back. `tell` receives every event, `ask` the question.

    `selection` are the rows to go, in place of those that the options select.
    """

    def __init__(
        self, config: RollbackConfig, registry: Registry, *, tell: Sink, ask: Ask, selection: Selection | None = None
    ) -> None:
        self.config = config
        self.operation = Operation(config, "seed_rollback", tell=tell, ask=ask)
        self._registry = registry
        self._selection = selection or RollbackSelection(config, self.operation.ledger, registry)

    @seeing_every_row
    def rollback(self) -> RollbackSummary:
        """Delete the requested rows; raises SeedingError if the whole run fails, and the interruption if there is one."""
        operation = self.operation
        operation.connect()
        self._selection.refuse_unknown_run()
        if self.config.only_reports:
            started = time.monotonic()
            planner, plan, changes = self._planned()
            return self._summary(plan, changes, rehearsed(plan, planner.tracer), None, started, gone_along=plan.caches)
        self.confirm_rollback()
        started = time.monotonic()  # after the question: waiting for an answer is not the run's time
        with operation.locked(), auditing(self.config.audit_file):
            stale, dataset = operation.retry(self._state)
            planner, plan, changes = operation.retry(partial(self._planned, reporting=False))
            if dataset is None or not (plan.selected or stale):
                return self._summary(plan, changes, delete_files(operation), None, started)
            with operation.recorded(dataset, self._recorded_plan(plan), faker_version=faker_version()) as run:
                self._announce(plan, run)
                comparison, again = self._comparison(plan, planner), self._comparison(plan, planner)
                going = [part for part in comparison.parts if not part.stays]
                with ComparisonBeside(operation, going, comparison, again) as beside:
                    execution = Execution(operation, planner, plan, self.config.strategy, run, before=beside.require)
                    results = execution.run()
                    changes += beside.changes()
                self._tell_changes(changes)
                operation.note(run, "derive", results)
                results += [*delete_files(operation), *self._derive(results, stale)]
                summary = self._summary(execution.plan, changes, results, run, started, gone_along=execution.cached)
            self._measure(summary.results)
            return self.log_rollback(summary, run)

    @seeing_every_row
    def identify_seeded_data(self, table: str) -> KeySet:
        """The primary keys of the table's requested rows."""
        return self._selection.keys(table)

    @seeing_every_row
    def confirm_rollback(self) -> None:
        """Ask, showing what would be deleted; raises RefusedError unless the answer is the expected one."""
        asked = rollback_question(self.config, self.operation.place())
        if asked is None:
            return
        planner, plan, _ = self._planned(reporting=False)
        expected = rehearsed(plan, planner.tracer)
        listed = [(result.records_deleted, result.table) for result in expected]
        listed += [(one.count, f"{one.table}: real rows of a cache") for one in cached(plan.caches)]
        if rows := "".join(f"{count:>12,}  {table}\n" for count, table in listed):
            place = f"Environment {self.config.environment}, database {self.operation.database_name}, rows to delete:\n"
            self.operation.confirm(asked, f"{place}{rows}")

    @seeing_every_row
    def plan(self, planner: Planner, *, reporting: bool = True) -> tuple[RollbackPlan, list[TableChanges]]:
        """The plan, and the changed rows: all of them if `reporting`, else only those that stay because of it.

        Raises RefusedError if other seeded rows refer to the requested ones and --cascade was not given.
        """
        selected = {table: keys for table in self._selection.tables if (keys := self._selection.keys(table))}
        plan = planner.plan(selected, cascade=self.config.cascade, alone=self._selection.goes_alone)
        for table in plan.selected.keys() - plan.there.keys():
            plan = planner.keep(plan, table, plan.selected[table], NOT_FOUND)
        comparison = self._comparison(plan, planner)
        wanted = [part for part in comparison.parts if reporting or part.stays]
        changes = [comparison.told(part, comparison.of(part)) for part in wanted]
        for one in changes:
            if one.found.keys and one.stays:
                plan = planner.keep(plan, one.table, one.found.keys, "they were changed since they were seeded")
        plan = planner.keep_replaced(plan, self.operation.ledger.digests)
        plan = planner.keep_referenced(plan)
        touches = {link.table: Touch.UPDATE for link in plan.circular}
        touches |= {table: Touch.DELETE for table, keys in plan.caches.items() if keys}
        survey(self.config.database, touches, self._needs(plan, planner)).refuse_any()
        if self.config.strategy is Strategy.TRUNCATE:
            refuse_unless_seeded_alone(plan, planner.tracer, self.operation.topology)
        return plan, changes

    def log_rollback(self, summary: RollbackSummary, run: SeedRun) -> RollbackSummary:
        """Close the run in the ledger. Every deleted key is in the audit log and in the ledger's entries."""
        return self.operation.close(run, summary, [result.as_dict() for result in summary.results])

    def _state(self) -> tuple[frozenset[str], Dataset | None]:
        """The tables on which derived columns may be stale, and the dataset."""
        ledger = self.operation.ledger
        return ledger.stale_tables(), ledger.dataset()

    def _planned(self, *, reporting: bool = True) -> tuple[Planner, RollbackPlan, list[TableChanges]]:
        planner = self._planner()
        return planner, *self.plan(planner, reporting=reporting)

    def _planner(self) -> Planner:
        """A planner for all seeded rows and all rows that may refer to them, in the current state of the database.

        Raises SchemaError if a table with seeded rows is refused: references run across all of them.
        """
        ledger, seeders = self.operation.ledger, self._registry.by_name.values()
        known = touched(seeders)
        touches = {table: (known.get(table, Touch(0)) | Touch.DELETE) & ~Touch.INSERT for table in ledger.tables()}
        self.operation.survey(touches, refusing=None)
        connection, declared = connections[self.config.database], caches()
        there = all_tables(connection, ledger.tables() | declared)
        filled = {*ledger.tables(), *(one.config.table_name for one in seeders)}
        usable_ones = usable(declared if self.config.strategy is not Strategy.TRUNCATE else (), filled, there)
        mirrors, elsewhere = apps.get_models(include_auto_created=True), keys_from_elsewhere(connection, there)
        kinds = content_types(connection, there), content_types_elsewhere(connection, mirrors)
        shared, named = self._registry.shared_keys(ledger.tables()), qualified(connection, mirrors)
        between = relations(there, mirrors, elsewhere, *kinds, shared_keys=shared, qualified=named)
        require_rights(self.config.database, {link.source: Need() for link in between})
        needed = [(seeder, parent) for seeder in seeders for parent in self._registry.parents(seeder)]
        of_seeder = ledger.by_seeder()
        names = {name for name, _ in of_seeder}
        signalling = {name: receivers_of(name) for name in names if receivers_of(name) in names}
        seeded = SeededRows(
            of_seeder=of_seeder,
            kept_with=self._registry.kept_with,
            companions=(*self._registry.companions, *map(frozenset, signalling.items())),
            accompanied=[(seeder.name, name) for seeder in seeders for name in seeder.config.companions],
            followed=followed(needed, between),
            created_with={created: {name} for name, created in signalling.items()},
            seeded_after={(seeder.config.table_name, parent.config.table_name) for seeder, parent in needed},
        )
        tracer = Tracer(self.config.database, ledger.identities(there))
        return Planner(seeded, there, between, tracer, usable_ones, personal=partial(personal_columns, self._registry))

    def _needs(self, plan: RollbackPlan, planner: Planner) -> Mapping[str, Need]:
        """What the plan needs of each table: the rights to delete, and those to derive the columns of what stays again."""
        config, dataset = self.config, self.operation.ledger.dataset()
        found = plan.needs(empties=config.strategy is Strategy.TRUNCATE and features(connections[config.database]).truncates)
        for seeder in in_order(self._registry.by_name.values(), dataset, plan.order) if dataset else ():
            table = seeder.config.table_name
            if planner.seeded.of_seeder.get((seeder.name, table), NOTHING) - plan.doomed(table):
                found[table] = found.get(table, Need()) | Need(update=derived(seeder)[0])
        return found

    def _comparison(self, plan: RollbackPlan, planner: Planner) -> Comparison:
        return Comparison(self.operation, self._registry, plan, planner, keeps_modified=self.config.keep_modified)

    def _derive(self, results: Sequence[RollbackResult], stale: Collection[str]) -> list[RollbackResult]:
        """Make the remaining rows consistent again; a result with an error for every seeder whose derivation was rejected."""
        operation = self.operation
        dataset = operation.retry(operation.ledger.dataset)
        if dataset is None:
            return []
        rederivation = Rederivation(
            using=self.config.database, dataset=dataset, keys=operation.ledger.keys, lock=operation.lock, tell=operation.sink,
            retry=operation.retry, size=operation.size,
        )  # fmt: skip
        found = rederivation.run(self._registry.by_name.values(), {result.table for result in results}, stale=stale)
        operation.left = found.left
        return [
            RollbackResult(table=self._registry.by_name[name].config.table_name, records_planned=0, error=words)
            for name, words in found.refused.items()
        ]

    def _measure(self, results: Iterable[RollbackResult]) -> None:
        for result in results:
            self.operation.meter.add(
                result.table,
                planned=result.records_planned,
                done=result.records_deleted,
                errors=result.records_kept + result.records_failed,
                seconds=result.duration,
            )

    def _recorded_plan(self, plan: RollbackPlan) -> dict[str, Any]:
        """The plan as the ledger stores it."""
        config = self.config
        return {
            "tables": list(config.tables),
            "run": config.run,
            "before": config.before.isoformat() if config.before else None,
            "where": [f"{lookup}={self._recorded(lookup, value)}" for lookup, value in config.where],
            "strategy": config.strategy,
            "cascade": config.cascade,
            "keepModified": config.keep_modified,
            "steps": [{"table": table, "rows": len(plan.doomed(table))} for table in plan.order],
            "caches": [{"table": one.table, "rows": one.count} for one in cached(plan.caches)],
        }

    def _recorded(self, lookup: str, value: str) -> str:
        """What is recorded of a value by which rows were asked for: no text, which may be a personal one."""
        return value if PLAIN.fullmatch(value) and not any(map(detect_name, lookup.split("__"))) else REDACTED

    def _announce(self, plan: RollbackPlan, run: SeedRun) -> None:
        tell, database = self.operation.tell, self.operation.database_name
        tell("start", f"Rollback run {run.pk} begins", run=run.pk, database=database, configuration=run.plan)
        for reason in plan.reasons:
            tell("keep", str(reason), level="warn", record_count=reason.count, table=reason.table)

    def _tell_changes(self, changes: Iterable[TableChanges]) -> None:
        for one in modified(changes):
            message = f"Changed since they were seeded: {one}"
            self.operation.tell("modified", message, level="warn", record_count=one.count, table=one.table)

    def _summary(
        self,
        plan: RollbackPlan,
        changes: Sequence[TableChanges],
        results: Sequence[RollbackResult],
        run: SeedRun | None,
        started: float,
        *,
        gone_along: Mapping[str, KeySet] = MappingProxyType({}),
    ) -> RollbackSummary:
        summary = RollbackSummary(
            run=run.pk if run else None,
            database=self.operation.database_name,
            environment=self.config.environment,
            strategy=self.config.strategy,
            dry_run=self.config.only_reports,
            duration=time.monotonic() - started,
            results=tuple(results),
            kept=plan.reasons,
            cached=cached(gone_along),
            modified=modified(changes),
            uncompared=tuple(sorted({one.table for one in changes if not one.found.complete})),
            loaded=tuple(sorted({one.table for one in changes if one.found.loaded})),
            in_history=tuple(
                result.table
                for result in results
                if result.records_deleted and result.table in plan.there and plan.there[result.table].keeps_history
            ),
            left=self.operation.retry(self.operation.ledger.rows),
        )
        for table in summary.in_history:
            self.operation.tell("history", IN_HISTORY.format(table), level="warn", table=table)
        self.operation.tell(
            "complete",
            f"{summary.records_deleted} rows of {len(results)} tables {'would be ' if summary.dry_run else ''}deleted, "
            f"exit code {summary.exit_code}",
            record_count=summary.records_deleted,
            duration=summary.duration,
            dryRun=summary.dry_run or None,
            left=summary.left,
        )
        return summary
