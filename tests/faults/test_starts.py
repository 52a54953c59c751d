"""A few of the starts of `make torture`."""

from __future__ import annotations

from tests.faults.starts import assert_one_of_many_works
from tests.support.databases import Database


def test_of_runs_started_together_one_works(database: Database, environment: dict[str, str]) -> None:
    assert_one_of_many_works(database, environment, starts=3)
