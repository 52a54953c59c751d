"""GET_LOCK of MySQL and MariaDB: server-wide by name."""

from __future__ import annotations

import hashlib

from django.db import OperationalError, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from seeding.db.connection import database_name
from seeding.exceptions import LockError
from seeding.locks.base import Holder
from seeding.locks.lease import Clock
from seeding.locks.server_lock import ServerLock
from seeding.telemetry.events import Sink, ignore

MAX_NAME = 64
NO_SUCH_CONNECTION = 1094
IDLE_SECONDS = 7 * 24 * 3600
"""The lock's connection is idle while a long batch runs; the server must not close it for that."""
SERVER = "CONCAT_WS(':', @@hostname, @@port, @@server_id)"
UNLIMITED = 2**62
"""A binary log's cache of this size is never full. Near a smaller limit, MySQL may answer a COMMIT and undo the transaction."""
PORTION_SECONDS = 60
"""A wait for the lock is split into portions: the client may mistake a longer silence for a lost connection."""


def lock_name(database: str) -> str:
    """`seeding:` and the database's name, or its hash if that is longer than MySQL's 64 characters."""
    name = f"seeding:{database}"
    if len(name) <= MAX_NAME:
        return name
    return f"seeding:{hashlib.blake2b(database.encode(), digest_size=20).hexdigest()}"


class MySQLLock(ServerLock):
    """A named lock, and the lease."""

    clock = Clock(
        now="UTC_TIMESTAMP(6)",
        later="UTC_TIMESTAMP(6) + INTERVAL %(seconds)s SECOND",
        left="TIMESTAMPDIFF(MICROSECOND, UTC_TIMESTAMP(6), expires_at) / 1000000",
        here=SERVER,
        undoes=f"@@log_bin AND @@max_binlog_cache_size < {UNLIMITED}",
    )
    release_sql = "SELECT RELEASE_LOCK(%(lock)s)"

    def __init__(self, using: str, command: str = "", tell: Sink = ignore) -> None:
        super().__init__(using, lock_name(database_name(using)), command, tell)

    def _server_holder(self) -> Holder | None:
        """From IS_USED_LOCK and the process list, as far as the account's privileges show it."""
        row = self._row("SELECT IS_USED_LOCK(%(lock)s)", self._parameters)
        if row is None or row[0] is None:
            return None
        connection_id = int(row[0])
        # Without the PROCESS privilege the list shows only the account's own connections.
        process = self._row("SELECT user, host FROM information_schema.processlist WHERE id = %(id)s", {"id": connection_id})
        user, host = process or (None, None)
        return Holder(connection=connection_id, user=user, host=host)

    def _take(self, connection: BaseDatabaseWrapper, timeout: int) -> int | None:
        with connection.cursor() as cursor:
            cursor.execute("SET SESSION wait_timeout = %s", [IDLE_SECONDS])
            for left in range(timeout, -1, -PORTION_SECONDS):
                wait = {**self._parameters, "wait": min(left, PORTION_SECONDS)}
                cursor.execute("SELECT GET_LOCK(%(lock)s, %(wait)s), CONNECTION_ID()", wait)
                granted, connection_id = cursor.fetchone()
                if granted:
                    return int(connection_id)
        return None

    def _end(self, holder: Holder) -> None:
        try:
            with connections[self.using].cursor() as cursor:
                cursor.execute("KILL CONNECTION %s", [holder.connection])
        except OperationalError as error:
            if error.args[0] == NO_SUCH_CONNECTION:
                return
            raise LockError(
                f"The lock's holder cannot be ended: {error}. It is {holder}. "
                "Ask as the same account, or as one with the right CONNECTION_ADMIN (MySQL), CONNECTION ADMIN (MariaDB)."
            ) from error
