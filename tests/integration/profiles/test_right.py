"""What right profiles give, counted in the database."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from statistics import NormalDist

import pytest
from django.core.management import CommandError

from tests.integration.profiles.cases import cases
from tests.integration.profiles.shop import counted, seed, shop, written
from tests.servers import Server
from tests.support.databases import Database
from tests.support.dumps import dumped_rows
from tests.support.share import IS_SHARED

ROWS = 10_000
CRITICAL = 1.95 / math.sqrt(ROWS)
"""Of Kolmogorov and Smirnov's test: one in a thousand samples of the distribution is further from it."""
READINGS = """
[tables.shop_reading]
rows = 100
[tables.shop_reading.columns]
flat = { range = [-5, 5] }
bell = { distribution = "normal", mean = 10, deviation = 3 }
cut = { distribution = "normal", mean = 0, deviation = 1, min = 0 }
skewed = { distribution = "lognormal", median = 2, sigma = 0.5 }
waiting = { distribution = "exponential", mean = 4 }
steps = { distribution = "quantiles", quantiles = [[0, 0], [0.5, 1], [1, 11]] }
rank = { distribution = "zipf", exponent = 1, max = 4 }
"""
NORMAL = NormalDist()
BELOW: dict[str, Callable[[float], float]] = {
    "flat": lambda x: (x + 5) / 10,
    "bell": NormalDist(10, 3).cdf,
    "cut": lambda x: 2 * NORMAL.cdf(x) - 1,
    "skewed": lambda x: NORMAL.cdf(math.log(x / 2) / 0.5),
    "waiting": lambda x: 1 - math.exp(-x / 4),
    "steps": lambda x: x / 2 if x < 1 else 0.5 + (x - 1) / 20,
}
"""Column → the share of the distribution that is below a value."""


@pytest.mark.parametrize("server", ["sqlite", "mariadb"])
def test_what_profiles_give_is_counted(
    make_database: Callable[..., Database], running: Callable[[str], Server], tmp_path: Path, server: str
) -> None:
    database = make_database(server, ready=False)
    host = None if server == "sqlite" else running(server)
    found: dict[str, list[str]] = {}
    chosen = [*cases("right")][:: (2 if host is None else 3) if IS_SHARED else 1]
    with shop(tmp_path, database) as app:
        before = dumped_rows(database, host)
        for case in chosen:
            profile = written(tmp_path, f"profile.{case.kind}", case.text, app)
            try:
                code, summary = seed(database, profile)
            except CommandError as error:
                found[case.name] = [str(error)]
                continue
            queries = [line.partition(" = ")[2] for line in case.expected]
            found[case.name] = [f"{counted(database, app, query):g} = {query}" for query in queries]
            skipped = sum(one["records_skipped"] for one in summary["results"])
            assert (case.name, code, skipped) == (case.name, 0, 0)
            undone = database.rollback()
            assert (case.name, undone["exit_code"]) == (case.name, 0)
        assert dumped_rows(database, host) == before

    assert found == {case.name: list(case.expected) for case in chosen}


@pytest.mark.parametrize("server", ["sqlite", "mariadb"])
def test_numbers_are_distributed_as_the_profile_says(
    make_database: Callable[..., Database], tmp_path: Path, server: str
) -> None:
    database = make_database(server, ready=False)
    with shop(tmp_path, database) as app:
        code, _ = seed(database, written(tmp_path, "readings.toml", READINGS, app), table=f"{app.name}_reading", size="large")
        rows = database.query(f"SELECT {', '.join((*BELOW, 'rank'))} FROM {app.name}_reading".replace("rank", "`rank`"))  # noqa: S608

    assert (code, len(rows)) == (0, ROWS)
    columns = {name: sorted(row[place] for row in rows) for place, name in enumerate((*BELOW, "rank"))}
    for name, below in BELOW.items():
        values = columns[name]
        apart = max(abs(below(value) - (place + 0.5) / ROWS) for place, value in enumerate(values))
        assert (name, apart < CRITICAL) == (name, True)
    whole = sum(1 / rank for rank in range(1, 5))
    shares = {rank: columns["rank"].count(rank) / ROWS for rank in range(1, 5)}
    assert shares == {rank: pytest.approx(1 / rank / whole, abs=0.02) for rank in range(1, 5)}
