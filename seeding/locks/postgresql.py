"""Advisory locks of PostgreSQL, which are separate for each database."""

from __future__ import annotations

import hashlib
from contextlib import suppress

from django.db import DatabaseError, Error, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from seeding.db.connection import database_name
from seeding.db.sessions import is_pooled
from seeding.exceptions import LockError
from seeding.locks.base import Holder, ask_until
from seeding.locks.lease import Clock
from seeding.locks.server_lock import ServerLock
from seeding.telemetry.events import Sink, ignore

HOLDER = """
    SELECT l.pid, a.usename, COALESCE(a.client_hostname, host(a.client_addr)), a.backend_start
    FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid = l.pid
    WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
      AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND l.classid::bigint = (%(lock)s::bigint >> 32) & 4294967295 AND l.objid::bigint = %(lock)s::bigint & 4294967295
"""
"""`pg_locks` shows the two halves of a 64-bit key, unsigned."""


def lock_key(database: str) -> int:
    """A signed 64-bit number for a database's name, unlikely to collide with an application's own advisory locks."""
    return int.from_bytes(hashlib.blake2b(f"seeding:{database}".encode(), digest_size=8).digest(), signed=True)


class PostgreSQLLock(ServerLock):
    """An advisory lock, and the lease."""

    clock = Clock(
        now="clock_timestamp()",
        later="clock_timestamp() + %(seconds)s * INTERVAL '1 second'",
        left="EXTRACT(EPOCH FROM expires_at - clock_timestamp())",
        here="concat_ws(':', inet_server_addr(), current_setting('port'))",
    )
    release_sql = "SELECT pg_advisory_unlock(%(lock)s)"

    def __init__(self, using: str, command: str = "", tell: Sink = ignore) -> None:
        super().__init__(using, lock_key(database_name(using)), command, tell)
        self._apart: BaseDatabaseWrapper | None = None
        """The connection that has the server's own lock, if it is another one than the lease's."""

    def _server_holder(self) -> Holder | None:
        """From pg_locks and pg_stat_activity, as far as the role's privileges show it."""
        row = self._row(HOLDER, self._parameters)
        if row is None:
            return None
        process, user, host, since = row
        return Holder(connection=int(process), user=user, host=host, since=since)

    def _take(self, connection: BaseDatabaseWrapper, timeout: int) -> int | None:
        if is_pooled(self.using):
            return self._take_apart(timeout)

        def attempt() -> int | None:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_try_advisory_lock(%(lock)s), pg_backend_pid()", self._parameters)
                granted, process = cursor.fetchone()
            return int(process) if granted else None

        with connection.cursor() as cursor:
            cursor.execute("SET idle_session_timeout = 0")
        return ask_until(attempt, timeout)

    def _take_apart(self, timeout: int) -> int | None:
        """Take the lock of a transaction, in one that stays open on another connection: a pooler lends it a session so long."""
        apart = connections.create_connection(self.using)

        def attempt() -> int | None:
            with apart.cursor() as cursor:
                cursor.execute("SELECT pg_try_advisory_xact_lock(%(lock)s), pg_backend_pid()", self._parameters)
                granted, process = cursor.fetchone()
            if not granted:
                apart.rollback()  # while it waits, others may have the session
            return int(process) if granted else None

        try:
            apart.set_autocommit(False)
            taken = ask_until(attempt, timeout)
        except BaseException:
            apart.close()
            raise
        if taken is None:
            apart.close()
        else:
            apart.inc_thread_sharing()
            self._apart = apart
        return taken

    def _still_has(self) -> bool:
        if self._apart is None:
            return True
        with suppress(Error), self._apart.cursor() as cursor:
            cursor.execute("SELECT 1")
            return True
        self._drop()
        return False

    def _drop(self) -> bool:
        if self._apart is None:
            return False
        with suppress(Error):
            self._apart.rollback()
        self._apart.close()
        self._apart = None
        return True

    def _end(self, holder: Holder) -> None:
        try:
            self._row("SELECT pg_terminate_backend(%(pid)s)", {"pid": holder.connection})
        except DatabaseError as error:
            raise LockError(
                f"The lock's holder cannot be ended: {error}. It is {holder}. "
                "Ask as the same role, or as one with pg_signal_backend."
            ) from error
