"""The application goes on inserting, and holding rows, while the tables are seeded."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import Error, connections
from tenacity import retry, stop_after_delay, wait_fixed

from seeding.telemetry.events import Event
from tests.faults.application import assert_neither_disturbs_the_other
from tests.servers import KINDS
from tests.support.databases import Database
from tests.support.processes import Manage
from tests.support.runs import run
from tests.support.seeders import Clients


@pytest.mark.parametrize("server", KINDS)
def test_it_loses_no_row_and_costs_no_batch(make_database: Callable[..., Database], manage: Manage, server: str) -> None:
    options = ("--size=medium", "--table=parties,strains,products")

    assert_neither_disturbs_the_other(make_database(server), manage, *options, batch_size="5")


@pytest.mark.parametrize(
    ("server", "patience"),
    [
        ("mariadb", "SET SESSION innodb_lock_wait_timeout = 1"),
        ("mysql", "SET SESSION innodb_lock_wait_timeout = 1"),
        ("postgresql", "SET lock_timeout = '1s'"),
    ],
)
def test_a_row_that_it_holds_is_waited_for_and_tried_again(
    make_database: Callable[..., Database], server: str, patience: str
) -> None:
    database = make_database(server)
    database.query(patience)
    holder = connections.create_connection(database.alias)
    holder.set_autocommit(False)
    with holder.cursor() as cursor:
        cursor.execute("INSERT INTO clients (teri_code, name) VALUES ('T13', 'real')")
    retries: list[Event] = []

    def let_go(event: Event) -> None:
        if event.operation == "retry":
            retries.append(event)
            holder.rollback()

    summary, _ = run(database, Clients(), listen=let_go)

    holder.close()
    assert summary.results[0].records_inserted == 20
    assert len(retries) == 1
    assert "retry 1" in retries[0].message


@pytest.mark.parametrize(
    ("server", "waiting"),
    [
        ("mariadb", "SELECT COUNT(*) FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'"),
        ("mysql", "SELECT COUNT(*) FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'"),
        ("postgresql", "SELECT COUNT(*) FROM pg_locks WHERE NOT granted"),
    ],
)
def test_a_deadlock_with_it_ends_with_every_row_there(
    make_database: Callable[..., Database], server: str, waiting: str
) -> None:
    database = make_database(server)
    holding = threading.Event()
    outcome: list[Any] = []

    # InnoDB shows the same again to whoever asks within a tenth of a second.
    @retry(wait=wait_fixed(0.2), stop=stop_after_delay(60))
    def see_it_wait(look: Any) -> None:
        look.execute(waiting)
        assert look.fetchone()[0]

    def cross() -> None:
        own, looking = (connections.create_connection(database.alias) for _ in range(2))
        own.set_autocommit(False)
        with own.cursor() as cursor, looking.cursor() as look:
            cursor.execute("INSERT INTO clients (teri_code, name) VALUES ('T13', 'real')")
            holding.set()
            see_it_wait(look)  # the run, which has inserted T0, for T13
            try:
                cursor.execute("INSERT INTO clients (teri_code, name) VALUES ('T0', 'real')")
            except Error as error:
                outcome.append(error)
        own.rollback()
        own.close()
        looking.close()

    thread = threading.Thread(target=cross)
    thread.start()
    holding.wait()

    summary, told = run(database, Clients())

    thread.join()
    retried = [event for event in told if event.operation == "retry"]
    assert summary.results[0].records_inserted == 20
    assert len(retried) + len(outcome) >= 1  # the server has chosen one of the two
