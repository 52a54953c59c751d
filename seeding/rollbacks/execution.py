"""Carries out a rollback plan table by table: rows that turn out to be needed stay, with their dependencies."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from django.db import DatabaseError, connections

from seeding.conf import Strategy
from seeding.db.features import features
from seeding.db.redaction import error_text, redacted
from seeding.db.retries import Transience, transience
from seeding.keys import NOTHING, KeySet
from seeding.models import SeedingMetadata, SeedRun
from seeding.rollbacks.deletion import ROWS_PER_TRANSACTION, Deleter, Deletion
from seeding.rollbacks.plan import RollbackPlan
from seeding.rollbacks.planner import REPLACED, Planner
from seeding.rollbacks.results import RollbackResult
from seeding.rollbacks.truncation import Truncation
from seeding.runs.audit import AuditLog
from seeding.runs.lifecycle import Operation
from seeding.runs.transaction_size import row_width

REFUSALS = 20
"""Refused rows per table after which failing portions are left whole instead of bisected."""


class Execution:
    """Carries out one plan. `plan` is the current version: rows that must stay after all are not deleted.

    It calls `before` with the names of the tables whose rows are about to change or to go.
    """

    def __init__(
        self, operation: Operation, planner: Planner, plan: RollbackPlan, strategy: Strategy, run: SeedRun, *,
        before: Callable[[Collection[str]], None],
    ) -> None:  # fmt: skip
        self.plan = plan
        self.cached: dict[str, KeySet] = {}
        """The real rows of caches that were deleted: table → primary keys."""
        self._operation = operation
        self._planner = planner
        self._before = before
        self._run = run
        using = operation.config.database
        tools = (using, operation.ledger, operation.lock, AuditLog(run, operation.database_name), run)
        self._deleter = Deleter(*tools, tracer=planner.tracer, caches=planner.caches)
        self._truncation = Truncation(*tools, tracer=planner.tracer)
        self._truncates = strategy is Strategy.TRUNCATE and features(connections[using]).truncates

    def run(self) -> list[RollbackResult]:
        """Delete table by table, referring tables first; returns a result per table."""
        results: list[RollbackResult] = []
        for table in self.plan.order:
            if self._truncates and table not in self.plan.there:
                continue
            self._operation.note(self._run, table, results)
            self._before({table, *(link.table for link in self.plan.circular if link.target == table)})
            doomed = self.plan.doomed(table)
            result = self._truncate(table) if self._truncates else self._delete(table)
            results.append(self._counted(result, doomed - self.plan.kept.get(table, NOTHING)))
        return results

    def _counted(self, result: RollbackResult, gone: KeySet) -> RollbackResult:
        """The result, with an error if rows still exist under keys reported as gone."""
        schema, present = self.plan.there.get(result.table), self._planner.tracer.present
        left = self._operation.retry(partial(present, schema, gone)) if schema and gone else NOTHING
        if not left:
            return result
        error = f"{len(left):,} rows are still there under keys that were rolled back, the first {left.first(1)[0]}"
        self._operation.tell(
            "count", f"{result.table}: {error}", level="error", table=result.table, keys=self._listed(result.table, left)
        )
        return replace(result, error=f"{result.error} {error}".strip())

    def _delete(self, table: str) -> RollbackResult:
        started, planned = time.monotonic(), len(self.plan.selected[table])
        deleted = gone = failed = refusals = 0
        error = ""
        live = self._operation.ledger.live.filter(table_name=table).order_by("seeder_name", "-first_index")
        batches, width = self._operation.retry(lambda: (list(live), self._width(table)))
        seeder = "+".join(sorted({batch.seeder_name for batch in batches}))
        self._operation.tell("start", f"{planned} seeded rows of {table}", seeder=seeder, table=table, planned=planned)
        for portion, keys in _portions(batches, self.plan.doomed(table)):
            waiting = [keys]
            while waiting:
                doomed = waiting.pop() & self.plan.doomed(table)
                if not doomed:
                    continue
                rows = doomed.last(self._operation.size.rows(width))
                if earlier := doomed - rows:
                    waiting.append(earlier)
                try:
                    delete = partial(self._deleter.delete, self.plan, table, portion, rows)
                    outcome = self._operation.retry(delete, written=len(rows) * width)
                except DatabaseError as refused:
                    if self._operation.size.reduces_for(refused, len(rows), width):
                        waiting.append(rows)
                        continue
                    if transience(refused) is Transience.CONNECTION:
                        raise
                    if len(rows) > 1 and refusals < REFUSALS:
                        half = rows.last(len(rows) // 2)
                        waiting += [rows - half, half]
                        continue
                    words = error_text(refused)  # a trigger may quote the row
                    refusals, failed, error = refusals + 1, failed + len(rows), f"the database refused: {words}"
                    keep = partial(self._planner.keep, self.plan, table, rows, f"the database would not delete them: {words}")
                    self.plan = self._operation.retry(keep)
                    self._operation.tell(
                        "fail",
                        f"{table}: {error}",
                        level="error",
                        seeder=seeder,
                        error=redacted(refused),
                        keys=self._listed(table, rows),
                    )
                    continue
                deleted, gone = deleted + len(outcome.deleted), gone + len(outcome.gone)
                self._keep(table, outcome)
                self._operation.tell(
                    "delete", f"{len(outcome.deleted)} rows of {table}", level="debug", seeder=seeder,
                    record_count=len(outcome.deleted), done=deleted + gone, keys=self._listed(table, outcome.deleted),
                )  # fmt: skip
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
        self._operation.tell(
            "finish", f"{deleted} rows of {table} deleted", seeder=seeder, record_count=deleted, duration=result.duration
        )
        return result

    def _keep(self, table: str, outcome: Deletion) -> None:
        """Keep what turned out to be needed, or not to be what was seeded, with all that it needs."""
        if outcome.changed:
            keep = partial(self._planner.keep, self.plan, table, outcome.changed, REPLACED)
            self.plan = self._operation.retry(keep)
        for link, pairs in outcome.referred.items():
            self.plan = self._operation.retry(partial(self._planner.keep_for, self.plan, link, pairs))
        self.plan = self.plan.without(table, outcome.deleted | outcome.gone)
        for cache, rows in outcome.cached.items():
            self.cached[cache] = self.cached.get(cache, NOTHING) | rows
            told = {"table": cache, "record_count": len(rows), "keys": self._listed(cache, rows)}
            self._operation.tell("delete", f"{len(rows)} real rows of the cache {cache}", level="debug", **told)

    def _listed(self, table: str, keys: KeySet) -> list[Any]:
        """The keys, as the log tells them."""
        return self._planner.tracer.identity(table, table).listed(keys)

    def _width(self, table: str) -> float:
        """About how many bytes a row of the table takes, where that matters."""
        schema, doomed = self.plan.there.get(table), len(self.plan.doomed(table))
        return row_width(self._operation.config.database, table, schema.columns, doomed) if schema else 0

    def _truncate(self, table: str) -> RollbackResult:
        started, planned = time.monotonic(), len(self.plan.selected[table])
        deleted, gone = self._truncation.empty(self.plan, table)
        self._operation.tell(
            "truncate", f"{table} is empty", record_count=len(deleted), table=table, keys=self._listed(table, deleted)
        )
        return RollbackResult(
            table=table,
            records_planned=planned,
            records_deleted=len(deleted),
            records_gone=len(gone),
            duration=time.monotonic() - started,
        )


def _portions(batches: Sequence[SeedingMetadata], doomed: KeySet) -> Iterator[tuple[list[int], KeySet]]:
    """The doomed rows in portions of at most ROWS_PER_TRANSACTION, last rows first, each with its ledger entries."""
    entries: list[int] = []
    rows = NOTHING
    for batch in batches:
        left = batch.keys & doomed
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
