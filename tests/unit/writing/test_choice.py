"""Which writer a seeder gets."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connections

from seeding.exceptions import ConfigurationError
from seeding.writing.choice import Writers
from tests.support.databases import Database
from tests.unit.locks.fakes import Session


def on(monkeypatch: pytest.MonkeyPatch, database: Database, vendor: str, session: object = None, **parameters: Any) -> str:
    """The database as one of another kind, whose answers are those of `session`."""
    connection = connections[database.alias]
    monkeypatch.setattr(connection, "vendor", vendor)
    monkeypatch.setattr(connection, "cursor", lambda: session)
    monkeypatch.setattr(connection, "get_connection_params", lambda: parameters)
    return database.alias


def chosen(writers: Writers) -> list[str]:
    return [writers.choose(count).name for count in (0, 1, 99, 100, 1_000_000)]


def test_few_rows_are_created_together_and_many_in_the_servers_own_way(shop: Database) -> None:
    assert chosen(Writers(shop.alias)) == ["bulk_create", "bulk_create", "bulk_create", "executemany", "executemany"]


def test_a_server_that_we_do_not_know_has_no_way_of_its_own(shop: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    writers = Writers(on(monkeypatch, shop, "oracle"))

    assert chosen(writers) == ["bulk_create"] * 5
    assert writers.native == ()


@pytest.mark.parametrize("name", ["bulk_create", "executemany"])
def test_a_forced_writer_is_taken_for_any_number_of_rows(shop: Database, name: str) -> None:
    assert set(chosen(Writers(shop.alias, name))) == {name}


def test_a_writer_that_the_database_does_not_take_is_refused_with_those_that_it_takes(shop: Database) -> None:
    with pytest.raises(ConfigurationError) as refused:
        Writers(shop.alias, "copy")

    assert str(refused.value) == "SEEDING_WRITER=copy: this database supports bulk_create, executemany."


def test_no_setting_lets_receivers_run_that_nobody_watches(shop: Database) -> None:
    with pytest.raises(ConfigurationError, match="SEEDING_WRITER=create: this database supports bulk_create"):
        Writers(shop.alias, "create")


@pytest.mark.parametrize(
    ("server", "client", "names"),
    [
        (1, True, ["load_data", "multi_insert"]),
        (0, True, ["multi_insert"]),
        (1, False, ["multi_insert"]),
        (1, None, ["multi_insert"]),
    ],
)
def test_load_data_needs_the_word_of_server_and_client(
    shop: Database, monkeypatch: pytest.MonkeyPatch, server: int, client: Any, names: list[str]
) -> None:
    session = Session([(server, 4_096)])
    parameters = {} if client is None else {"local_infile": client}

    writers = Writers(on(monkeypatch, shop, "mysql", session, **parameters))

    assert [writer.name for writer in writers.native] == names
    assert writers.choose(100).name == names[0]
    assert session.told == [("SELECT @@local_infile, @@max_allowed_packet", None)]


@pytest.mark.parametrize(("method", "names"), [("copy", ["copy"]), ("copy_expert", ["copy"]), ("copy_from", [])])
def test_copy_needs_a_driver_that_can(shop: Database, monkeypatch: pytest.MonkeyPatch, method: str, names: list[str]) -> None:
    session = Session()
    setattr(session, method, None)

    assert [writer.name for writer in Writers(on(monkeypatch, shop, "postgresql", session)).native] == names
