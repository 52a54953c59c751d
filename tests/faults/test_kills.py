"""A few of the kills of `make torture`."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from django.core.management import call_command

from tests.faults.storm import assert_whole, kill_at_random, kill_restorations
from tests.servers import KINDS, Server
from tests.support.databases import Database
from tests.support.dumps import dumped_rows
from tests.support.edits import meddle


@pytest.mark.parametrize("server", KINDS)
def test_kills_leave_the_ledger_true_and_the_data_completes(
    make_database: Callable[..., Database], running: Callable[[str], Server], environment: dict[str, str], server: str
) -> None:
    database, undisturbed = make_database(server), make_database("sqlite", seeded="small")

    kill_at_random(database, environment, running(server), size="small", batch_size=5, kills=4, seed=8)

    assert_whole(database, undisturbed)


@pytest.mark.lengthy
def test_the_shape_of_a_profile_survives_kills(
    make_database: Callable[..., Database], running: Callable[[str], Server], environment: dict[str, str]
) -> None:
    database, undisturbed = make_database("mariadb"), make_database("sqlite")
    undisturbed.seed(profile="bad_quarter")

    kill_at_random(
        database, environment, running("mariadb"), size="small", batch_size=5, kills=3, seed=9, profile="bad_quarter"
    )

    assert_whole(database, undisturbed)


@pytest.mark.lengthy
def test_what_was_killed_while_it_put_rows_back_is_put_back_by_the_next(
    make_database: Callable[..., Database], running: Callable[[str], Server], environment: dict[str, str]
) -> None:
    database, server = make_database("mariadb", seeded="small"), running("mariadb")
    seeded = dumped_rows(database, server)

    kill_restorations(database, environment, server, ("seed_reset", "--force"), kills=1, seed=10)

    assert set(dumped_rows(database, server)) ^ set(seeded) == set()
    meddle(database.alias, random.Random(11), 20)
    call_command("seed_snapshot", "save", "worked", database=database.alias, verbosity=0)
    call_command("seed_snapshot", "restore", "worked", database=database.alias, force=True, verbosity=0)  # and derive
    saved = dumped_rows(database, server)

    kill_restorations(database, environment, server, ("seed_snapshot", "restore", "worked", "--force"), kills=1, seed=12)

    assert set(dumped_rows(database, server)) ^ set(saved) == set()
