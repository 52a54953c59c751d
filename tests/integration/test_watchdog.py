"""Which connections the watchdog looks at; that a silent one is given up is tested with a server that falls silent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import connections

from seeding.db.watchdog import Watch, watch
from tests.support.databases import Database

Make = Callable[..., Database]


def watches(database: Database) -> int:
    """How many wrappers of the database's connection are the watchdog's."""
    return sum(isinstance(one, Watch) for one in connections[database.alias].execute_wrappers)


def test_the_open_connection_is_watched_and_so_is_each_that_follows(make_database: Make) -> None:
    database, other = make_database("postgresql", ready=False), make_database("postgresql", ready=False)
    database.query("SELECT 1")

    watch(database.alias)
    open_one = watches(database)
    connections[database.alias].close()
    database.query("SELECT 1")
    other.query("SELECT 1")

    assert (open_one, watches(database), watches(other)) == (1, 1, 0)


def test_a_reconnection_takes_nobody_elses_wrapper_away(make_database: Make) -> None:
    database = make_database("postgresql", ready=False)
    connection = connections[database.alias]
    watch(database.alias)
    asked: list[str] = []

    def note(execute: Callable[..., Any], sql: str, *others: Any) -> Any:
        asked.append(sql)
        return execute(sql, *others)

    with connection.execute_wrapper(note):
        database.query("SELECT 1")
        connection.close()
        database.query("SELECT 2")
    database.query("SELECT 3")

    assert [one for one in asked if one.startswith("SELECT ")][-1] == "SELECT 2"
    assert [type(one) for one in connection.execute_wrappers] == [Watch]


def test_other_servers_time_out_by_themselves(make_database: Make) -> None:
    database = make_database("mariadb", ready=False)

    watch(database.alias)
    database.query("SELECT 1")

    assert watches(database) == 0
