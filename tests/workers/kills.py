"""Runs whose workers, or whose first process, are killed at random moments."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from signal import SIGKILL
from threading import Event, Thread

from tests.faults.processes import start
from tests.faults.storm import look
from tests.servers import Server
from tests.support.databases import AS_OF, Database

SEEDING = ("seed", "--size=small", f"--as-of={AS_OF}", "--jobs=2")
PAUSE = (1.0, 5.0)
"""Seconds between two kills."""


def workers_of(pid: int) -> list[int]:
    """The worker processes of a run."""
    children = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(one) for one in children.read_text(encoding="ascii").split()] if children.exists() else []


def is_connected(pid: int) -> bool:
    """Whether a worker has more sockets than its line to the run: one that has not got so far dies of little."""
    try:
        return sum(str(one.readlink()).startswith("socket:") for one in Path(f"/proc/{pid}/fd").iterdir()) > 1
    except OSError:
        return False


@contextmanager
def killing(pid: int, chance: random.Random) -> Iterator[list[int]]:
    """Kill one of the process's workers now and then; returns those that were killed so far."""
    killed: list[int] = []
    ended = Event()

    def kill() -> None:
        while not ended.wait(chance.uniform(*PAUSE)):
            if (workers := workers_of(pid)) and all(map(is_connected, workers)):
                with suppress(ProcessLookupError):
                    os.kill(one := chance.choice(workers), SIGKILL)
                    killed.append(one)

    thread = Thread(target=kill)
    thread.start()
    try:
        yield killed
    finally:
        ended.set()
        thread.join()


def kill_workers(database: Database, variables: Mapping[str, str], server: Server, *, kills: int, seed: int) -> None:
    """Seed, and roll back, while workers are killed, until so many were; then the rows are there."""
    chance, killed = random.Random(seed), 0
    while killed < kills:
        if killed:
            database.rollback()
        process, said = start(SEEDING, {**variables, "DATABASE_URL": database.url})
        with said, killing(process.pid or 0, chance) as dead:
            told = list(said)
            process.join()
        assert process.exitcode == 0, [one for one in told if "error" in one][:5]
        look(database, server)
        killed += len(dead)


def kill_first_processes(database: Database, variables: Mapping[str, str], server: Server, *, kills: int, seed: int) -> None:
    """Kill runs, whose workers are told by nobody, and look after each at what is there."""
    chance, killed = random.Random(seed), 0
    while killed < kills:
        process, said = start(SEEDING, {**variables, "DATABASE_URL": database.url})
        with said:
            time.sleep(chance.uniform(3, 12))
            os.kill(process.pid or 0, SIGKILL)
            list(said)
        process.join()
        assert process.exitcode in (0, -SIGKILL)
        look(database, server)
        if process.exitcode == 0:
            database.rollback()
        killed += process.exitcode != 0
