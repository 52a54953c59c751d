"""Many starts of a run at the same time."""

from __future__ import annotations

import json
from collections.abc import Mapping
from multiprocessing.connection import wait

from seeding.locks.base import ask_until
from seeding.models import SeedRun
from tests.faults.processes import start
from tests.support.databases import Database

PATIENCE = 2.0
"""Seconds from a run's first try for the lock in which it must have named the holder and given up."""


def assert_one_of_many_works(database: Database, environment: Mapping[str, str], starts: int) -> None:
    """Start so many runs at once: one works until it is told to stop, all others are refused, quickly and with its name."""
    slow = {**environment, "DATABASE_URL": database.url, "SEEDING_BATCH_SIZE": "1"}  # the winner must outlive all the others

    started = [start(("seed", "--size=large"), slow) for _ in range(starts)]
    while len(running := [one for one, _ in started if one.exitcode is None]) > 1:
        wait([one.sentinel for one in running], timeout=1)
    (winner,) = running
    ask_until(lambda: SeedRun.objects.using(database.alias).exists() or None, 60)  # it holds the lock before it is recorded
    winner.terminate()
    told = {one: said.read().splitlines() for one, said in started}
    for one, said in started:
        one.join()
        said.close()

    run = SeedRun.objects.using(database.alias).get()
    refusals = [lines for one, lines in told.items() if one is not winner]
    asked = [json.loads(line) for lines in refusals for line in lines[:-1] if '"operation": "refuse"' in line]
    assert winner.exitcode == 143
    assert [one.exitcode for one in told if one is not winner] == [2] * (starts - 1), refusals
    for lines in refusals:
        assert f"Another run holds the seeding lock: connection {run.lock_connection}, " in lines[-1]
    assert len(asked) == starts - 1
    assert max(line["duration"] for line in asked) < PATIENCE
