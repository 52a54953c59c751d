"""`seed_rollback` of rows that somebody has changed since, and of rows and tables that are not found."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from seeding.models import SeedingMetadata, SeedRun
from terpseed.models import (
    Client,
    Order,
    Product,
    Sequence,
    Vendor,
)
from tests.support.databases import Database
from tests.support.rollbacks import by_table, rows
from tests.support.rows import ledgered_keys


def test_what_somebody_has_changed_is_listed_and_goes(seeded: Database) -> None:
    client, product = rows(Client, seeded)[3], rows(Product, seeded)[5]
    rows(Client, seeded).filter(pk=client.pk).update(name="Renamed", phone=None)
    rows(Product, seeded).filter(pk=product.pk).update(category="Other")
    order = rows(Order, seeded)[7]
    order.items[0]["quantity"] += 1
    rows(Order, seeded).filter(pk=order.pk).update(items=order.items)

    touched = ["updatedAt"] if seeded.server in ("mariadb", "mysql") else []  # ON UPDATE

    summary = seeded.rollback()

    assert {one["table"]: (one["count"], one["examples"]) for one in summary["modified"]} == {
        "clients": (1, {str(client.pk): ["name", "phone"]}),
        "products": (1, {str(product.pk): ["category", *touched]}),
        "orders": (1, {str(order.pk): ["items"]}),
    }
    assert (summary["exit_code"], summary["left"]) == (0, 0)


def test_so_is_what_the_seeder_has_left_empty(seeded: Database) -> None:
    vendor = rows(Vendor, seeded)[1]
    rows(Vendor, seeded).filter(pk=vendor.pk).update(notes="pays on Fridays")

    summary = seeded.rollback(keep_modified=True)

    (modified,) = summary["modified"]
    assert (modified["table"], modified["count"]) == ("vendors", 1)
    assert "notes" in modified["examples"][str(vendor.pk)]
    assert ledgered_keys(seeded, "vendors") == {vendor.pk}


def test_what_somebody_has_changed_stays_if_asked(seeded: Database) -> None:
    product = rows(Product, seeded)[5]
    rows(Product, seeded).filter(pk=product.pk).update(category="Other")

    summary = seeded.rollback(keep_modified=True)

    assert summary["exit_code"] == 6
    assert ledgered_keys(seeded, "products") == {product.pk}
    assert ledgered_keys(seeded, "brands") == {product.brand_id}
    assert ledgered_keys(seeded, "orders") == set()
    assert [verdict.rule for verdict in seeded.references() if verdict.broken] == []


def test_a_counter_that_the_application_has_advanced_stays(database: Database) -> None:
    database.seed(table="sequences")
    counter = rows(Sequence, database)[1]
    rows(Sequence, database).filter(pk=counter.pk).update(currentValue=counter.currentValue + 1)

    summary = database.rollback()

    assert summary["exit_code"] == 6
    assert ledgered_keys(database, "sequences") == {counter.pk}


def test_rows_of_another_faker_are_not_judged(sqlite: Database) -> None:
    sqlite.seed(table="clients")
    rows(Client, sqlite).update(name="Renamed")
    SeedRun.objects.using(sqlite.alias).update(faker_version="1.0")

    summary = sqlite.rollback()

    assert (summary["modified"], summary["uncompared"], summary["left"]) == ([], ["clients"], 0)
    assert summary["loaded"] == []


def test_which_rows_cannot_be_compared_is_told_with_the_reason(
    sqlite: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEEDING_MASKING_KEY", "a key of more than sixteen characters")
    (tmp_path / "export").mkdir()
    (tmp_path / "export" / "vendors.csv").write_text("name\nAcme\n", encoding="utf-8")
    sqlite.seed(table="clients")
    SeedRun.objects.using(sqlite.alias).update(faker_version="1.0")
    sqlite.seed(source=str(tmp_path / "export"), as_of=None)
    out = StringIO()

    call_command("seed_rollback", force=True, database=sqlite.alias, stdout=out, stderr=StringIO())

    said = " ".join(out.getvalue().split())
    assert "Rows of clients cannot be compared with what was seeded: they were made by another version or by receivers." in said
    assert "Rows of vendors cannot be compared with what was seeded: they were loaded from files." in said


def test_a_row_that_is_not_found_is_counted_and_no_success(database: Database) -> None:
    database.seed(table="clients")
    rows(Client, database).filter(pk=max(ledgered_keys(database, "clients"))).delete()

    summary = database.rollback()

    result = by_table(summary)["clients"]
    assert (result["records_planned"], result["records_deleted"], result["records_gone"]) == (10, 9, 1)
    assert (summary["exit_code"], summary["left"]) == (6, 0)
    assert database.rollback()["exit_code"] == 0  # it is told once


def test_a_table_that_is_not_found_keeps_its_rows_in_the_ledger(database: Database) -> None:
    database.seed(table="vendors")
    database.query("ALTER TABLE vendors RENAME TO suppliers")

    summary = database.rollback()

    result = by_table(summary)["vendors"]
    assert (result["records_planned"], result["records_gone"], result["records_kept"]) == (4, 0, 4)
    assert (summary["exit_code"], summary["left"]) == (6, 4)
    assert "the table is not in this database. Restore it under its name" in summary["kept"][0]["reason"]
    database.query("ALTER TABLE suppliers RENAME TO vendors")
    assert database.rollback()["exit_code"] == 0
    assert database.content("vendors") == []


def test_rows_that_are_there_in_spite_of_it_are_told(sqlite: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    sqlite.seed(table="strains")
    monkeypatch.setattr("seeding.rollbacks.deletion.Deleter._delete", lambda *_: None)

    summary = sqlite.rollback()

    assert "5 rows are still there under keys that were rolled back" in by_table(summary)["strains"]["error"]
    assert summary["exit_code"] == 6


def test_rows_of_a_seeder_that_is_no_more_go_too(sqlite: Database) -> None:
    sqlite.seed(table="strains")
    SeedingMetadata.objects.using(sqlite.alias).update(seeder_name="FormerSeeder")

    summary = sqlite.rollback(table="strains")

    assert (summary["records_deleted"], summary["uncompared"]) == (5, ["strains"])
    assert sqlite.content("strains") == []
