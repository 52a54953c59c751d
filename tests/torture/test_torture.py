"""What takes long: `make torture`. TORTURE_KILLS, TORTURE_ROUNDS and TORTURE_SEED make it longer, shorter, or another one."""

from __future__ import annotations

import gc
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connections

from seeding.locks import seeding_lock
from tests.conftest import ROOT, SERVERS, Database, Manage
from tests.faults.storm import assert_whole, kill_at_random
from tests.servers import Server

KILLS = int(os.environ.get("TORTURE_KILLS", "200"))
ROUNDS = int(os.environ.get("TORTURE_ROUNDS", "200"))
SEED = int(os.environ.get("TORTURE_SEED", "1"))
STARTS = 20
PATIENCE = 2.0
"""Seconds in which a run that cannot have the lock must have said so."""


@pytest.mark.parametrize("server", ["mariadb", "postgresql"])
def test_kills(
    make_database: Callable[..., Database],
    sqlite: Database,
    running: Callable[[str], Server],
    environment: dict[str, str],
    server: str,
) -> None:
    database = make_database(server)

    kill_at_random(database, environment, running(server), kills=KILLS, seed=SEED)

    assert_whole(database, sqlite)


@pytest.mark.parametrize("server", SERVERS)
def test_concurrent_starts(
    make_database: Callable[..., Database], environment: dict[str, str], manage: Manage, server: str
) -> None:
    database = make_database(server)
    env = {**environment, "DATABASE_URL": database.url, "SEEDING_BATCH_SIZE": "1"}  # slow, so that the winner outlives them
    command = [sys.executable, "manage.py", "seed", "--size=large"]

    started = [
        subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        for _ in range(STARTS)
    ]
    while sum(process.poll() is None for process in started) > 1:
        time.sleep(0.1)
    (winner,) = [process for process in started if process.poll() is None]
    refused = [process for process in started if process is not winner]
    begun = time.monotonic()
    with pytest.raises(Exception, match="connection"), seeding_lock(database.alias).held(0):
        raise AssertionError("two at a time")
    took = time.monotonic() - begun
    winner.send_signal(signal.SIGTERM)
    winner.communicate(timeout=60)

    assert [process.returncode for process in refused] == [2] * (STARTS - 1)
    for process in refused:
        assert "Another run holds the seeding lock: connection" in process.communicate()[1]
    assert took < PATIENCE
    assert winner.returncode == 143


@pytest.mark.parametrize("server", SERVERS)
def test_soak(make_database: Callable[..., Database], request: pytest.FixtureRequest, server: str) -> None:
    database = make_database(server)
    measured: list[tuple[int, int, int]] = []

    def measure() -> tuple[int, int, int]:
        gc.collect()
        connections[database.alias].close()
        statm = Path("/proc/self/statm").read_text(encoding="ascii").split()
        files = len(list(Path("/proc/self/fd").iterdir()))
        return int(statm[1]) * resource.getpagesize(), files, len(list(Path(tempfile.gettempdir()).iterdir()))

    for _ in range(ROUNDS):
        database.seed(size="small")
        database.seed(size="medium", table="orders")
        database.rollback(table="payables", cascade=True)
        database.rollback()
        measured.append(measure())

    warm, last = measured[len(measured) // 4], measured[-1]
    assert last[1:] == warm[1:], "open files or temporary files grow"
    assert last[0] < warm[0] * 1.1, f"memory grows: {measured}"
