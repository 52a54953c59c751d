"""A whole rollback: what was seeded goes, what real rows need stays, and the ledger says which is which."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import version
from typing import Any

from django.apps import apps
from django.db import DatabaseError, connections, models

from seeding.conf import RollbackConfig, Strategy
from seeding.db.connection import connect, database_name
from seeding.db.redaction import error_text, redacted
from seeding.db.retries import Transience, retrying, transience
from seeding.generation.registry import Registry
from seeding.generation.seeders import SOURCE, BaseSeeder, Dataset
from seeding.keys import NOTHING, KeyMap, KeySet
from seeding.ledger.ledger import Ledger
from seeding.ledger.resolution import Resolver
from seeding.locks import SeedingLock, seeding_lock
from seeding.models import SeedingMetadata, SeedRun
from seeding.rollbacks.audit import AuditLog, auditing
from seeding.rollbacks.changes import LOADED, UNKNOWN, ChangeDetector, Changes
from seeding.rollbacks.deletion import ROWS_PER_TRANSACTION, Deleter
from seeding.rollbacks.plan import RollbackPlan, SeededRows
from seeding.rollbacks.results import Modified, RollbackResult, RollbackSummary
from seeding.rollbacks.selection import Selection
from seeding.rollbacks.tracer import Tracer
from seeding.rollbacks.truncation import Truncation, refuse_unless_seeded_alone
from seeding.runs.confirmation import Ask, confirm, rollback_question
from seeding.runs.derivation import Rederivation
from seeding.runs.operation import locked, note, place_of, recorded
from seeding.safety import LEDGER, Touch, require_safe_server, survey, touched
from seeding.schema.introspection import all_tables, keys_from_elsewhere
from seeding.schema.relations import Relation, content_types, relations
from seeding.telemetry.events import Sink, event
from seeding.telemetry.metrics import Meter

NOT_FOUND = "the table is not in this database. Bring it back under its name (an empty one will do), then roll back again"
REFUSALS = 20
"""Rows of one table that the database may refuse to delete before the rest of that table is left alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableChanges:
    """What somebody has changed of one seeder's rows."""

    table: str
    found: Changes
    stays: bool
    """Whether a changed row stays, asked for or not."""


class RollbackManager:
    """Rolls one database back. `tell` gets every event, `ask` the question."""

    def __init__(self, config: RollbackConfig, registry: Registry, *, tell: Sink, ask: Ask) -> None:
        self.config = config
        self.ledger = Ledger(config.database)
        self._registry = registry
        self._selection = Selection(config, self.ledger, registry)
        self._tell_sink = tell
        self._ask = ask

    def rollback(self) -> RollbackSummary:
        """Delete what was asked for; raises SeedingError for what stops the whole run, and whatever tells it to stop."""
        connect(self.config.database, self._recover)
        require_safe_server(self.config.database)
        self.ledger.require()
        self._selection.refuse_unknown_run()
        if self.config.only_reports:
            started = time.monotonic()
            plan, changes = self.plan()
            return self._summary(plan, changes, self._rehearsed(plan), None, started)
        self.confirm_rollback()
        started = time.monotonic()  # after the question: what a person takes to answer is not the run's time
        lock = seeding_lock(self.config.database)
        timeout, environment = self.config.lock_timeout, self.config.environment
        measured = Meter(self.config.database, command="seed_rollback", environment=environment, tell=self._tell_sink)
        with measured as meter, auditing(self.config.audit_file), locked(self.ledger, lock, timeout, self._tell_sink, meter):
            stale = self.ledger.tables_ever() if self.ledger.is_unfinished() else frozenset()
            dataset = self.ledger.dataset()
            plan, changes = self.plan()
            if dataset is None or not (plan.selected or stale):
                return self._summary(plan, changes, [], None, started)
            with recorded(self.ledger, self._open_run(plan, dataset, lock), self._tell_sink, meter) as run:
                self._announce(plan, changes, run)
                results = self.delete_in_order(plan, lock, run)
                note(self.ledger, run, self._tell_sink, "derive", [result.as_dict() for result in results])
                results = self._derive(results, stale, lock)
                summary = self._summary(plan, changes, results, run, started)
            for result in summary.results:
                errors = result.records_kept + result.records_failed
                meter.add(
                    result.table,
                    planned=result.records_planned,
                    done=result.records_deleted,
                    errors=errors,
                    seconds=result.duration,
                )
            summary = meter.sum_up(summary)
            self.log_rollback(summary, run)
            return summary

    def identify_seeded_data(self, table: str) -> KeySet:
        """The primary keys of the table's rows that were asked for."""
        return self._selection.keys(table)

    def confirm_rollback(self) -> None:
        """Ask, showing what would go; raises RefusedError unless the answer is the one that was asked for."""
        asked = rollback_question(self.config, place_of(self.ledger))
        if asked is None:
            return
        plan, _ = self.plan()
        rows = "".join(f"{result.records_deleted:>12,}  {result.table}\n" for result in self._rehearsed(plan))
        if rows:
            place = f"Environment {self.config.environment}, database {self._database}, rows to delete:\n"
            confirm(asked, self._ask, f"{place}{rows}")

    def plan(self) -> tuple[RollbackPlan, list[TableChanges]]:
        """What goes and what stays, and what somebody has changed of it.

        Raises RefusedError where other seeded rows refer to those that were asked for, and --cascade was not given.
        """
        self._refuse_unsafe()
        connection = connections[self.config.database]
        there = all_tables(connection)
        between = relations(
            there,
            apps.get_models(include_auto_created=True),
            keys_from_elsewhere(connection),
            content_types(connection, there),
        )
        needed = [(seeder, parent) for seeder in self._registry.by_name.values() for parent in self._registry.parents(seeder)]
        seeded = SeededRows(
            of_seeder=self.ledger.by_seeder(),
            companions=self._registry.companions,
            followed=_followed(needed, between),
            seeded_after={(seeder.config.table_name, parent.config.table_name) for seeder, parent in needed},
        )
        plan = RollbackPlan(
            seeded=seeded,
            there=there,
            links=between,
            tracer=Tracer(self.config.database),
            selected={table: keys for table in self._selection.tables if (keys := self.identify_seeded_data(table))},
        )
        plan.add_companions()
        plan.add_dependants(cascade=self.config.cascade)
        for table in plan.selected.keys() - there.keys():
            plan.keep(table, plan.selected[table], NOT_FOUND)
        changes = list(self._changes(plan))
        for one in changes:
            if one.found.keys and (self.config.keep_modified or one.stays):
                plan.keep(one.table, one.found.keys, "somebody has changed them since")
        plan.keep_referenced()
        survey(self.config.database, {link.table: Touch.UPDATE for link in plan.circular}).refuse_any()
        if self.config.strategy is Strategy.TRUNCATE:
            refuse_unless_seeded_alone(plan)
        return plan, changes

    def _refuse_unsafe(self) -> None:
        """Raise SchemaError where a table with seeded rows is not understood: what refers to what runs across all of them."""
        known = touched(self._registry.by_name.values())
        touches = {table: (known.get(table, Touch(0)) | Touch.DELETE) & ~Touch.INSERT for table in self.ledger.tables()}
        found = survey(self.config.database, {**touches, **LEDGER})
        found.refuse_any()
        for sentence in found.unseen:
            self._tell("survey", sentence, level="warn")

    def delete_in_order(self, plan: RollbackPlan, lock: SeedingLock, run: SeedRun) -> list[RollbackResult]:
        """Carry the plan out, table by table, those that refer before those they refer to."""
        tools = (self.config.database, self.ledger, lock, AuditLog(run, self._database), run)
        tables, undo = plan.order, partial(self._delete, plan, deleter=Deleter(*tools))
        if self.config.strategy is Strategy.TRUNCATE and connections[self.config.database].vendor == "mysql":
            tables = tuple(table for table in plan.order if table in plan.there)
            undo = partial(self._truncate, plan, truncation=Truncation(*tools))
        results: list[RollbackResult] = []
        for table in tables:
            note(self.ledger, run, self._tell_sink, table, [result.as_dict() for result in results])
            doomed = plan.doomed(table)
            results.append(self._counted(plan, undo(table), doomed - plan.kept.get(table, NOTHING)))
        return results

    def _counted(self, plan: RollbackPlan, result: RollbackResult, gone: KeySet) -> RollbackResult:
        """The result, with an error where rows are still to be seen under the keys that are said to be gone."""
        schema = plan.there.get(result.table)
        left = plan.tracer.present(schema, gone) if schema and gone else NOTHING
        if not left:
            return result
        error = f"{len(left):,} rows are still there under keys that were rolled back, the first {left.first(1)[0]}"
        self._tell("count", f"{result.table}: {error}", level="error", table=result.table, keys=left.ranges)
        return replace(result, error=f"{result.error} {error}".strip())

    def log_rollback(self, summary: RollbackSummary, run: SeedRun) -> None:
        """Close the run in the ledger. Every key that was deleted stands in the audit log and in the ledger's entries."""
        state = SeedRun.State.FAILED if summary.exit_code else SeedRun.State.SUCCEEDED
        results = [result.as_dict() for result in summary.results]
        self.ledger.close_run(run, state, exit_code=summary.exit_code, results=results, metrics=summary.metrics)

    @property
    def _database(self) -> str:
        return database_name(self.config.database)

    def _changes(self, plan: RollbackPlan) -> Iterator[TableChanges]:
        dataset = self.ledger.dataset()
        for (name, table), keys in plan.seeded.of_seeder.items():
            among = keys & plan.selected.get(table, NOTHING)
            if not among or table not in plan.there or dataset is None:
                continue
            seeder = self._registry.by_name.get(name)
            found = LOADED if name.startswith(SOURCE) else UNKNOWN
            if seeder is not None and seeder.config.table_name == table:
                resolver = Resolver(self._registry, self.ledger, dataset)
                comparison = ChangeDetector(self.config.database, seeder, dataset, resolver, plan.there[table])
                batches = self.ledger.live.filter(seeder_name=name, table_name=table).select_related("run")
                try:
                    found = comparison.run(list(batches), among)
                except Exception as error:  # noqa: BLE001 - a seeder that fails now does not keep its rows from being undone
                    message = f"{table}: its rows cannot be compared with what was seeded: {error_text(error)}"
                    self._tell("compare", message, level="warn", seeder=name, error=redacted(error))
            yield TableChanges(table=table, found=found, stays=seeder is not None and seeder.config.keep_modified)

    def _delete(self, plan: RollbackPlan, table: str, deleter: Deleter) -> RollbackResult:
        started, planned = time.monotonic(), len(plan.selected[table])
        deleted = gone = failed = refusals = 0
        error = ""
        batches = list(self.ledger.live.filter(table_name=table).order_by("seeder_name", "-first_index"))
        seeder = "+".join(sorted({batch.seeder_name for batch in batches}))
        self._tell("start", f"{planned} seeded rows of {table}", seeder=seeder, table=table, planned=planned)
        for portion, keys in _portions(batches, plan.doomed(table)):
            waiting = [keys]
            while waiting:
                rows = waiting.pop() & plan.doomed(table)
                if not rows:
                    continue
                try:
                    outcome = retrying(partial(deleter.delete, plan, table, portion, rows), self._recover)
                except DatabaseError as refused:
                    if transience(refused) is Transience.CONNECTION:
                        raise
                    if len(rows) > 1 and refusals < REFUSALS:
                        half = rows.last(len(rows) // 2)
                        waiting += [rows - half, half]
                        continue
                    words = error_text(refused)  # a trigger may quote the row
                    refusals, failed, error = refusals + 1, failed + len(rows), f"the database refused: {words}"
                    plan.keep(table, rows, f"the database would not delete them: {words}")
                    self._tell(
                        "fail", f"{table}: {error}", level="error", seeder=seeder, error=redacted(refused), keys=rows.ranges
                    )
                    continue
                deleted, gone = deleted + len(outcome.deleted), gone + len(outcome.gone)
                for link, pairs in outcome.referred.items():
                    plan.keep_for(link, pairs)
                plan.forget(table, outcome.deleted | outcome.gone)
                self._tell("delete", f"{len(outcome.deleted)} rows of {table}", level="debug", seeder=seeder,
                           record_count=len(outcome.deleted), done=deleted + gone, keys=outcome.deleted.ranges)  # fmt: skip
        result = RollbackResult(
            table=table,
            records_planned=planned,
            records_deleted=deleted,
            records_gone=gone,
            records_kept=planned - deleted - gone - failed,
            records_failed=failed,
            duration=time.monotonic() - started,
            error=error,
        )
        self._tell(
            "finish", f"{deleted} rows of {table} deleted", seeder=seeder, record_count=deleted, duration=result.duration
        )
        return result

    def _truncate(self, plan: RollbackPlan, table: str, truncation: Truncation) -> RollbackResult:
        started, planned = time.monotonic(), len(plan.selected[table])
        deleted, gone = truncation.empty(plan, table)
        self._tell("truncate", f"{table} is empty", record_count=len(deleted), table=table, keys=deleted.ranges)
        return RollbackResult(
            table=table,
            records_planned=planned,
            records_deleted=len(deleted),
            records_gone=len(gone),
            duration=time.monotonic() - started,
        )

    def _rehearsed(self, plan: RollbackPlan) -> list[RollbackResult]:
        """The results that carrying out the plan now would have."""
        results = []
        for table in plan.order:
            planned, doomed = len(plan.selected[table]), plan.doomed(table)
            present = len(plan.tracer.present(plan.there[table], doomed)) if table in plan.there else 0
            results.append(
                RollbackResult(
                    table=table,
                    records_planned=planned,
                    records_deleted=present,
                    records_gone=len(doomed) - present,
                    records_kept=planned - len(doomed),
                )
            )
        return results

    def _derive(self, results: list[RollbackResult], stale: Collection[str], lock: SeedingLock) -> list[RollbackResult]:
        """Make what is left coherent again; the results, with a word where the database refused it."""
        dataset = self.ledger.dataset()
        if dataset is None:
            return results
        rederivation = Rederivation(
            using=self.config.database, dataset=dataset, keys=self.ledger.keys, lock=lock, tell=self._tell_sink
        )
        changed = {result.table for result in results}.union(stale)
        refused = rederivation.run(self._registry.by_name.values(), changed)
        return results + [
            RollbackResult(table=self._registry.by_name[name].config.table_name, records_planned=0, error=words)
            for name, words in refused.items()
        ]

    def _open_run(self, plan: RollbackPlan, dataset: Dataset, lock: SeedingLock) -> SeedRun:
        config = self.config
        return self.ledger.open_run(
            command="seed_rollback",
            environment=config.environment,
            seed=dataset.seed,
            as_of=dataset.as_of,
            faker_version=version("Faker"),
            plan={
                "tables": list(config.tables),
                "run": config.run,
                "before": config.before.isoformat() if config.before else None,
                "where": [f"{lookup}={value}" for lookup, value in config.where],
                "strategy": config.strategy,
                "cascade": config.cascade,
                "keepModified": config.keep_modified,
                "steps": [{"table": table, "rows": len(plan.doomed(table))} for table in plan.order],
            },
            lock_connection=lock.connection_id,
        )

    def _announce(self, plan: RollbackPlan, changes: Sequence[TableChanges], run: SeedRun) -> None:
        self._tell("start", f"Rollback run {run.pk} begins", run=run.pk, database=self._database, configuration=run.plan)
        for reason in plan.reasons:
            self._tell("keep", str(reason), level="warn", record_count=reason.count, table=reason.table)
        for one in _modified(changes):
            self._tell(
                "modified", f"Changed since they were seeded: {one}", level="warn", record_count=one.count, table=one.table
            )

    def _summary(
        self,
        plan: RollbackPlan,
        changes: Sequence[TableChanges],
        results: Sequence[RollbackResult],
        run: SeedRun | None,
        started: float,
    ) -> RollbackSummary:
        summary = RollbackSummary(
            run=run.pk if run else None,
            database=self._database,
            environment=self.config.environment,
            strategy=self.config.strategy,
            dry_run=self.config.only_reports,
            duration=time.monotonic() - started,
            results=tuple(results),
            kept=tuple(plan.reasons),
            modified=_modified(changes),
            uncompared=tuple(sorted({one.table for one in changes if not one.found.complete})),
            loaded=tuple(sorted({one.table for one in changes if one.found.loaded})),
            left=self.ledger.live.aggregate(rows=models.Sum("record_count"))["rows"] or 0,
        )
        self._tell(
            "complete",
            f"{summary.records_deleted} rows of {len(results)} tables {'would be ' if summary.dry_run else ''}deleted, "
            f"exit code {summary.exit_code}",
            record_count=summary.records_deleted,
            duration=summary.duration,
            dryRun=summary.dry_run or None,
            left=summary.left,
        )
        return summary

    def _recover(self, error: BaseException, attempt: int) -> None:
        if transience(error) is Transience.CONNECTION:
            connections[self.config.database].close()
        self._tell("retry", f"Trying again (retry {attempt}): {error_text(error)}", level="warn")

    def _tell(self, operation: str, message: str, **values: Any) -> None:
        self._tell_sink(event(operation, message, **values))


def _followed(needed: Iterable[tuple[BaseSeeder, BaseSeeder]], between: Iterable[Relation]) -> dict[str, set[str]]:
    """Of the pairs of a seeder and one it needs: seeder → those that no column of it names."""
    linked = {(link.table, link.target) for link in between}
    followed: dict[str, set[str]] = {}
    for seeder, parent in needed:
        if (seeder.config.table_name, parent.config.table_name) not in linked:
            followed.setdefault(seeder.name, set()).add(parent.name)
    return followed


def _modified(changes: Sequence[TableChanges]) -> tuple[Modified, ...]:
    return tuple(
        Modified(table=one.table, count=len(one.found.keys), examples=dict(one.found.examples))
        for one in changes
        if one.found.keys
    )


def _portions(batches: Sequence[SeedingMetadata], doomed: KeySet) -> Iterator[tuple[list[int], KeySet]]:
    """The doomed rows in portions of at most ROWS_PER_TRANSACTION, the last first, each with the entries that hold them."""
    entries: list[int] = []
    rows = NOTHING
    for batch in batches:
        left = KeyMap.of(batch.key_ranges).key_set() & doomed
        while left:
            part = left.last(ROWS_PER_TRANSACTION - len(rows))
            left = left - part
            rows |= part
            entries.append(batch.pk)
            if len(rows) == ROWS_PER_TRANSACTION:
                yield entries, rows
                entries, rows = [], NOTHING
    if rows:
        yield entries, rows
