"""Servers that are full, only read, or end connections that wait: in plain words, and completed when that is over."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import polars as pl
import pytest
from django.core.management import CommandError
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

from seeding.db.error_hints import FULL
from seeding.orchestration.pipeline.seeder_pipeline import SeederPipeline
from tests.faults.space import Tight, TightMariaDB, TightMySQL, TightPostgreSQL
from tests.servers import KINDS, Server
from tests.support.databases import Database
from tests.support.rows import business_data
from tests.support.runs import run
from tests.support.seeders import Profiles, seeder

Data = dict[str, list[dict[str, Any]]]

END = {
    "mariadb": ("SELECT CONNECTION_ID()", "KILL CONNECTION %s"),
    "mysql": ("SELECT CONNECTION_ID()", "KILL CONNECTION %s"),
    "postgresql": ("SELECT pg_backend_pid()", "SELECT pg_terminate_backend(%s)"),
}


@pytest.fixture
def undisturbed(make_database: Callable[..., Database]) -> Data:
    return business_data(make_database("sqlite", seeded="small"))


@pytest.mark.parametrize("server", KINDS)
def test_a_connection_that_ends_while_a_batch_is_made_costs_nothing(
    make_database: Callable[..., Database], server: str
) -> None:
    database = make_database(server)
    asking, ending = END[server]
    ours = database.query(asking)[0][0]

    def end(data: pl.DataFrame) -> pl.DataFrame:
        elsewhere = connections.create_connection(database.alias)
        with elsewhere.cursor() as cursor:
            cursor.execute(ending, [ours])
        elsewhere.close()
        return data

    summary, told = run(database, seeder(end), Profiles())

    assert [result.records_inserted for result in summary.results] == [20, 20]
    assert [event.operation for event in told].count("retry") == 1


IMPATIENT = {
    "mariadb": "SET SESSION wait_timeout = 1",
    "mysql": "SET SESSION wait_timeout = 1",
    "postgresql": "SET idle_session_timeout = '1s'",
}


@pytest.mark.parametrize("server", KINDS)
def test_a_batch_that_takes_longer_than_the_server_waits_costs_nothing(
    make_database: Callable[..., Database], server: str
) -> None:
    database = make_database(server)
    database.query(IMPATIENT[server])

    def dawdle(data: pl.DataFrame) -> pl.DataFrame:
        time.sleep(2)
        return data

    summary, told = run(database, seeder(dawdle), Profiles())

    assert [result.records_inserted for result in summary.results] == [20, 20]
    assert [event.operation for event in told].count("retry") == 1


def test_a_full_disk_costs_what_needs_room_and_the_next_run_completes_it(sqlite: Database, undisturbed: Data) -> None:
    (pages,) = sqlite.query("PRAGMA page_count")[0]
    sqlite.query(f"PRAGMA max_page_count = {pages + 16}")

    with pytest.raises(CommandError) as caught:
        sqlite.seed()

    sqlite.query(f"PRAGMA max_page_count = {100 * pages}")
    results = sqlite.last_results().values()
    assert caught.value.returncode == 5
    assert any(one["error"] == f"database or disk is full. {FULL}" for one in results)
    assert all(one["state"] in {"seeded", "failed", "skipped"} for one in results)
    assert sqlite.seed()["exit_code"] == 0
    assert business_data(sqlite) == undisturbed


TIGHT = (TightMariaDB, TightMySQL, TightPostgreSQL)


@pytest.fixture
def tight(request: pytest.FixtureRequest) -> Iterator[Tight]:
    kind: type[Tight] = request.param
    if missing := kind.missing():
        pytest.skip(f"NOT TESTED: {missing}")
    tight = kind()
    yield tight
    tight.stop()


@pytest.mark.parametrize("tight", TIGHT, indirect=True, ids=[one.name for one in TIGHT])
def test_so_it_does_on_a_server(tight: Tight, make_database: Callable[..., Database]) -> None:
    database = make_database(tight.name, on=tight.server)

    with pytest.raises(CommandError) as caught:
        database.seed(size="medium", scale=6, table="orders")

    told = [str(caught.value), *(one["error"] for one in database.last_results().values())]
    connections[database.alias].close()
    tight.widen()
    completed = database.seed(size="medium", scale=6, table="orders")
    assert caught.value.returncode in {2, 5}  # 2 where it is the ledger's own row that has no room
    assert any(FULL in words for words in told)
    assert completed["exit_code"] == 0
    assert database.broken_rules() == {}


READ_ONLY = {
    "mariadb": ("SET SESSION TRANSACTION READ ONLY", "SET SESSION TRANSACTION READ WRITE"),
    "mysql": ("SET SESSION TRANSACTION READ ONLY", "SET SESSION TRANSACTION READ WRITE"),
    "postgresql": ("SET default_transaction_read_only = on", "SET default_transaction_read_only = off"),
    "sqlite": ("PRAGMA query_only = on", "PRAGMA query_only = off"),
}


@pytest.mark.parametrize("server", READ_ONLY)
def test_a_server_that_only_reads_from_now_on_ends_the_run_in_words(
    make_database: Callable[..., Database], monkeypatch: pytest.MonkeyPatch, undisturbed: Data, server: str
) -> None:
    database = make_database(server)
    begin, end = READ_ONLY[server]
    insert = SeederPipeline.insert_data
    calls: list[SeederPipeline] = []

    def only_read(connection: BaseDatabaseWrapper, **_: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute(begin)

    def turn(self: SeederPipeline, *arguments: Any) -> Any:
        calls.append(self)
        if len(calls) == 20:
            database.query(begin)
            connection_created.connect(only_read)  # every connection from now on, as on such a server
        return insert(self, *arguments)

    monkeypatch.setattr(SeederPipeline, "insert_data", turn)

    with pytest.raises(CommandError, match=r"is read-only\. Is it a replica, or under maintenance\?") as caught:
        database.seed()

    connection_created.disconnect(only_read)
    monkeypatch.undo()
    database.query(end)
    assert caught.value.returncode == 2
    assert database.seed()["exit_code"] == 0
    assert business_data(database) == undisturbed


SESSION = {
    "mariadb": ("SET GLOBAL wait_timeout = 1, GLOBAL net_read_timeout = 1", "SELECT @@wait_timeout, @@net_read_timeout"),
    "mysql": ("SET GLOBAL wait_timeout = 1, GLOBAL net_read_timeout = 1", "SELECT @@wait_timeout, @@net_read_timeout"),
    "postgresql": (
        "ALTER DATABASE {database} SET idle_session_timeout = '1s'; ALTER DATABASE {database} SET statement_timeout = '1s'",
        "SELECT current_setting('idle_session_timeout'), current_setting('statement_timeout')",
    ),
}
PATIENT = {"mariadb": (28_800, 600), "mysql": (28_800, 600), "postgresql": ("0", "0")}


@pytest.mark.parametrize("server", KINDS)
def test_a_sessions_patience_is_set_and_not_assumed(
    make_database: Callable[..., Database], running: Callable[[str], Server], server: str
) -> None:
    database, owner = make_database(server), running(server)
    hostile, question = SESSION[server]
    owner.sql(hostile.format(database=database.alias))
    connections[database.alias].close()

    answer = database.query(question)[0]

    if server != "postgresql":
        owner.sql("SET GLOBAL wait_timeout = DEFAULT, GLOBAL net_read_timeout = DEFAULT")
    assert answer == PATIENT[server]
