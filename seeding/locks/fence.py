"""The fence: a row that every transaction of a run updates last, so that a run that has lost its lease does not commit.

There is a row per connection that writes. Whoever takes the lease rewrites them all, and waits for transactions that have
updated theirs: a transaction of an earlier generation either has committed before the lease was taken, or does not commit.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from django.db import connections, transaction

from seeding.db.retries import TransactionTooLargeError
from seeding.db.sql import quoted
from seeding.exceptions import LockLostError
from seeding.models import SeedingFence

TERM, TERMS = 2**32, 2**30
"""A holder counts its transactions from a random multiple of TERM: two servers, neither of which knows what the other has
committed, may give out the same generation."""
FORGOTTEN = (
    "The server lacks transactions that it, or the one before it, has committed for this run: it crashed, or took over without "
    "them. The open batch was rolled back. Run again."
)
UNDONE = (
    "The server answered the COMMIT and has undone the transaction, which is near max_binlog_cache_size: raise that, or lower "
    "SEEDING_TRANSACTION_MB."
)


class Fenced(ABC):
    """What makes a transaction commit only while this run holds the lock of the database `using`."""

    using: str

    @abstractmethod
    def fence(self) -> None:
        """Raise LockLostError unless this run still holds the lock; the last thing in a transaction, whose commit it covers."""

    @contextmanager
    def fenced(self) -> Iterator[None]:
        """A transaction that commits only if this run still holds the lock; every change of rows or ledger is made in one."""
        outermost = not connections[self.using].in_atomic_block
        with transaction.atomic(using=self.using):
            yield
            self.fence()
        if outermost:
            self.committed()

    def committed(self) -> None:  # noqa: B027 - there may be nothing to note
        """Take note of a commit that was answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """Leave for one connection to commit in the name of the lease's holder."""

    slot: int
    """The row of the fence."""
    generation: int
    """The lease's."""
    first_beat: int
    """What that row held when the leave was given."""
    beats: int = 0
    """How many transactions are known to be committed since."""
    undoes: bool = False
    """Whether the server may undo a transaction whose COMMIT it answers."""


class Fence(Fenced):
    """The row of the fence that belongs to this thread's connection.

    With a `condition` in SQL a transaction commits only while it is true. A server that lacks a transaction of this run has
    another beat: what the run knows of its rows and keys is not true there, and others may have used the keys.
    """

    def __init__(self, using: str, grant: Grant, condition: str = "") -> None:
        self.using = using
        self.grant = grant
        self._condition = f" AND {condition}" if condition else ""
        self._counted_on: Any = None
        """The driver's connection on which the beats were counted last."""

    def fence(self) -> None:
        """Update the row, which nobody rewrites before the transaction has ended."""
        connection, grant = connections[self.using], self.grant
        table = quoted(connection, SeedingFence._meta.db_table)
        ours, beats = "slot = %s AND generation = %s", "beat BETWEEN %s AND %s"
        last = grant.first_beat - grant.first_beat % TERM + TERM - 1
        values = [grant.slot, grant.generation, grant.first_beat + grant.beats, last]
        with connection.cursor() as cursor:
            change = f"UPDATE {table} SET beat = beat + 1 WHERE {ours} AND {beats}{self._condition}"  # noqa: S608 - quoted
            cursor.execute(change, values)
            if cursor.rowcount == 1:
                if connection.connection is not self._counted_on:
                    self.grant = replace(grant, beats=self._beat() - 1 - grant.first_beat)
                    self._counted_on = connection.connection
                return
            cursor.execute(f"SELECT beat FROM {table} WHERE {ours}", values[:2])  # noqa: S608
            found = cursor.fetchone()
            is_forgotten = found is not None and not values[2] <= int(found[0]) <= last
            raise LockLostError(FORGOTTEN) if is_forgotten else LockLostError

    def committed(self) -> None:
        """Count the transaction; raises TransactionTooLargeError if the server has undone it."""
        grant = self.grant
        if grant.undoes and self._beat() == grant.first_beat + grant.beats:
            raise TransactionTooLargeError(UNDONE)
        self.grant = replace(grant, beats=grant.beats + 1)

    def _beat(self) -> int:
        connection = connections[self.using]
        with connection.cursor() as cursor:
            fence = quoted(connection, SeedingFence._meta.db_table)
            cursor.execute(f"SELECT beat FROM {fence} WHERE slot = %s", [self.grant.slot])  # noqa: S608 - the name is quoted
            return int(cursor.fetchone()[0])
