"""A few of the kills of `make torture`."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.conftest import Database
from tests.faults.storm import assert_whole, kill_at_random
from tests.servers import KINDS, Server


@pytest.mark.parametrize("server", KINDS)
def test_kills_leave_the_ledger_true_and_the_data_completes(
    make_database: Callable[..., Database],
    sqlite: Database,
    running: Callable[[str], Server],
    environment: dict[str, str],
    server: str,
) -> None:
    database = make_database(server)

    kill_at_random(database, environment, running(server), kills=4, seed=8)

    assert_whole(database, sqlite)
