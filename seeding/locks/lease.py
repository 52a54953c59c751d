"""The lease on seeding a database: a row that every node of a cluster sees, and the fence that makes a lost lease harmless.

A server's own lock holds on one node, and ends with one connection. The lease is taken by a change of its generation, which
only one of several nodes can commit, and it is renewed while its holder lives. Nothing relies on clocks or on the holder's
own opinion: whoever takes the lease rewrites the fence, and every transaction of a run updates the fence last. So a
transaction of an earlier generation either has committed before the lease was taken, or does not commit.
"""

from __future__ import annotations

import getpass
import os
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import DatabaseError, Error, IntegrityError, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from seeding.db.retries import TransactionTooLargeError, Transience, sqlstate, transience
from seeding.db.sql import quoted
from seeding.exceptions import LockLostError
from seeding.models import SeedingFence, SeedingLease

LEASE_SECONDS = 15
"""How long a lease lasts unless it is renewed: how long a dead holder on another node keeps others out."""
SLOT = 0
"""The fence's row of the connection that writes."""
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

COLUMNS = ("generation", "token", "command", "run", "host", "account", "connection", "server", "taken_at")
UNWRITABLE = frozenset({1142, 1146})
UNWRITABLE_STATES = frozenset({"42501", "42P01"})
"""No right to change the table, and no such table; the same as PostgreSQL's SQLSTATEs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """SQL of one kind of server. Times are compared where they are made: by the server."""

    now: str
    later: str
    """In `%(seconds)s`."""
    left: str
    """Seconds from now until `expires_at`."""
    here: str
    """Identifies the server; the same after it was restarted."""
    undoes: str = "FALSE"
    """Whether the server may undo a transaction whose COMMIT it answers."""


@dataclass(frozen=True, slots=True)
class LeaseState:
    """The lease as it is in the database: COLUMNS, and what the server adds to them."""

    generation: int
    token: str
    command: str
    run: int | None
    host: str
    account: str
    connection: int | None
    server: str
    taken_at: datetime | None
    left: float | None
    """Seconds until it expires; negative if it has."""
    here: str
    """The server that was asked."""
    undoes: bool
    """Whether it may undo a transaction whose COMMIT it answers."""

    @property
    def is_live(self) -> bool:
        """Whether somebody holds it who has renewed it in time."""
        return bool(self.token) and self.left is not None and self.left > 0

    @property
    def is_local(self) -> bool:
        """Whether its holder also has the server's own lock, on the server that was asked."""
        return bool(self.server) and self.server == self.here


class Lease:
    """The lease of one database. Except for `fence`, it is used on the connection that it is given."""

    def __init__(self, using: str, clock: Clock, command: str) -> None:
        self.using = using
        self.run: int | None = None
        self._clock = clock
        self._command = command
        self._token = ""
        self._generation: int | None = None
        self._first_beat = self._beats = 0
        """What the fence held when it was taken, and how many transactions are known to be committed since."""
        self._undoes = False
        self._counted_on: Any = None
        """The driver's connection on which the beats were counted last."""

    @property
    def is_held(self) -> bool:
        """Whether it was taken, and has not been given up or found to be lost."""
        return self._generation is not None

    def read(self, connection: BaseDatabaseWrapper) -> LeaseState | None:
        """The lease now; None if nobody has ever taken it, or this database has no ledger of this version."""
        try:
            return self._state(connection)
        except DatabaseError as error:
            if is_unwritable(error):
                return None
            raise

    def take(self, connection: BaseDatabaseWrapper, holds: int | None) -> bool:
        """Take it if it is free or expired, or if its holder had the lock of this server, which this connection has now.

        `holds` identifies the connection that has the server's own lock; None if none has. False if another holds the lease,
        or has been faster. Raises DatabaseError if it cannot be written at all (`is_unwritable`).
        """
        token, beat = secrets.token_hex(16), secrets.randbelow(TERMS) * TERM
        try:
            with _transaction(connection):
                found = self._state(connection) or self._first_state(connection)
                if found.is_live and not (holds is not None and found.is_local):
                    return False
                generation = found.generation + 1
                if not self._write(connection, generation, token, holds, beat=beat):
                    return False
        except DatabaseError as error:
            if isinstance(error, IntegrityError) or transience(error) is Transience.CONTENTION:
                return False
            raise
        self._generation, self._token = generation, token
        self._first_beat, self._beats, self._counted_on = beat, 0, None
        self._undoes = found.undoes
        return True

    def renew(self, connection: BaseDatabaseWrapper, holds: int | None) -> bool:
        """Prolong it; `holds` as in `take`. False if another has taken it, or if it is not held."""
        changes = f"renewed_at = {self._clock.now}, expires_at = {self._clock.later}, {self._place(holds)}"
        if self._generation is not None and self._change(connection, f"{changes}, run = %(run)s", holds=holds, run=self.run):
            return True
        self._generation = None
        return False

    def release(self, connection: BaseDatabaseWrapper) -> None:
        """Give it back, if it is still ours."""
        if self._generation is not None:
            self._change(connection, "token = '', server = ''")
        self._generation = self.run = None

    def take_away(self, connection: BaseDatabaseWrapper) -> None:
        """Free it, whoever holds it: that run does not commit again."""
        with _transaction(connection):
            found = self._state(connection)
            if found is not None and found.token:
                self._write(connection, found.generation + 1, "", None)

    def fence(self) -> None:
        """Raise LockLostError unless the run's open transaction may commit; to be called as the last thing in it.

        From then on nobody takes the lease before the transaction has ended. A server that lacks a transaction of this run
        has another beat: what the run knows of its rows and keys is not true there, and others may have used the keys.
        """
        connection = connections[self.using]
        table = quoted(connection, SeedingFence._meta.db_table)
        ours, beats = "slot = %s AND generation = %s", "beat BETWEEN %s AND %s"
        values = [SLOT, self._generation, self._first_beat + self._beats, self._first_beat + TERM - 1]
        with connection.cursor() as cursor:
            cursor.execute(f"UPDATE {table} SET beat = beat + 1 WHERE {ours} AND {beats}", values)  # noqa: S608 - quoted
            if cursor.rowcount == 1:
                if connection.connection is not self._counted_on:
                    self._beats = self._beat(connection) - 1 - self._first_beat
                    self._counted_on = connection.connection
                return
            cursor.execute(f"SELECT 1 FROM {table} WHERE {ours}", values[:2])  # noqa: S608
            raise LockLostError(FORGOTTEN) if cursor.fetchone() else LockLostError

    def committed(self) -> None:
        """Count a transaction whose commit was answered; raises TransactionTooLargeError if the server has undone it."""
        if self._undoes and self._beat(connections[self.using]) == self._first_beat + self._beats:
            raise TransactionTooLargeError(UNDONE)
        self._beats += 1

    def _beat(self, connection: BaseDatabaseWrapper) -> int:
        with connection.cursor() as cursor:
            fence = quoted(connection, SeedingFence._meta.db_table)
            cursor.execute(f"SELECT beat FROM {fence} WHERE slot = {SLOT}")  # noqa: S608 - the name is quoted
            return int(cursor.fetchone()[0])

    def _state(self, connection: BaseDatabaseWrapper) -> LeaseState | None:
        columns = f"{', '.join(COLUMNS)}, {self._clock.left}, {self._clock.here}, {self._clock.undoes}"
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {columns} FROM {_table(connection)} WHERE id = 1", {})  # noqa: S608 - the name is quoted
            row = cursor.fetchone()
        if row is None:
            return None
        *stored, taken, left, here, undoes = row
        if taken is not None and taken.tzinfo is None:  # MySQL's have none
            taken = taken.replace(tzinfo=UTC)
        values = (*stored, taken, None if left is None else float(left), here, bool(undoes))
        return LeaseState(*values)

    def _first_state(self, connection: BaseDatabaseWrapper) -> LeaseState:
        """The lease of a database in which nobody has taken it yet."""
        empty = "(id, generation, token, command, host, account, server) VALUES (1, 0, '', '', '', '', '')"
        _execute(connection, f"INSERT INTO {_table(connection)} {empty}", {})
        found = self._state(connection)
        assert found is not None  # it was inserted in this transaction
        return found

    def _write(self, connection: BaseDatabaseWrapper, generation: int, token: str, holds: int | None, *, beat: int = 0) -> bool:
        """Write the new generation into the lease and the fence; False if another has been faster."""
        table = _table(connection)
        values = {
            "token": token, "before": generation - 1, "generation": generation, "command": self._command, "holds": holds,
            "host": socket.gethostname(), "account": getpass.getuser(), "process": os.getpid(), "seconds": LEASE_SECONDS,
            "beat": beat,
        }  # fmt: skip
        now, later = self._clock.now, self._clock.later
        changed = _execute(
            connection,
            f"UPDATE {table} SET generation = %(generation)s, token = %(token)s, command = %(command)s, run = NULL, "  # noqa: S608
            f"host = %(host)s, account = %(account)s, process_id = %(process)s, {self._place(holds)}, "
            f"taken_at = {now}, renewed_at = {now}, expires_at = {later} WHERE id = 1 AND generation = %(before)s",
            values,
        )
        if changed != 1:
            return False
        fence = quoted(connection, SeedingFence._meta.db_table)
        if not _execute(connection, f"UPDATE {fence} SET generation = %(generation)s, beat = %(beat)s", values):  # noqa: S608
            _execute(
                connection,
                f"INSERT INTO {fence} (slot, generation, beat) VALUES ({SLOT}, %(generation)s, %(beat)s)",  # noqa: S608
                values,
            )
        return True

    def _place(self, holds: int | None) -> str:
        """Where the server's own lock is held."""
        return f"connection = %(holds)s, server = {self._clock.here if holds is not None else repr('')}"

    def _change(self, connection: BaseDatabaseWrapper, changes: str, **values: Any) -> bool:
        """Change the lease if it is ours."""
        ours = {"token": self._token, "generation": self._generation, "seconds": LEASE_SECONDS, **values}
        sql = f"UPDATE {_table(connection)} SET {changes} WHERE id = 1 AND generation = %(generation)s AND token = %(token)s"  # noqa: S608
        return _execute(connection, sql, ours) == 1


def is_unwritable(error: BaseException) -> bool:
    """Whether the lease is not there, or this account may not change it: then this command cannot write anything else."""
    return bool(UNWRITABLE.intersection(error.args[:1])) or sqlstate(error) in UNWRITABLE_STATES


@contextmanager
def _transaction(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """A transaction on a connection that is not the one of its alias."""
    connection.set_autocommit(False)
    try:
        yield
        connection.commit()
    except BaseException:
        with suppress(Error):  # a lost connection has nothing to roll back
            connection.rollback()
            connection.set_autocommit(True)
        raise
    connection.set_autocommit(True)


def _execute(connection: BaseDatabaseWrapper, sql: str, values: dict[str, Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return int(cursor.rowcount)


def _table(connection: BaseDatabaseWrapper) -> str:
    return quoted(connection, SeedingLease._meta.db_table)
