"""The main program of a worker process: `python -m seeding.workers.serving DESCRIPTOR`, started by a run.

Its requests come through a socket, its answers and events go through it. It ends when the socket is closed.
"""

from __future__ import annotations

import os
import pickle
import queue
import signal
import sys
import threading
import time
from contextlib import suppress
from dataclasses import replace
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seeding.telemetry.events import Event

PAUSE_SECONDS = 0.5
"""How long a worker may take to notice by itself that there is nothing more to do."""
GRACE_SECONDS = 10
"""How long a worker whose run is gone may take to roll its transaction back."""


class Line:
    """The socket to the run's first process; a thread listens, so that its end is noticed in the midst of a task."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._heard: queue.Queue[bytes | None] = queue.Queue()
        self._is_busy = False
        threading.Thread(target=self._listen, daemon=True, name="seeding-line").start()

    def next(self) -> bytes | None:
        """What has come; None once the socket is closed."""
        self._is_busy = False
        heard = self._heard.get()
        self._is_busy = heard is not None
        return heard

    def send(self, value: object) -> None:
        """Send a value; the end of the socket is noticed by who listens."""
        with suppress(OSError):
            self._connection.send_bytes(pickle.dumps(value))

    def _listen(self) -> None:
        with suppress(EOFError, OSError):
            while True:
                self._heard.put(self._connection.recv_bytes())
        self._heard.put(None)
        time.sleep(PAUSE_SECONDS)
        if self._is_busy:
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(GRACE_SECONDS)
            os._exit(1)


def serve(connection: Connection) -> None:
    """Do what comes until the socket is closed."""
    import django

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the run's first process, which ends this one
    line = Line(connection)
    ordered = line.next()
    django.setup()
    from seeding.db.interruption import terminable
    from seeding.exceptions import Terminated

    with suppress(Terminated), terminable():
        if ordered is not None:
            _work(line, ordered)


def _work(line: Line, ordered: bytes) -> None:
    from django.db import connections

    from seeding.workers.order import READY, Order
    from seeding.workers.worker import Worker

    try:
        order: Order = pickle.loads(ordered)  # noqa: S301 - from the process that started this one
        if order.database:
            connections.settings[order.recipe.config.database] = dict(order.database)
        worker = Worker(order, lambda one: line.send(portable(one)))
        line.send(READY)
        while (task := line.next()) is not None:
            line.send(worker.do(pickle.loads(task)))  # noqa: S301
    except Exception as error:  # noqa: BLE001 - the run's first process decides
        line.send(carried(error))


def portable(event: Event) -> Event:
    """The event in values that another process can read."""
    told = replace(event, error=None if event.error is None else carried(event.error))
    try:
        pickle.dumps(told)
    except Exception:  # noqa: BLE001 - a value of external code
        return replace(told, context={name: str(value) for name, value in told.context.items()}, summary=None)
    return told


def carried(error: BaseException) -> BaseException:
    """The error, or one with its words if it cannot be read in another process."""
    from seeding.exceptions import SeedingError

    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301 - our own
    except Exception:  # noqa: BLE001 - an error of external code
        return SeedingError(f"{type(error).__name__}: {error}")
    return error


def main(arguments: list[str]) -> None:
    """Serve the socket with this descriptor."""
    serve(Connection(int(arguments[0])))


if __name__ == "__main__":
    main(sys.argv[1:])
