"""What takes long: `make torture`. TORTURE_KILLS, TORTURE_ROUNDS and TORTURE_SEED make it longer, shorter, or another one."""

from __future__ import annotations

import gc
import os
import resource
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connections

from tests.conftest import SERVERS, Database
from tests.faults.starts import assert_one_of_many_works
from tests.faults.storm import COMMANDS, assert_whole, kill_at_random
from tests.servers import Server

KILLS = int(os.environ.get("TORTURE_KILLS", "200"))
ROUNDS = int(os.environ.get("TORTURE_ROUNDS", "200"))
SEED = int(os.environ.get("TORTURE_SEED", "1"))


@pytest.mark.parametrize("server", ["mariadb", "postgresql"])
def test_kills(
    make_database: Callable[..., Database],
    sqlite: Database,
    running: Callable[[str], Server],
    environment: dict[str, str],
    server: str,
) -> None:
    database = make_database(server)

    died = kill_at_random(database, environment, running(server), kills=KILLS, seed=SEED)

    assert min(died[command] for command in COMMANDS) >= KILLS / 10
    assert_whole(database, sqlite)


def test_concurrent_starts(database: Database, environment: dict[str, str]) -> None:
    assert_one_of_many_works(database, environment, starts=20)


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
