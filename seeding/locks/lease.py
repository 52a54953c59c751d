"""The lease on seeding a database: a row that every node of a cluster sees.

A server's own lock holds on one node, and ends with one connection. The lease is taken by a change of its generation, which
only one of several nodes can commit, and it is renewed while its holder lives. Nothing relies on clocks or on the holder's
own opinion: whoever takes the lease rewrites the fence, which makes a lost lease harmless.
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

from seeding.db.retries import Transience, sqlstate, transience
from seeding.db.sql import quoted
from seeding.exceptions import LockLostError
from seeding.locks.fence import TERM, TERMS, Fence, Grant
from seeding.models import SeedingFence, SeedingLease

LEASE_SECONDS = 15
"""How long a lease lasts unless it is renewed: how long a dead holder on another node keeps others out."""
SLOT = 0
"""The fence's row of the connection that writes."""
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
        self._undoes = False
        self._fence: Fence | None = None
        """That of the run's own connection."""

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
        self._undoes = found.undoes
        self._fence = Fence(self.using, Grant(slot=SLOT, generation=generation, first_beat=beat, undoes=found.undoes))
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
        """Raise LockLostError unless the run's open transaction may commit; to be called as the last thing in it."""
        self._own_fence.fence()

    def committed(self) -> None:
        """Count a transaction whose commit was answered; raises TransactionTooLargeError if the server has undone it."""
        self._own_fence.committed()

    def admit(self, slot: int) -> Grant:
        """Leave for another connection to commit; whoever had that of the same `slot` does not commit again.

        To be called inside a transaction that is fenced itself. It waits for one that is committing by the leave of before.
        """
        generation, beat = self._own_fence.grant.generation, secrets.randbelow(TERMS) * TERM
        _set_fence(connections[self.using], generation, beat, slot)
        return Grant(slot=slot, generation=generation, first_beat=beat, undoes=self._undoes)

    @property
    def _own_fence(self) -> Fence:
        if self._fence is None:
            raise LockLostError
        return self._fence

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
        _set_fence(connection, generation, beat)
        return True

    def _place(self, holds: int | None) -> str:
        """Where the server's own lock is held."""
        return f"connection = %(holds)s, server = {self._clock.here if holds is not None else repr('')}"

    def _change(self, connection: BaseDatabaseWrapper, changes: str, **values: Any) -> bool:
        """Change the lease if it is ours."""
        ours = {"token": self._token, "generation": self._generation, "seconds": LEASE_SECONDS, **values}
        sql = f"UPDATE {_table(connection)} SET {changes} WHERE id = 1 AND generation = %(generation)s AND token = %(token)s"  # noqa: S608
        return _execute(connection, sql, ours) == 1


def live(connection: BaseDatabaseWrapper, clock: Clock) -> str:
    """A condition in SQL: somebody holds the lease and has renewed it in time. Without parameters."""
    table = _table(connection)
    return f"EXISTS (SELECT 1 FROM {table} WHERE id = 1 AND token <> '' AND {clock.left} > 0)"  # noqa: S608 - quoted


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


def _set_fence(connection: BaseDatabaseWrapper, generation: int, beat: int, slot: int | None = None) -> None:
    """Set a row of the fence, or all of them."""
    fence, one = quoted(connection, SeedingFence._meta.db_table), "" if slot is None else " WHERE slot = %(slot)s"
    values = {"generation": generation, "beat": beat, "slot": SLOT if slot is None else slot}
    changed = _execute(connection, f"UPDATE {fence} SET generation = %(generation)s, beat = %(beat)s{one}", values)  # noqa: S608
    if not changed:
        columns = "(slot, generation, beat) VALUES (%(slot)s, %(generation)s, %(beat)s)"
        _execute(connection, f"INSERT INTO {fence} {columns}", values)


def _execute(connection: BaseDatabaseWrapper, sql: str, values: dict[str, Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return int(cursor.rowcount)


def _table(connection: BaseDatabaseWrapper) -> str:
    return quoted(connection, SeedingLease._meta.db_table)
