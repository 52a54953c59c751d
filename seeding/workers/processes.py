"""Worker processes on this host: each does one task at a time; the task of one that dies is given to another."""

from __future__ import annotations

import os
import pickle
import socket
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection, wait

from django.db import connections

from seeding.exceptions import ConfigurationError, SeedingError
from seeding.orchestration.context import RunContext
from seeding.orchestration.plan import Plan
from seeding.orchestration.tasks import Done, Task
from seeding.telemetry.events import Event
from seeding.workers.leaves import Leaves
from seeding.workers.order import READY, Order, Recipe

UNBORN = 10
"""How many may die in a row before they can do anything, until the run ends."""
END_SECONDS = 15
"""How long a worker may take to end once it was asked to."""


@dataclass(slots=True, kw_only=True)
class Process:
    """A worker process."""

    slot: int
    child: subprocess.Popen[bytes]
    line: Connection
    task: Task | None = None
    is_ready: bool = False
    """Whether it has got so far as to do tasks."""


class Processes:
    """A crew of `jobs` worker processes."""

    divides = True

    def __init__(self, jobs: int, recipe: Recipe, context: RunContext, plan: Plan) -> None:
        self._context = context
        self._leaves = Leaves(context)
        self._order = Order.of(recipe, context, plan, connections.settings[context.using]).pickled("Pass --jobs=1.")
        self._unborn = 0
        """How many workers in a row have died before they could do anything."""
        self._workers: dict[int, Process] = {}
        for slot in range(1, jobs + 1):
            self._workers[slot] = self._started(slot)

    def has_room(self) -> bool:
        """Whether a worker has nothing to do."""
        return any(one.task is None for one in self._workers.values())

    def begin(self, task: Task) -> None:
        """Give the task to a worker that has nothing to do."""
        self._give(next(one for one in self._workers.values() if one.task is None), task)

    def wait(self) -> Done:
        """The next task that has ended; passes on what the workers tell meanwhile."""
        while True:
            busy = {one.line: one for one in self._workers.values() if one.task is not None}
            ready = wait(list(busy))
            for line, worker in busy.items():
                if line in ready and (found := self._heard(worker)) is not None:
                    return found

    def close(self) -> None:
        """End the workers; one that is at work rolls its transaction back."""
        for one in self._workers.values():
            if one.task is not None:
                one.child.terminate()
            one.line.close()
        for one in self._workers.values():
            try:
                one.child.wait(END_SECONDS)
            except subprocess.TimeoutExpired:
                one.child.kill()
                one.child.wait()
        self._workers.clear()

    def _started(self, slot: int) -> Process:
        variables = _variables()
        ours, theirs = socket.socketpair()
        with theirs:
            command = [sys.executable, "-m", "seeding.workers.serving", str(theirs.fileno())]
            child = subprocess.Popen(  # noqa: S603 - a list, never a shell
                command, env=variables, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, pass_fds=[theirs.fileno()]
            )
        line = Connection(ours.detach())
        with suppress(OSError):  # it has died already, and that is found when it is waited for
            line.send_bytes(self._order)
        return Process(slot=slot, child=child, line=line)

    def _give(self, worker: Process, task: Task) -> None:
        worker.task = self._leaves.given(worker.slot, task)
        with suppress(OSError):
            worker.line.send_bytes(pickle.dumps(worker.task))

    def _heard(self, worker: Process) -> Done | None:
        """The next message of a worker; None if it is no end of a task."""
        try:
            told = pickle.loads(worker.line.recv_bytes())  # noqa: S301 - from a process that this one has started
        except (EOFError, OSError):
            return self._buried(worker)
        if isinstance(told, Event):
            self._context.tell(replace(told, context={**told.context, "worker": worker.slot}))
            return None
        if isinstance(told, BaseException):
            raise told
        if told == READY:
            worker.is_ready, self._unborn = True, 0
            return None
        worker.task = None
        return self._leaves.ended(worker.slot, told)

    def _buried(self, worker: Process) -> Done | None:
        """Start another worker in place of one that has died, and give it the task; the Done is of one that kills workers."""
        task = worker.task
        assert task is not None  # only those that have one are listened to
        worker.line.close()
        cause = _cause(worker.child.wait())
        self._unborn += not worker.is_ready
        if self._unborn == UNBORN:
            raise SeedingError(f"{UNBORN} workers in a row have died of {cause} before they could do anything: pass --jobs=1.")
        words = f"A worker has died of {cause}"
        failed = self._leaves.lost(worker.slot, task, words, worker.slot, counts=worker.is_ready)
        self._workers[worker.slot] = other = self._started(worker.slot)
        if failed is None:
            self._give(other, task)
        return failed


def _cause(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"


def _variables() -> Mapping[str, str]:
    """The environment in which a worker finds the same modules and settings as this process."""
    if "DJANGO_SETTINGS_MODULE" not in os.environ:
        raise ConfigurationError("Workers find the project by DJANGO_SETTINGS_MODULE, which is not set: pass --jobs=1.")
    return {**os.environ, "PYTHONPATH": os.pathsep.join(dict.fromkeys(one for one in sys.path if one))}
