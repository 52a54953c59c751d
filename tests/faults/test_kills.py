"""A few of the kills of `make torture`."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.faults.storm import assert_whole, kill_at_random
from tests.servers import KINDS, Server
from tests.support.databases import Database


@pytest.mark.parametrize("server", KINDS)
def test_kills_leave_the_ledger_true_and_the_data_completes(
    make_database: Callable[..., Database], running: Callable[[str], Server], environment: dict[str, str], server: str
) -> None:
    database, undisturbed = make_database(server), make_database("sqlite", seeded="small")

    kill_at_random(database, environment, running(server), size="small", batch_size=5, kills=4, seed=8)

    assert_whole(database, undisturbed)


def test_the_shape_of_a_profile_survives_kills(
    make_database: Callable[..., Database], running: Callable[[str], Server], environment: dict[str, str]
) -> None:
    database, undisturbed = make_database("mariadb"), make_database("sqlite")
    undisturbed.seed(profile="bad_quarter")

    kill_at_random(
        database, environment, running("mariadb"), size="small", batch_size=5, kills=3, seed=9, profile="bad_quarter"
    )

    assert_whole(database, undisturbed)
