"""Key ranges, while the application inserts into the same table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl
import pytest
from django.db import connections

from seeding.exceptions import ConfigurationError, SchemaError
from seeding.writing.key_allocation import HEADROOM, MySQLKeyAllocator, key_allocator
from terpseed.models import Client
from tests.support.databases import Database
from tests.support.runs import run
from tests.support.seeders import Clients, seeder

INSERT = "INSERT INTO clients (teri_code, name, created_at) VALUES (%s, 'real', '2026-01-01 00:00:00')"


def sample() -> list[Client]:
    return [Client(teri_code="REG90001", name="A sample")]


def test_the_applications_keys_lie_above_a_reserved_range(make_database: Callable[..., Database]) -> None:
    database = make_database("mariadb")

    first = key_allocator(database.alias).reserve(Client, 500, sample())
    database.query(INSERT, "REG0001")

    assert first == HEADROOM + 1
    assert [row[0] for row in database.content("clients")] == [first + 500]


@pytest.mark.parametrize("left", [True, False])
def test_no_row_gets_a_key_that_one_had_which_is_gone(database: Database, *, left: bool) -> None:
    clients = Client.objects.using(database.alias)
    if database.server == "postgresql":  # its sequences do not follow keys that are given
        database.query("SELECT setval(pg_get_serial_sequence('clients', 'id'), 5000)")
    else:
        clients.create(pk=5_000, teri_code="REG0001", name="gone")
        clients.filter(pk=5_000).delete()
    if left:
        clients.create(pk=7, teri_code="REG0002", name="there")

    run(database, Clients())

    assert min(clients.filter(teri_code__startswith="T").values_list("pk", flat=True)) > 5_000


def test_a_sample_that_cannot_be_inserted_is_passed_over(make_database: Callable[..., Database]) -> None:
    database = make_database("mariadb")
    database.query(INSERT, "REG90001")

    first = key_allocator(database.alias).reserve(Client, 5, [*sample(), Client(teri_code="REG90002", name="Another")])
    database.query(INSERT, "REG0002")

    assert max(row[0] for row in database.content("clients")) == first + 5


def test_a_row_that_comes_in_between_moves_the_range(
    make_database: Callable[..., Database], monkeypatch: pytest.MonkeyPatch
) -> None:
    database = make_database("mariadb")
    push, intruders = MySQLKeyAllocator._push_counter, [HEADROOM + 3]

    def race(self: MySQLKeyAllocator, *arguments: Any) -> None:
        if intruders:
            Client.objects.using(database.alias).create(id=intruders.pop(), teri_code="REG0001", name="real")
        push(self, *arguments)

    monkeypatch.setattr(MySQLKeyAllocator, "_push_counter", race)

    assert key_allocator(database.alias).reserve(Client, 5, sample()) == 2 * HEADROOM + 6


def test_a_key_that_is_taken_between_two_batches_is_not_ours(sqlite: Database) -> None:
    def intrude(data: pl.DataFrame) -> pl.DataFrame:
        if "T10" in data["teri_code"]:
            sqlite.query(INSERT, "REG0001")
        return data

    summary, _ = run(sqlite, seeder(intrude), batch_size=10)

    keys = {row[2]: row[0] for row in sqlite.content("clients")}
    assert summary.results[0].records_inserted == 20
    assert (keys["T9"], keys["REG0001"], keys["T10"]) == (10, 11, 12)


def test_a_key_column_that_is_too_small_is_named(make_database: Callable[..., Database]) -> None:
    database = make_database("mariadb")
    Client.objects.using(database.alias).create(id=2**31 - 10, teri_code="REG0001", name="real")

    with pytest.raises(SchemaError, match=r"clients would need keys up to .*, and the model's AutoField ends at 2,147,483,647"):
        key_allocator(database.alias).reserve(Client, 20, sample())


def test_a_session_that_is_not_in_utc_is_refused(make_database: Callable[..., Database]) -> None:
    database = make_database("mariadb")
    connections[database.alias].close()
    del connections[database.alias].settings_dict["OPTIONS"]["init_command"]

    with pytest.raises(ConfigurationError, match=r"not in UTC.*init_command"):
        run(database, Clients())
