"""Truncates tables that hold only seeded rows. TRUNCATE commits implicitly, so the ledger announces it beforehand.

A run that dies in between leaves entries that are live and marked as rolled back. The next command determines whether their
table was emptied (`Recorder.settle_truncations`), since keys are not reliable then: an emptied table counts from 1 again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from django.db import DatabaseError, connections

from seeding.db.sql import Condition, count_rows, quoted, quoted_plainly
from seeding.db.topology import Topology
from seeding.exceptions import RefusedError
from seeding.keys import KeySet
from seeding.ledger.recorder import Recorder
from seeding.ledger.row_digests import Digests, recorded_digests, replaced
from seeding.locks import SeedingLock
from seeding.models import SeedingFence, SeedRun
from seeding.rollbacks.deletion import null_out
from seeding.rollbacks.plan import RollbackPlan
from seeding.runs.audit import AuditLog
from seeding.schema.relations import Relation
from seeding.verification.referring_rows import Tracer

MISSING_RIGHT = frozenset({1044, 1142, 1143, 1227})
"""Error numbers of MySQL and MariaDB."""


def refuse_unless_seeded_alone(plan: RollbackPlan, tracer: Tracer, topology: Topology) -> None:
    """Raise RefusedError, naming each, if tables of the plan hold rows that are not to be deleted, or cannot be truncated."""
    if topology.membership.is_shared:
        raise RefusedError(
            "--strategy=truncate locks tables, and other nodes of this cluster write to them all the same: rows that they "
            "insert meanwhile would be lost. Nothing was changed. Leave --strategy out to delete the seeded rows instead."
        )
    versioned = [table for table in plan.order if table in plan.there and plan.there[table].keeps_history]
    if versioned:
        raise RefusedError(
            f"MariaDB does not truncate system-versioned tables: {', '.join(versioned)}. Nothing was changed. "
            "Leave --strategy out to delete the seeded rows instead."
        )
    given = [table for table in plan.order if table in plan.there and tracer.identity(table, table).is_of_ledger]
    if given:
        raise RefusedError(
            f"--strategy=truncate takes no tables whose keys somebody could have used again: {', '.join(given)}. "
            "Nothing was changed. Leave the option out to delete the seeded rows instead."
        )
    problems = [
        f"{table} keeps {len(plan.kept[table]):,} of its seeded rows"
        if plan.kept.get(table)
        else f"{table} holds other rows too"
        for table in plan.order
        if table in plan.there
        and (
            plan.kept.get(table) or tracer.total(plan.there[table]) > len(tracer.present(plan.there[table], plan.doomed(table)))
        )
    ]
    if problems:
        raise RefusedError(
            f"--strategy=truncate requires tables that hold only seeded rows: {'; '.join(problems)}. "
            "Nothing was changed. Leave the option out to delete only the seeded rows."
        )


class Truncation:
    """Empties tables of a MySQL or MariaDB database. `lock` must be held; the ledger and the audit log name `run`."""

    def __init__(
        self, using: str, ledger: Recorder, lock: SeedingLock, audit: AuditLog, run: SeedRun, *, tracer: Tracer
    ) -> None:
        self._using = using
        self._ledger = ledger
        self._lock = lock
        self._audit = audit
        self._run = run
        self._tracer = tracer

    def empty(self, plan: RollbackPlan, table: str) -> tuple[KeySet, KeySet]:
        """Empty the table; returns the deleted rows, and those that were already gone.

        Raises RefusedError if the table, or one that refers to it, was written to since planning.
        """
        doomed = plan.doomed(table)
        present = self._tracer.present(plan.there[table], doomed)
        with self._lock.fenced():
            entries = list(self._ledger.live.filter(table_name=table))
            self._ledger.retire(entries, doomed - present, self._run)
            due = self._ledger.announce_truncation(table, self._run)
            null_out(self._using, self._tracer, plan, table, present)
        found_by = self._tracer.identity(table, plan.there[table].primary_key)
        lines = [(found_by, table, entry.seeder_name, entry.keys) for entry in due]
        came_to_pass: bool | None = False
        try:
            with self._alone(plan, table):
                self._refuse_if_written(plan, table, present, recorded_digests(due))
                self._lock.fence()
                for line in lines:
                    self._audit.record(*line, operation="truncate")
                came_to_pass = None  # unknown until the server answers
                self._execute(f"TRUNCATE TABLE {self._quoted(table)}")
                came_to_pass = True
        except DatabaseError as error:
            if error.args and error.args[0] in MISSING_RIGHT:
                if came_to_pass is None:
                    came_to_pass = False
                    for line in lines:
                        self._audit.record(*line, operation="not deleted")
                raise RefusedError(
                    f"{table} was not truncated: the rights LOCK TABLES and DROP are needed for it ({error}). "
                    "Leave --strategy out to delete the seeded rows instead."
                ) from error
            raise
        finally:
            with self._lock.fenced():
                self._ledger.settle_truncations(came_to_pass=came_to_pass)
        return present, doomed - present

    @contextmanager
    def _alone(self, plan: RollbackPlan, table: str) -> Iterator[None]:
        """Lock out all other writers to the table and to those that refer to it, within a block; the fence is updated in it."""
        referring = sorted({link.table for link in plan.into(table) if link.declared} - {table})
        locks = [f"{self._quoted(one)} WRITE" for one in (table, SeedingFence._meta.db_table)] + [
            *(f"{self._quoted(one)} READ" for one in referring)
        ]
        self._execute(f"LOCK TABLES {', '.join(locks)}")
        try:
            self._execute("SET SESSION foreign_key_checks = 0")
            yield
        finally:
            self._execute("SET SESSION foreign_key_checks = 1")
            self._execute("UNLOCK TABLES")

    def _refuse_if_written(self, plan: RollbackPlan, table: str, present: KeySet, held: Iterable[Digests]) -> None:
        there = plan.there[table]
        others = replaced(there, self._tracer.identity(table, there.primary_key), present, held)
        if others or count_rows(connections[self._using], table) != len(present):
            raise RefusedError(f"{table} was written to in the meantime; it was not truncated. Run again.")
        with connections[self._using].cursor() as cursor:
            for link in plan.into(table):
                if not link.declared or link.table == table:
                    continue
                for condition, values in self._naming(link, present):
                    cursor.execute(f"SELECT 1 FROM {self._named(link.table)} WHERE {condition} LIMIT 1", values)  # noqa: S608
                    if cursor.fetchone():
                        raise RefusedError(f"A row of {link.table} now refers to {table}; it was not truncated. Run again.")

    def _naming(self, link: Relation, keys: KeySet) -> Iterator[Condition]:
        """Conditions for rows that refer to `keys`, all existing rows: any reference counts if it is not to the primary key."""
        column = self._named(link.column)
        if link.target_column == link.target_key:
            yield from (piece.condition_on(column) for piece in keys.pieces())
        else:
            yield f"{column} IS NOT NULL", []

    def _execute(self, statement: str) -> None:
        with connections[self._using].cursor() as cursor:
            cursor.execute(statement)

    def _named(self, name: str) -> str:
        """For a statement with parameters."""
        return quoted(connections[self._using], name)

    def _quoted(self, name: str) -> str:
        return quoted_plainly(connections[self._using], name)
