"""Rows that have the keys of the rows they refer to, in a table that counts keys of its own."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl
import pytest
from django.contrib.sessions.models import Session

from seeding import BaseSeeder, RecordCount, Rows, SeederConfig
from seeding.exceptions import MisdeclaredSeederError
from terpseed.models import Client, Vendor
from tests.support.databases import Database
from tests.support.runs import run, undo
from tests.support.seeders import Clients, seeder

REAL = datetime(2024, 5, 17, 10, tzinfo=UTC)


class Vendors(BaseSeeder):
    """Every other client is a vendor too."""

    config = SeederConfig(
        model=Vendor,
        record_count=RecordCount.fixed(10),
        dependencies=("clients",),
        pii_fields={"name": "company_name"},
        refers={"id": Client},
    )

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        return pl.DataFrame({"id": rows.index * 2, "name": [f"C{index * 2}" for index in rows.index]})


def keys(database: Database, model: type[Client | Vendor]) -> dict[str, int]:
    """Name → key."""
    return dict(model._base_manager.using(database.alias).values_list("name", "pk"))


def a_real_vendor(database: Database, **values: object) -> int:
    vendor = Vendor(createdAt=REAL, updatedAt=REAL, **values)
    vendor.save(using=database.alias, force_insert=True)
    assert vendor.pk is not None
    return vendor.pk


def test_the_keys_are_free_in_both_tables_and_stay_so(database: Database) -> None:
    highest = a_real_vendor(database, id=5_000, name="Real")
    before = database.content("vendors")

    summary, _ = run(database, Clients(), Vendors(), batch_size=3)
    clients, vendors = keys(database, Client), keys(database, Vendor)
    later = a_real_vendor(database, name="Real as well")

    assert [one.records_inserted for one in summary.results] == [20, 10]
    assert vendors == {"Real": highest} | {f"C{index}": clients[f"C{index}"] for index in range(0, 20, 2)}
    assert min(clients.values()) > highest
    assert later > max(clients.values())
    assert undo(database, Clients(), Vendors())[0].exit_code == 0
    assert [row for row in database.content("vendors") if row[0] != later] == before


def test_rows_that_come_again_have_the_same_keys(database: Database) -> None:
    run(database, Clients(), Vendors())
    undo(database, Clients(), Vendors(), tables=("vendors",))
    assert database.content("vendors") == []

    run(database, Clients(), Vendors(), batch_size=2)

    clients = keys(database, Client)
    assert keys(database, Vendor) == {f"C{index}": clients[f"C{index}"] for index in range(0, 20, 2)}


def test_a_key_that_a_real_row_has_taken_is_refused(sqlite: Database) -> None:
    run(sqlite, Clients())
    taken = a_real_vendor(sqlite, id=keys(sqlite, Client)["C6"], name="Real")
    before = sqlite.content("vendors")

    summary, _ = run(sqlite, Clients(), Vendors())

    assert f"vendors has a real row under the key {taken:,} of a seeded row of clients" in summary.results[1].error
    assert summary.exit_code == 5
    assert sqlite.content("vendors") == before


def test_a_row_without_the_row_whose_key_it_has_is_rejected(sqlite: Database) -> None:
    def spoil(data: pl.DataFrame) -> pl.DataFrame:
        return data.with_columns(pl.when(pl.col("name") == "C4").then(None).otherwise("name").alias("name"))

    summary, _ = run(sqlite, seeder(spoil), Vendors())

    clients = keys(sqlite, Client)
    assert [(one.records_inserted, one.records_skipped) for one in summary.results] == [(19, 1), (9, 1)]
    assert keys(sqlite, Vendor) == {f"C{index}": clients[f"C{index}"] for index in range(0, 20, 2) if index != 4}


def test_a_rehearsal_shows_the_keys(sqlite: Database) -> None:
    summary, _ = run(sqlite, Clients(), Vendors(), dry_run=True)

    assert [row["id"] for row in summary.examples["vendors"]] == [1, 3, 5]


def test_only_tables_that_count_can_share_keys() -> None:
    with pytest.raises(MisdeclaredSeederError, match="lets rows of vendors have keys of django_session, but not both"):

        class Wrong(Vendors):
            config = SeederConfig(model=Vendor, record_count=RecordCount.fixed(1), refers={"id": Session})
