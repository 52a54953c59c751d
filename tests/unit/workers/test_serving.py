"""What goes through the line between a run and its workers."""

from __future__ import annotations

import pickle
import socket
import subprocess
import sys
from multiprocessing.connection import Connection
from typing import Any

import pytest
from django.db import IntegrityError

from seeding.exceptions import ConfigurationError, LockLostError, SeedingError
from seeding.telemetry.events import event
from seeding.workers.serving import carried, portable
from tests.support.databases import ROOT


class UnreadableError(Exception):
    def __reduce__(self) -> tuple[Any, ...]:
        return int, ("nothing that could be read",)


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (LockLostError("gone"), LockLostError, "gone"),
        (ConfigurationError("one", "two"), ConfigurationError, "one\ntwo"),
        (IntegrityError(1062, "Duplicate entry"), IntegrityError, "(1062, 'Duplicate entry')"),
        (UnreadableError("this and that"), SeedingError, "UnreadableError: this and that"),
    ],
)
def test_errors_arrive_with_their_words(error: Exception, kind: type[Exception], words: str) -> None:
    arrived = pickle.loads(pickle.dumps(carried(error)))  # noqa: S301 - its own

    assert (type(arrived), str(arrived)) == (kind, words)


def test_events_arrive_with_what_can_be_read() -> None:
    plain = event("insert", "10 rows", seeder="Clients", record_count=10, done=10)
    odd = event("skip", "a row", seeder="Clients", error=UnreadableError("this and that"), data={"x": lambda: 1})

    assert portable(plain) == plain
    told = pickle.loads(pickle.dumps(portable(odd)))  # noqa: S301 - its own
    assert str(told.error) == "UnreadableError: this and that"
    assert "lambda" in told.context["data"]


PROGRAM = """
import signal, sys, time
from multiprocessing.connection import Connection
from seeding.workers.serving import Line

signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))
line = Line(Connection(int(sys.argv[1])))
while (task := line.next()) is not None:
    line.send(task)
    time.sleep(60 if task == b"much" else 0)
sys.exit(3)
"""
"""Does what comes, and says how it was ended."""


@pytest.mark.parametrize(("tasks", "code"), [([b"little", b"much"], 7), ([b"little", b"less"], 3)])
def test_the_end_of_a_line_ends_a_process_whether_it_is_at_work_or_waits(tasks: list[bytes], code: int) -> None:
    ours, theirs = socket.socketpair()
    with theirs:
        command = [sys.executable, "-c", PROGRAM, str(theirs.fileno())]
        process = subprocess.Popen(command, cwd=ROOT, pass_fds=[theirs.fileno()])
    connection = Connection(ours.detach())

    for task in tasks:
        connection.send_bytes(task)
        assert pickle.loads(connection.recv_bytes()) == task  # noqa: S301 - its own
    connection.close()

    assert process.wait(30) == code
