"""Locks of servers: the server's own lock, which ends with its connection, and the lease, which all nodes of a cluster see."""

from __future__ import annotations

import threading
import time
from abc import abstractmethod
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, ClassVar

from django.db import DatabaseError, Error, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from seeding.exceptions import LockError
from seeding.locks.base import RELEASE_SECONDS, Holder, SeedingLock, ask_until
from seeding.locks.fence import Grant
from seeding.locks.lease import Clock, Lease, is_unwritable
from seeding.telemetry.events import Sink, event, ignore

RENEW_SECONDS = 4
"""How often the lease is renewed."""
PATIENCE_SECONDS = 2
"""How long a release waits for a renewal that the server does not answer."""


class ServerLock(SeedingLock):
    """What the servers' locks have in common. `name` is the parameter `%(lock)s` of their statements.

    A thread renews the lease on the lock's own connection, and opens another one if that is lost.
    """

    clock: ClassVar[Clock]
    release_sql: ClassVar[str]

    def __init__(self, using: str, name: str | int, command: str = "", tell: Sink = ignore) -> None:
        super().__init__(using, command, tell)
        self._parameters = {"lock": name}
        self._lease = Lease(using, self.clock, command)
        self._connection: BaseDatabaseWrapper | None = None
        self._id: int | None = None
        self._unwritable: DatabaseError | None = None
        self._guard = threading.Lock()
        """Of the connection: the thread that renews the lease uses it too."""
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def connection_id(self) -> int | None:
        """The server's id of the connection that holds its own lock; on PostgreSQL that of the process that serves it."""
        return self._id

    def acquire(self, timeout: int) -> bool:
        """Acquire both on a new connection, which is configured to survive a long silence.

        A command that may not write the lease, or finds none, has the server's own lock alone: `fence` then raises the error.
        """
        until = time.monotonic() + timeout
        connection = connections.create_connection(self.using)
        try:
            self._id = self._take(connection, timeout)
            if self._id is None or not self._take_lease(connection, max(0, until - time.monotonic())):
                self._give_up(connection)
                return False
        except BaseException:
            self._drop()
            connection.close()
            self._id = None
            raise
        self._connection = connection
        if self._lease.is_held:
            connection.inc_thread_sharing()
            self._ended.clear()
            self._thread = threading.Thread(target=self._keep, name="seeding-lease", daemon=True)
            self._thread.start()
        return True

    def assign(self, run: int) -> None:
        """Name the run in the lease."""
        with self._guard:
            self._lease.run = run
            if self._connection is not None:
                with suppress(Error):  # the thread repairs the connection, and names the run
                    self._lease.renew(self._connection, self._id)

    def release(self) -> None:
        """Release both, then close the connection, with which the server frees its own lock in any state.

        Closing alone would suffice, but with a delay: the server does not notice it at once. If the server does not answer a
        renewal that is under way, the thread releases both as soon as it does.
        """
        self._ended.set()
        if self._guard.acquire(timeout=PATIENCE_SECONDS):
            try:
                self._let_go()
            finally:
                self._guard.release()

    def fence(self) -> None:
        """Update the fence, which nobody rewrites before the transaction has ended."""
        if self._unwritable is not None:
            raise self._unwritable
        self._lease.fence()

    def committed(self) -> None:
        """Count the transaction."""
        if self._unwritable is None:
            self._lease.committed()

    def admit(self, slot: int) -> Grant:
        """Leave for another connection, which takes away what was given for the same `slot` before."""
        if self._unwritable is not None:
            raise self._unwritable
        with self.fenced():
            return self._lease.admit(slot)

    def holder(self) -> Holder | None:
        """From the lease, the server's own lock (as far as it may be looked at) and the ledger.

        A lease is not held any more if its holder had the lock of this server, and nobody has that one now.
        """
        state, there = self._lease.read(connections[self.using]), self._server_holder()
        if state is None or not state.is_live or (state.is_local and there is None):
            return None if there is None else self.described(there)
        found = Holder(
            connection=state.connection, host=state.host, user=state.account, since=state.taken_at, run=state.run,
            command=state.command or None, expires_in=None if state.is_local else state.left,
        )  # fmt: skip
        return self.described(found)

    def force_release(self) -> Holder | None:
        """Take the lease away, and end the connection that has the server's own lock, if it is on this server.

        The run that held them stops before its next commit, also if this account may not end its connection. LockError then
        says that it still has the server's own lock: a run that is alive releases it by itself, within seconds.
        """
        holder = self.holder()
        if holder is None:
            return None
        connection = connections.create_connection(self.using)
        try:
            if self._lease.read(connection) is not None:
                self._lease.take_away(connection)
        finally:
            connection.close()
        refused: LockError | None = None
        try:
            if holder.expires_in is None and (there := self._server_holder()) is not None:
                self._end(self.described(there))
        except LockError as error:
            refused = error
        if not ask_until(lambda: not self._is_held_by(holder) or None, RELEASE_SECONDS):
            raise refused or LockError(
                f"The lock's holder was told to end and has not done so yet: {holder}. Check again later."
            )
        return holder

    @abstractmethod
    def _take(self, connection: BaseDatabaseWrapper, timeout: int) -> int | None:
        """Take the server's own lock on `connection`, waiting at most `timeout` seconds.

        Returns the connection's id; None if another has the lock.
        """

    @abstractmethod
    def _server_holder(self) -> Holder | None:
        """Who has this server's own lock."""

    @abstractmethod
    def _end(self, holder: Holder) -> None:
        """End the connection that has the server's own lock; raises LockError, with what to do, if it may not be ended."""

    def _still_has(self) -> bool:
        """Whether the server's own lock is still held, while the lease's connection is there."""
        return True

    def _drop(self) -> bool:
        """Give up what else holds the server's own lock than the lease's connection; whether there was something."""
        return False

    def _take_lease(self, connection: BaseDatabaseWrapper, timeout: float) -> bool:
        try:
            return bool(ask_until(lambda: self._lease.take(connection, self._id) or None, timeout))
        except DatabaseError as error:
            if not is_unwritable(error):
                raise
            self._unwritable = error
            return True

    def _let_go(self) -> None:
        """Release both, as far as they are held."""
        if self._connection is not None:
            with suppress(Error):
                self._lease.release(self._connection)
            self._give_up(self._connection)
        self._connection = self._id = self._thread = self._unwritable = None

    def _give_up(self, connection: BaseDatabaseWrapper) -> None:
        """Release the server's own lock, and close the connection."""
        if not self._drop() and self._id is not None:
            with suppress(Error), connection.cursor() as cursor:
                cursor.execute(self.release_sql, self._parameters)
        connection.close()
        self._id = None

    def _keep(self) -> None:
        """Renew the lease until it is released or lost."""
        while not self._ended.wait(RENEW_SECONDS):
            with self._guard:
                if self._ended.is_set():
                    return
                try:
                    held = self._renewed()
                except Exception:  # noqa: BLE001 - the server is away, or what is told of it failed: asked again soon
                    held = True
                if self._ended.is_set():
                    self._let_go()
                elif not held:
                    if self._connection is not None:
                        self._give_up(self._connection)
                        self._connection = None
                    return

    def _renewed(self) -> bool:
        """Renew the lease, on another connection if this one is lost; False if the lease is lost."""
        if self._connection is not None:
            try:
                return self._lease.renew(self._connection, self._id) and self._has_both(self._connection)
            except Error:
                self._drop()
                self._connection.close()
                self._connection = self._id = None
        connection = connections.create_connection(self.using)
        try:
            held = self._lease.renew(connection, None) and self._has_both(connection)
        except BaseException:
            connection.close()
            raise
        if not held:
            connection.close()
            return False
        connection.inc_thread_sharing()
        self._connection = connection
        self._warn()
        return True

    def _has_both(self, connection: BaseDatabaseWrapper) -> bool:
        """Take the server's own lock again if it was lost with its connection; False if the lease is lost."""
        had = self._id is not None
        if had and self._still_has():
            return True
        self._id = self._take(connection, 0)
        if had:
            self._warn()
        return self._id is None or self._lease.renew(connection, self._id)

    def _warn(self) -> None:
        words = "" if self._id is not None else ", without the server's own lock, which another connection has"
        self.tell(event("lock", f"The lock's connection was lost; the run goes on by its lease{words}", level="warn"))

    def _row(self, sql: str, parameters: Mapping[str, Any]) -> tuple[Any, ...] | None:
        """The first row of a query that can run on any connection."""
        with connections[self.using].cursor() as cursor:
            cursor.execute(sql, parameters)
            row: tuple[Any, ...] | None = cursor.fetchone()
        return row
