"""Rows that have the keys of the rows they refer to, in a table that counts keys of its own."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest
from django.contrib.sessions.models import Session

from seeding import BaseSeeder, RecordCount, Registry, Rows, SeederConfig
from seeding.conf import Strategy
from seeding.exceptions import MisdeclaredSeederError, RefusedError
from seeding.verification.checker import Checker
from terpseed.models import Client, SupplierProfile, Vendor
from tests.support.databases import Database
from tests.support.runs import mask, run, undo
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


def test_a_real_row_under_the_key_of_a_seeded_one_keeps_that(sqlite: Database) -> None:
    run(sqlite, Clients(), Vendors())
    client = keys(sqlite, Client)["C7"]
    a_real_vendor(sqlite, id=client, name="Real")

    summary, _ = undo(sqlite, Clients(), Vendors())

    assert summary.exit_code == 6
    assert (keys(sqlite, Client), keys(sqlite, Vendor)) == ({"C7": client}, {"Real": client})
    (kept,) = summary.kept
    assert (kept.table, kept.by, kept.referring) == ("clients", "vendors.id", (str(client),))


@pytest.mark.parametrize("version", [1, 2, None])
def test_a_real_row_that_was_inserted_under_the_key_of_a_deleted_one_is_masked_and_stays(
    sqlite: Database, version: int | None
) -> None:
    run(sqlite, Clients(), Vendors())
    before = keys(sqlite, Vendor)
    key = before.pop("C4")
    Vendor.objects.using(sqlite.alias).filter(pk=key).delete()
    a_real_vendor(sqlite, id=key, name="Ours")
    config = replace(Vendors.config, version=version or 1)
    now = [] if version is None else [type("Vendors", (Vendors,), {"config": config})()]

    mask(sqlite, Vendors())
    (masked,) = keys(sqlite, Vendor).items() - before.items()
    with pytest.raises(RefusedError, match="vendors keeps 1 of its seeded rows"):
        undo(sqlite, Clients(), *now, strategy=Strategy.TRUNCATE)
    summary = undo(sqlite, Clients(), *now)[0]

    assert masked[0] != "Ours"
    assert summary.exit_code == 6
    assert keys(sqlite, Vendor) == {masked[0]: key}
    assert keys(sqlite, Client) == ({"C4": key} if now else {})  # without the seeder nothing says that the row is a client's


def test_keys_that_real_rows_have_by_chance_keep_nothing(sqlite: Database) -> None:
    run(sqlite, Clients())
    a_real_vendor(sqlite, name="Real")

    assert undo(sqlite, Clients(), Vendors())[0].exit_code == 0
    assert keys(sqlite, Client) == {}


def test_a_row_does_not_go_without_those_that_have_its_key(sqlite: Database) -> None:
    run(sqlite, Clients(), Vendors())
    one: dict[str, Any] = {"tables": ("clients",), "where": (("name", "C6"),)}

    with pytest.raises(RefusedError, match=r"Other seeded rows depend on those of clients: 1 of vendors \(id\)"):
        undo(sqlite, Clients(), Vendors(), **one)
    assert undo(sqlite, Clients(), Vendors(), **one, cascade=True)[0].exit_code == 0

    assert keys(sqlite, Vendor).keys() == {f"C{index}" for index in range(0, 20, 2)} - {"C6"}


def test_what_is_kept_with_a_row_may_have_its_key(sqlite: Database) -> None:
    class Kept(Vendors):
        config = replace(Vendors.config, kept_with=("Clients",))

    run(sqlite, Clients(), Kept())
    client = keys(sqlite, Client)["C4"]
    SupplierProfile.objects.using(sqlite.alias).create(client_id=client)

    assert undo(sqlite, Clients(), Kept())[0].exit_code == 6
    assert (keys(sqlite, Client), keys(sqlite, Vendor)) == ({"C4": client}, {"C4": client})


def test_a_key_of_a_row_that_is_gone_is_found(sqlite: Database) -> None:
    run(sqlite, Clients(), Vendors())
    Client.objects.using(sqlite.alias).filter(name="C8").delete()

    found = {one.rule: one for one in Checker(sqlite.alias, "", Registry([Clients(), Vendors()])).references()}

    verdict = found["vendors.id leads to clients"]
    assert (verdict.looked_at, verdict.broken, verdict.examples) == (10, 1, (str(keys(sqlite, Vendor)["C8"]),))


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
