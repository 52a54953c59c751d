"""Ends a PostgreSQL connection whose server has not answered for an hour: the client library would wait forever.

MySQL's drivers have a timeout for this (`read_timeout`). PostgreSQL's have none, so one thread checks every connection and
shuts down the socket of one that waits too long; the driver then raises its usual error for a lost connection. No driver is
patched: psycopg and psycopg2 both offer what is needed, `info.transaction_status` and `fileno()`.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from weakref import WeakSet, ref

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

ANSWER_SECONDS = 3600
"""How long PostgreSQL may take to answer."""
LOOK_SECONDS = 0.5
ACTIVE = 1
"""libpq's PQTRANS_ACTIVE: a statement is running, including COMMIT and COPY."""


class Watch:
    """One connection, and since when it has been waiting for the same statement; a Django execute wrapper."""

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        self._connection = ref(connection)
        self._session: Any = connection.connection
        self._statements = 0
        self._waiting: tuple[int, float] | None = None
        """The statement's number, and since when; None if it was not seen waiting."""

    def __call__(self, execute: Callable[..., Any], *arguments: Any) -> Any:
        """Run the statement, and count it."""
        self._statements += 1
        return execute(*arguments)

    def look(self) -> None:
        """Shut down the connection if its server has been silent for too long."""
        connection, session, now = self._connection(), self._session, time.monotonic()
        ours = connection is not None and connection.connection is session  # else it is closed, or returned to a pool
        if not ours or session.closed or session.info.transaction_status != ACTIVE:
            self._waiting = None
        elif self._waiting is None or self._waiting[0] != self._statements:
            self._waiting = self._statements, now
        elif now - self._waiting[1] >= ANSWER_SECONDS:
            with socket.socket(fileno=os.dup(session.fileno())) as line:
                line.shutdown(socket.SHUT_RDWR)


class Watchdog:
    """Checks the connections of some aliases twice a second, in a thread that ends with the process."""

    def __init__(self) -> None:
        self._aliases: set[str] = set()
        self._watches: WeakSet[Watch] = WeakSet()
        self._guard = threading.Lock()
        self._thread: threading.Thread | None = None

    def add(self, using: str) -> None:
        """Watch the connections to the alias `using` from now on, including one that is already open."""
        self._aliases.add(using)
        connection_created.connect(self._watch, dispatch_uid="seeding.watchdog")
        connection = connections[using]
        if connection.connection is not None and not any(isinstance(one, Watch) for one in connection.execute_wrappers):
            self._watch(connection)

    def forget(self) -> None:
        """Stop watching: a forked process has its parent's connections, and must not shut them down."""
        self._watches, self._guard, self._thread = WeakSet(), threading.Lock(), None

    def _watch(self, connection: BaseDatabaseWrapper, **_: Any) -> None:
        if connection.vendor != "postgresql" or connection.alias not in self._aliases:
            return
        watch = Watch(connection)
        # The first one: an `execute_wrapper` block removes the last one when it ends.
        others = [wrapper for wrapper in connection.execute_wrappers if not isinstance(wrapper, Watch)]
        connection.execute_wrappers[:] = [watch, *others]
        with self._guard:
            self._watches.add(watch)
            if self._thread is None:
                self._thread = threading.Thread(target=self._look, name="watchdog", daemon=True)
                self._thread.start()

    def _look(self) -> None:
        while True:
            time.sleep(LOOK_SECONDS)
            with self._guard:
                watches = list(self._watches)
            for watch in watches:
                with suppress(Exception):  # the connection is being closed by its own thread
                    watch.look()


_watchdog = Watchdog()
os.register_at_fork(after_in_child=_watchdog.forget)


def watch(using: str) -> None:
    """Watch this process's connections to the alias `using`, current and future."""
    _watchdog.add(using)
