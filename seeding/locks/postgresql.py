"""Advisory locks of PostgreSQL: a database has its own, and they go with the connection that holds them."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from typing import Any

from django.db import DatabaseError, Error, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from seeding.exceptions import LockError, LockLostError
from seeding.locks.base import Holder, SeedingLock, ask_until

HOLDER = """
    SELECT l.pid, a.usename, COALESCE(a.client_hostname, host(a.client_addr)), a.backend_start
    FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid = l.pid
    WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
      AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND l.classid::bigint = (%(key)s::bigint >> 32) & 4294967295 AND l.objid::bigint = %(key)s::bigint & 4294967295
"""
"""`pg_locks` shows the two halves of a 64-bit key, unsigned."""


def lock_key(database: str) -> int:
    """A signed 64-bit number for a database's name, which an application's own advisory locks will hardly hit."""
    return int.from_bytes(hashlib.blake2b(f"seeding:{database}".encode(), digest_size=8).digest(), signed=True)


class PostgreSQLLock(SeedingLock):
    """An advisory lock on a connection of its own."""

    def __init__(self, using: str) -> None:
        super().__init__(using)
        self._key = lock_key(str(connections[using].settings_dict["NAME"]))
        self._connection: BaseDatabaseWrapper | None = None
        self._id: int | None = None

    @property
    def connection_id(self) -> int | None:
        """The process of the server that serves the lock's connection."""
        return self._id

    def acquire(self, timeout: int) -> bool:
        """pg_try_advisory_lock on a new connection, asking again until `timeout`."""
        connection = connections.create_connection(self.using)

        def attempt() -> int | None:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_try_advisory_lock(%s), pg_backend_pid()", [self._key])
                granted, process = cursor.fetchone()
            return int(process) if granted else None

        try:
            with connection.cursor() as cursor:  # it says nothing while a long batch runs
                cursor.execute("SET idle_session_timeout = 0")
            self._id = ask_until(attempt, timeout)
        except BaseException:
            connection.close()
            raise
        if self._id is None:
            connection.close()
            return False
        self._connection = connection
        return True

    def release(self) -> None:
        """pg_advisory_unlock, then close the connection, with which the server frees the lock whatever state it is in."""
        if self._connection is not None:
            with suppress(Error), self._connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [self._key])
            self._connection.close()
        self._connection = self._id = None

    def verify(self) -> None:
        """Ask on the lock's own connection whether it still holds the lock."""
        if self._connection is None:
            raise LockLostError
        try:
            with self._connection.cursor() as cursor:
                cursor.execute(f"{HOLDER} AND l.pid = pg_backend_pid()", {"key": self._key})
                held = cursor.fetchone()
        except Error as error:
            raise LockLostError from error
        if held is None:
            raise LockLostError

    def holder(self) -> Holder | None:
        """From pg_locks, pg_stat_activity (as far as our rights show it) and the ledger."""
        row = self._row(HOLDER, {"key": self._key})
        if row is None:
            return None
        process, user, host, since = row
        return self.described(Holder(connection=int(process), user=user, host=host, since=since))

    def _end(self, holder: Holder) -> None:
        try:
            self._row("SELECT pg_terminate_backend(%(pid)s)", {"pid": holder.connection})
        except DatabaseError as error:
            raise LockError(
                f"The lock's holder cannot be ended: {error}. It is {holder}. "
                "Ask as the same role, or as one with pg_signal_backend."
            ) from error

    def _row(self, sql: str, parameters: dict[str, Any]) -> tuple[Any, ...] | None:
        with connections[self.using].cursor() as cursor:
            cursor.execute(sql, parameters)
            row: tuple[Any, ...] | None = cursor.fetchone()
        return row
