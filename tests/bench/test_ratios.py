"""That the fast way stays the fast way: ratios on a small size, the best of some turns each, with generous bounds."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from tests.conftest import Database
from tests.servers import MariaDB

TURNS = 3
CLIENTS = 20_000
LOAD = """
    SET time_zone = '+00:00', sql_mode = 'TRADITIONAL'; DELETE FROM clients;
    LOAD DATA LOCAL INFILE '{file}' INTO TABLE clients CHARACTER SET utf8mb4
    FIELDS TERMINATED BY ',' OPTIONALLY ENCLOSED BY '"'; SHOW COUNT(*) WARNINGS
"""


def taken(action: Callable[[], object]) -> float:
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def test_seeding_keeps_its_distance_to_load_data_and_to_bulk_create(
    make_database: Callable[..., Database], mariadb: MariaDB, monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds: dict[str, list[float]] = {"load_data": [], "bulk_create": [], "limit": []}

    for turn in range(TURNS):
        for writer in ("load_data", "bulk_create"):
            monkeypatch.setenv("SEEDING_WRITER", writer)
            database = make_database("mariadb")
            scale = CLIENTS // 1_000
            seconds[writer].append(taken(lambda: database.seed(table="clients", size="large", scale=scale)))  # noqa: B023
        file = mariadb.socket.parent / f"clients-{turn}"
        database.query(f"SELECT * FROM clients INTO OUTFILE '{file}' FIELDS TERMINATED BY ',' OPTIONALLY ENCLOSED BY '\"'")  # noqa: S608
        told: list[str] = []
        load = LOAD.format(file=file)
        seconds["limit"].append(taken(lambda: told.append(mariadb.sql(load, database.alias))))  # noqa: B023
        assert told[0].split()[-1] == "0"

    best = {name: min(taken) for name, taken in seconds.items()}
    assert best["bulk_create"] / best["load_data"] > 2
    assert best["limit"] / best["load_data"] > 0.15
