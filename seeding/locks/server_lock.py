"""Locks provided by a server: each on its own connection, and silently released when that connection ends."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, ClassVar

from django.db import Error, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from seeding.exceptions import LockLostError
from seeding.locks.base import SeedingLock


class ServerLock(SeedingLock):
    """What the servers' locks have in common. `name` is the parameter `%(lock)s` of their statements."""

    held_sql: ClassVar[str]
    """Returns a row that begins with a true value if the asking connection holds the lock."""
    release_sql: ClassVar[str]

    def __init__(self, using: str, name: str | int) -> None:
        super().__init__(using)
        self._parameters = {"lock": name}
        self._connection: BaseDatabaseWrapper | None = None
        self._id: int | None = None

    @property
    def connection_id(self) -> int | None:
        """The server's id of the lock's connection; on PostgreSQL that of the process that serves it."""
        return self._id

    def acquire(self, timeout: int) -> bool:
        """Acquire it on a new connection, which is configured to survive a long silence."""
        connection = connections.create_connection(self.using)
        try:
            self._id = self._take(connection, timeout)
        except BaseException:
            connection.close()
            raise
        if self._id is None:
            connection.close()
            return False
        self._connection = connection
        return True

    def release(self) -> None:
        """Release it, then close the connection, with which the server frees the lock in any state.

        Closing alone would suffice, but with a delay: the server does not notice it at once.
        """
        if self._connection is not None:
            with suppress(Error), self._connection.cursor() as cursor:
                cursor.execute(self.release_sql, self._parameters)
            self._connection.close()
        self._connection = self._id = None

    def verify(self) -> None:
        """Ask on the lock's own connection whether it still holds the lock."""
        if self._connection is None:
            raise LockLostError
        try:
            with self._connection.cursor() as cursor:
                cursor.execute(self.held_sql, self._parameters)
                row = cursor.fetchone()
        except Error as error:
            raise LockLostError from error
        if row is None or not row[0]:
            raise LockLostError

    @abstractmethod
    def _take(self, connection: BaseDatabaseWrapper, timeout: int) -> int | None:
        """Take the lock on `connection`, waiting at most `timeout` seconds; the connection's id, None if another holds it."""

    def _row(self, sql: str, parameters: Mapping[str, Any]) -> tuple[Any, ...] | None:
        """The first row of a query that can run on any connection."""
        with connections[self.using].cursor() as cursor:
            cursor.execute(sql, parameters)
            row: tuple[Any, ...] | None = cursor.fetchone()
        return row
