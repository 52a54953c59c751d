"""Ends a connection to PostgreSQL whose server has not answered for an hour: the client library would wait for ever.

MySQL's drivers have a time-out for that (`read_timeout`). PostgreSQL's have none, so one thread looks at every connection and
shuts the socket of one that waits too long; the driver then raises the error of any lost connection. No driver is patched:
psycopg and psycopg2 both offer what it takes, `info.transaction_status` and `fileno()`.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from weakref import WeakSet

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

ANSWER_SECONDS = 3600
"""How long PostgreSQL may take to answer."""
LOOK_SECONDS = 0.5
ACTIVE = 1
"""libpq's PQTRANS_ACTIVE: a statement is under way, a COMMIT or a COPY too."""


class Watch:
    """One connection, and since when it was seen waiting for one and the same statement; an execute wrapper of Django's."""

    def __init__(self, session: Any) -> None:
        self._session = session
        self._statements = 0
        self._waiting: tuple[int, float] | None = None
        """For which statement, and since when; None where it was not seen waiting."""

    def __call__(self, execute: Callable[..., Any], *arguments: Any) -> Any:
        """Run the statement, and count it."""
        self._statements += 1
        return execute(*arguments)

    def look(self) -> None:
        """Shut the connection if its server has been silent for too long."""
        session, statement, now = self._session, self._statements, time.monotonic()
        if session.closed or session.info.transaction_status != ACTIVE:
            self._waiting = None
        elif self._waiting is None or self._waiting[0] != statement:
            self._waiting = statement, now
        elif now - self._waiting[1] >= ANSWER_SECONDS:
            with socket.socket(fileno=os.dup(session.fileno())) as line:
                line.shutdown(socket.SHUT_RDWR)


class Watchdog:
    """Looks at connections twice a second, in a thread that ends with the process."""

    def __init__(self) -> None:
        self._watches: WeakSet[Watch] = WeakSet()
        self._thread: threading.Thread | None = None

    def watch(self, connection: BaseDatabaseWrapper, **_: Any) -> None:
        """Watch a connection that has just been made; a receiver of `connection_created`."""
        if connection.vendor != "postgresql":
            return
        watch = Watch(connection.connection)
        others = [wrapper for wrapper in connection.execute_wrappers if not isinstance(wrapper, Watch)]
        connection.execute_wrappers[:] = [*others, watch]
        self._watches.add(watch)
        if self._thread is None or not self._thread.is_alive():  # a fork leaves the thread behind
            self._thread = threading.Thread(target=self._look, name="watchdog", daemon=True)
            self._thread.start()

    def _look(self) -> None:
        while True:
            time.sleep(LOOK_SECONDS)
            for watch in list(self._watches):
                with suppress(Exception):  # the connection is being closed by its own thread
                    watch.look()


_watchdog = Watchdog()


def watch_new_connections() -> None:
    """Watch every connection that this process makes from now on."""
    connection_created.connect(_watchdog.watch, dispatch_uid="seeding.watchdog")
