"""How many workers a run has."""

from __future__ import annotations

from typing import Any

import pytest

from seeding import SeedConfig, seed
from seeding.exceptions import ConfigurationError
from seeding.telemetry.events import Event
from seeding.workers.choice import WORTH, default_jobs
from tests.support.databases import AS_OF, Database


@pytest.mark.parametrize(
    ("vendor", "missing", "cores", "jobs"),
    [
        ("postgresql", WORTH, 4, 2),
        ("postgresql", WORTH, 3, 1),
        ("postgresql", WORTH, 1, 1),
        ("postgresql", WORTH, 32, 4),
        ("postgresql", WORTH - 1, 8, 1),
        ("mysql", 10**9, 8, 1),
    ],
)
def test_several_processes_are_the_default_only_where_they_were_seen_to_pay(
    vendor: str, missing: int, cores: int, jobs: int
) -> None:
    assert default_jobs(vendor, missing, cores) == jobs


def test_sqlite_has_one_writer_and_says_so(shop: Database) -> None:
    told: list[Event] = []

    summary = seed(SeedConfig(database=shop.alias, tables=("shop_product",), jobs=3, today=AS_OF), tell=told.append)

    assert summary.exit_code == 0
    assert [(one.level, one.message) for one in told if one.operation == "workers"] == [
        ("warn", "A SQLite file has one writer at a time: --jobs=3 is as --jobs=1")
    ]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"jobs": 0}, "--jobs=0: give a whole number from 1 to 64."),
        ({"jobs": 65}, "--jobs=65: give a whole number from 1 to 64."),
        ({"chunk_rows": 0}, "SEEDING_CHUNK_ROWS=0: give a whole number from 1 to 1,000,000."),
    ],
)
def test_impossible_numbers_are_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        SeedConfig(**options)
    assert str(caught.value) == words
