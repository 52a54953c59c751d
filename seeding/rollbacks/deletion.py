"""Deletes seeded rows in bounded transactions, each with its ledger update and its audit line.

The database never cascades. A transaction locks its rows, checks again for rows that refer to them, and deletes those without
references. On MySQL and MariaDB it runs with foreign_key_checks off, so no cascade can fire, not even for a row inserted in
the meantime; the insertion of such a row waits for the row locks and is then rejected (error 1452).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from django.db import DatabaseError, connections

from seeding.db.features import without_foreign_keys
from seeding.db.retries import Transience, transience
from seeding.db.sql import quoted
from seeding.exceptions import RollbackError, SeedingError
from seeding.keys import NOTHING, KeySet, union
from seeding.ledger.recorder import Recorder
from seeding.ledger.row_digests import recorded_digests, replaced
from seeding.ledger.row_identity import RowIdentity
from seeding.locks import SeedingLock
from seeding.models import SeedRun
from seeding.rollbacks.caches import Caches
from seeding.rollbacks.plan import RollbackPlan
from seeding.runs.audit import CACHE, AuditLog
from seeding.schema.relations import Relation
from seeding.verification.referring_rows import Pairs, Tracer

ROWS_PER_TRANSACTION = 20_000
"""Unless they are wide."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deletion:
    """The result of one transaction."""

    deleted: KeySet
    gone: KeySet
    """Rows of the ledger that were no longer in the table."""
    referred: Mapping[Relation, Sequence[Pairs]]
    """Rows that stay because other rows have referred to them since planning."""
    changed: KeySet
    """Rows that stay because they are not what was seeded, under keys that somebody could use again."""
    cached: Mapping[str, KeySet]
    """The real rows of caches that went along."""


class Deleter:
    """Deletes from one database. `lock` must be held; the ledger and the audit log name `run`."""

    def __init__(
        self, using: str, ledger: Recorder, lock: SeedingLock, audit: AuditLog, run: SeedRun, *, tracer: Tracer, caches: Caches
    ) -> None:
        self._using = using
        self._ledger = ledger
        self._lock = lock
        self._audit = audit
        self._run = run
        self._tracer = tracer
        self._caches = caches
        self._cached: Mapping[str, KeySet] = {}
        """What of caches goes with a transaction that may have been committed, as long as its commit is unanswered."""

    def delete(self, plan: RollbackPlan, table: str, batches: Collection[int], keys: KeySet) -> Deletion:
        """Delete the rows `keys` of the ledger's entries `batches` in one transaction.

        Idempotent. Raises LockLostError before a commit that the lock no longer covers.
        """
        audited: list[tuple[RowIdentity, str, str, KeySet]] = []
        cached: Mapping[str, KeySet] = {}
        has_ended = False
        there = plan.there.get(table)
        found_by = self._tracer.identity(table, there.primary_key if there else "")
        try:
            with without_foreign_keys(connections[self._using]), self._lock.fenced():
                entries = list(self._ledger.live.filter(pk__in=batches))
                wanted = keys & union(entry.keys for entry in entries)
                # Rows no longer in the ledger were deleted by an attempt whose commit went unanswered.
                unheard = keys - wanted
                before = self._cached if unheard else {}
                present = self._tracer.present(there, wanted, locking=True) if there else NOTHING
                referred = {link: list(pairs) for link, pairs in self._referred(plan, table, present)}
                changed = NOTHING
                if there is not None:
                    changed = replaced(there, found_by, present, recorded_digests(entries), locking=True)
                if plan.caches:
                    cached, held = self._caches.due(plan, table, present, _needed(referred) | changed)
                    for link, pairs in held:
                        referred.setdefault(link, []).extend(pairs)
                going = present - _needed(referred) - changed
                null_out(self._using, self._tracer, plan, table, going)
                for cache, rows in cached.items():
                    self._delete(plan, cache, rows)
                    audited.append((self._tracer.identity(cache, plan.there[cache].primary_key), cache, CACHE, rows))
                    self._audit.record(*audited[-1])
                self._delete(plan, table, going)
                gone = wanted - present
                for entry in entries:
                    audited.append((found_by, table, entry.seeder_name, entry.keys & going))
                    self._audit.record(*audited[-1])
                self._ledger.retire(entries, going | gone, self._run)
                cached = {table: union(one.get(table, NOTHING) for one in (before, cached)) for table in {*before, *cached}}
                self._cached = cached
                has_ended = True
        except BaseException as error:
            for line in audited if _is_undone(error) or not has_ended else ():
                self._audit.record(*line, operation="not deleted")
            raise
        self._cached = {}
        for cache, rows in before.items():
            self._audit.record(self._tracer.identity(cache, plan.there[cache].primary_key), cache, CACHE, rows)
        if unheard:
            self._audit.record(found_by, table, "+".join(self._ledger.seeders_of(batches)), unheard)
        return Deletion(deleted=going | unheard, gone=gone, referred=referred, changed=changed, cached=cached)

    def _referred(self, plan: RollbackPlan, table: str, keys: KeySet) -> Iterator[tuple[Relation, Iterator[Pairs]]]:
        """Which rows refer to these by a declared key now; undeclared references were checked during planning."""
        for link in plan.into(table):
            if link.declared:
                ours = plan.doomed(link.table) | plan.caches.get(link.table, NOTHING)
                yield link, self._tracer.referring(link, keys, apart_from=ours, locking=True)

    def _delete(self, plan: RollbackPlan, table: str, keys: KeySet) -> None:
        deleted = 0
        with connections[self._using].cursor() as cursor:
            for _, (condition, values) in self._tracer.identity(table, plan.there[table].primary_key).pieces(keys):
                cursor.execute(f"DELETE FROM {self._quoted(table)} WHERE {condition}", values)  # noqa: S608 - names are quoted
                deleted += cursor.rowcount
        if deleted != len(keys):
            raise RollbackError(f"{table}: {deleted:,} rows were deleted instead of {len(keys):,}; the transaction was undone.")

    def _quoted(self, name: str) -> str:
        return quoted(connections[self._using], name)


def _is_undone(error: BaseException) -> bool:
    """Whether an error of a COMMIT says that the transaction was rolled back; one that goes unanswered may be committed."""
    families = (None, Transience.CONTENTION, Transience.SIZE)
    return isinstance(error, (DatabaseError, SeedingError)) and transience(error) in families


def _needed(referred: Mapping[Relation, Sequence[Pairs]]) -> KeySet:
    return union(KeySet.holding(pairs.targets) for found in referred.values() for pairs in found)


def null_out(using: str, tracer: Tracer, plan: RollbackPlan, table: str, keys: KeySet) -> None:
    """Set references to the rows `keys` of `table` to null in rows that are deleted later, in the current transaction.

    So an interrupted rollback leaves none dangling. If the database enforces the foreign key, also in rows that are deleted
    together with them.
    """
    connection = connections[using]
    quote = partial(quoted, connection)
    for link in plan.circular:
        if link.target != table:
            continue
        staying = plan.doomed(link.table)
        if link.table == table and not link.declared:
            staying -= keys
        changes = ", ".join(
            [
                f"{quote(link.column)} = NULL",
                *(f"{quote(name)} = {quote(name)}" for name in plan.there[link.table].auto_updated),
            ]
        )
        children = tracer.children(link, keys, staying)
        for _, (condition, values) in tracer.identity(link.table, link.key).pieces(children):
            with connection.cursor() as cursor:
                cursor.execute(f"UPDATE {quote(link.table)} SET {changes} WHERE {condition}", values)  # noqa: S608 - quoted
