"""GET_LOCK of MySQL and MariaDB: server-wide by name, gone in silence when its connection dies."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from typing import Any

from django.db import Error, OperationalError, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from seeding.exceptions import LockError, LockLostError
from seeding.locks.base import Holder, SeedingLock

MAX_NAME = 64
NO_SUCH_CONNECTION = 1094
IDLE_SECONDS = 7 * 24 * 3600
"""The lock's connection says nothing while a long batch runs; the server must not end it for that."""
PORTION_SECONDS = 60
"""A wait for the lock is cut into such pieces: the client may take a longer silence for a lost connection."""


def lock_name(database: str) -> str:
    """`seeding:` and the database's name, or its hash where that is longer than MySQL's 64 characters."""
    name = f"seeding:{database}"
    if len(name) <= MAX_NAME:
        return name
    return f"seeding:{hashlib.blake2b(database.encode(), digest_size=20).hexdigest()}"


class MySQLLock(SeedingLock):
    """A named lock on a connection of its own."""

    def __init__(self, using: str) -> None:
        super().__init__(using)
        self._name = lock_name(str(connections[using].settings_dict["NAME"]))
        self._connection: BaseDatabaseWrapper | None = None
        self._id: int | None = None

    @property
    def connection_id(self) -> int | None:
        """The server's id of the lock's connection."""
        return self._id

    def acquire(self, timeout: int) -> bool:
        """GET_LOCK on a new connection."""
        connection = connections.create_connection(self.using)
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET SESSION wait_timeout = %s", [IDLE_SECONDS])
                granted = None
                for left in range(timeout, -1, -PORTION_SECONDS):
                    cursor.execute("SELECT GET_LOCK(%s, %s)", [self._name, min(left, PORTION_SECONDS)])
                    (granted,) = cursor.fetchone()
                    if granted:
                        break
                cursor.execute("SELECT CONNECTION_ID()")
                (connection_id,) = cursor.fetchone()
        except BaseException:
            connection.close()
            raise
        if granted != 1:
            connection.close()
            return False
        self._connection, self._id = connection, int(connection_id)
        return True

    def release(self) -> None:
        """RELEASE_LOCK, then close the connection, with which the server frees the lock whatever state it is in.

        Closing alone would do, a moment later: the server notices it in its own time.
        """
        if self._connection is not None:
            with suppress(Error), self._connection.cursor() as cursor:
                cursor.execute("SELECT RELEASE_LOCK(%s)", [self._name])
            self._connection.close()
        self._connection = self._id = None

    def verify(self) -> None:
        """Ask on the lock's own connection whether it still holds the lock."""
        if self._connection is None:
            raise LockLostError
        try:
            with self._connection.cursor() as cursor:
                cursor.execute("SELECT IS_USED_LOCK(%s) = CONNECTION_ID()", [self._name])
                row = cursor.fetchone()
        except Error as error:
            raise LockLostError from error
        if row[0] != 1:
            raise LockLostError

    def holder(self) -> Holder | None:
        """From IS_USED_LOCK, the process list (as far as our rights show it) and the ledger."""
        row = self._row("SELECT IS_USED_LOCK(%s)", [self._name])
        if row is None or row[0] is None:
            return None
        connection_id = int(row[0])
        # Without the right PROCESS the list shows our own account's connections only.
        process = self._row("SELECT user, host FROM information_schema.processlist WHERE id = %s", [connection_id])
        user, host = process or (None, None)
        return self.described(Holder(connection=connection_id, user=user, host=host))

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

    def _row(self, sql: str, parameters: list[Any]) -> tuple[Any, ...] | None:
        with connections[self.using].cursor() as cursor:
            cursor.execute(sql, parameters)
            row: tuple[Any, ...] | None = cursor.fetchone()
        return row
