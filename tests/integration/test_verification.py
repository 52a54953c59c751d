"""`seed_check --references`: every kind of reference that leads nowhere is found, by name."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from django.core.management import CommandError, call_command
from django.db import connections, models
from django.test import override_settings

from seeding.generation.registry import Registry
from seeding.generation.rows import Rows
from seeding.generation.seeders import BaseSeeder, SeederConfig
from seeding.schema.references import TypedReferenceField
from seeding.telemetry.events import Event
from terpseed import models as terp
from tests.servers import Server
from tests.support.databases import Database, closed, opened
from tests.support.runs import run
from tests.support.seeders import COUNT, Clients

NOWHERE = 10**7


def lose_an_item(using: str) -> None:
    order = terp.Order.objects.using(using).earliest("pk")
    order.items[0]["batchId"] = NOWHERE
    order.save(using=using, update_fields=["items"])


def lose_an_invoice(using: str) -> None:
    entries = terp.LedgerEntry.objects.using(using)
    entries.filter(pk=entries.filter(referenceType="INVOICE").earliest("pk").pk).update(referenceId=NOWHERE)


BROKEN: dict[str, tuple[str, Callable[[str], object]]] = {
    "an undeclared key": (
        "brands.vendorId leads to vendors",
        lambda using: terp.Brand.objects.using(using).filter(pk=1).update(vendor=NOWHERE),
    ),
    "a self reference": (
        "strains.parentStrainId leads to strains",
        lambda using: terp.Strain.objects.using(using).filter(pk=5).update(parentStrain=NOWHERE),
    ),
    "a typed reference": (
        "ledgerEntries.referenceId leads to invoices",
        lose_an_invoice,
    ),
    "a back reference": (
        "orders.invoice_id leads to invoices",
        lambda using: terp.Order.objects.using(using).filter(pk=1).update(invoice=NOWHERE),
    ),
    "a key in JSON": ("orders.items[].batchId leads to batches", lose_an_item),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_reference_that_leads_nowhere_is_named(sqlite: Database, kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    rule, broken = BROKEN[kind]
    sqlite.seed()
    call_command("seed_check", "--references", database=sqlite.alias)
    assert "rules hold" in capsys.readouterr().out
    broken(sqlite.alias)

    with pytest.raises(CommandError) as failure:
        call_command("seed_check", "--references", "--json", database=sqlite.alias)

    report = json.loads(capsys.readouterr().out)
    found = {verdict["rule"]: verdict for verdict in report["verdicts"] if verdict["broken"]}
    assert failure.value.returncode == 5
    assert set(found) == {rule}
    assert found[rule]["broken"] == 1
    assert len(found[rule]["examples"]) == 1


def test_a_real_row_that_leads_nowhere_is_not_ours_to_judge(sqlite: Database) -> None:
    sqlite.seed(table="brands")
    terp.Brand.objects.using(sqlite.alias).create(name="Real", vendor_id=NOWHERE)

    call_command("seed_check", "--references", database=sqlite.alias, verbosity=0)


@pytest.mark.parametrize(
    ("items", "broken"),
    [
        ("{}", 0),
        ("null", 0),
        ('["text", null, 1, {}]', 0),
        ('[{"batchId": {}}, {"batchId": 10000000}]', 1),
        ('[{"batchId": 100000000000000000000}]', 0),
    ],
)
def test_json_of_another_shape_refers_to_what_can_be_read(
    make_database: Callable[..., Database], items: str, broken: int
) -> None:
    database = make_database("sqlite", seeded="small")
    database.query("UPDATE orders SET items = %s WHERE id = (SELECT MIN(id) FROM orders)", items)

    verdicts = {verdict.rule: verdict.broken for verdict in database.references()}

    assert verdicts["orders.items[].batchId leads to batches"] == broken


class Typed(models.Model):
    """A kind whose column is not called as its attribute is."""

    kind = models.CharField(max_length=20, db_column="reference_type")
    key = TypedReferenceField(kind="reference_type", targets={"CLIENT": "terpseed.Client"}, null=True, db_column="reference_id")

    class Meta:
        app_label = "seeding"
        db_table = "typed"
        managed = False


class TypedSeeder(BaseSeeder):
    config = SeederConfig(model=Typed, record_count=COUNT, dependencies=("clients",))

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        return pl.DataFrame({"reference_type": ["CLIENT"] * len(rows), "reference_id": rows.index})


def test_the_kind_of_a_reference_may_stand_in_a_column_of_another_name(sqlite: Database) -> None:
    with connections[sqlite.alias].schema_editor() as editor:
        editor.create_model(Typed)

    summary, _ = run(sqlite, Clients(), TypedSeeder())

    assert summary.exit_code == 0, summary.results


def test_all_checks_at_once_tell_the_smallest_exit_code(sqlite: Database, capsys: pytest.CaptureFixture[str]) -> None:
    sqlite.seed()
    lose_an_item(sqlite.alias)
    sqlite.query("ALTER TABLE clients ADD COLUMN required TEXT NOT NULL DEFAULT ''")
    sqlite.query("ALTER TABLE product_images RENAME COLUMN caption TO words")

    with pytest.raises(CommandError) as failure:
        call_command("seed_check", database=sqlite.alias)

    shown = " ".join(capsys.readouterr().out.split())
    assert failure.value.returncode == 3
    assert "1 of 60 tables are not as their models say" in shown
    assert "orders.items[].batchId leads to batches" in shown


RULES = """
from seeding import Invariant, invariant
from terpseed.models import Client


@invariant(Client)
def raises(seeded):
    \"""Nothing that can be asked.\"""
    raise TypeError("no\\nthing")


@invariant(Client)
def asks_amiss(seeded):
    \"""Nothing that the database understands.\"""
    return seeded.rows.extra(where=["nowhere = 1"])


@invariant(Client)
def holds(seeded):
    \"""There is a name.\"""
    return seeded.rows.filter(name="")
"""


def test_a_rule_that_fails_is_told_and_the_others_are_asked(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "ruled").mkdir()
    (tmp_path / "ruled" / "__init__.py").touch()
    (tmp_path / "ruled" / "invariants.py").write_text(RULES, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    database.seed(table="clients")

    with override_settings(INSTALLED_APPS=["seeding", "ruled"]), pytest.raises(CommandError) as failure:
        call_command("seed_check", "--invariants", "--json", database=database.alias)

    report = json.loads(capsys.readouterr().out)
    assert failure.value.returncode == 4
    assert str(failure.value).splitlines()[0] == (
        "Not everything was checked. The rule raises (ruled.invariants) failed: TypeError: no thing"
    )
    assert "The rule asks-amiss (ruled.invariants) failed: " in report["unreadable"][1]
    assert [(one["rule"], one["looked_at"], one["broken"]) for one in report["verdicts"]] == [("holds", 10, 0)]


def seed_and_break(database: Database) -> dict[str, str]:
    """Seed, while somebody else breaks a reference of what is there; returns the errors by table."""

    def disturb(event: Event) -> None:
        if (event.operation, event.seeder) == ("finish", "VendorPayableSeeder"):
            lose_an_invoice(database.alias)

    summary, _ = run(database, registry=Registry.discover(), listen=disturb, size="small")

    return {result.table: result.error for result in summary.results if result.error}


BROKEN_MEANWHILE = "1 rows break: Every referenceId names a row of invoices."


def test_what_breaks_while_a_run_ends_is_found_by_it(database: Database) -> None:
    errors = seed_and_break(database)

    assert set(errors) == {"ledgerEntries"}
    assert errors["ledgerEntries"].startswith(BROKEN_MEANWHILE)


def test_or_without_a_connection_to_spare(make_database: Callable[..., Database], running: Callable[[str], Server]) -> None:
    owned, owner = make_database("mariadb"), running("mariadb")
    owner.sql(
        "CREATE USER lonely@localhost WITH MAX_USER_CONNECTIONS 2; "  # the run's own, and the lock's
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON {owned.alias}.* TO lonely@localhost"
    )
    database = opened("lonely", "mariadb", owner.url(owned.alias, "lonely"))

    try:
        errors = seed_and_break(database)
    finally:
        closed(database.alias)
        owner.sql("DROP USER lonely@localhost")

    assert set(errors) == {"ledgerEntries"}
    assert errors["ledgerEntries"].startswith(BROKEN_MEANWHILE)
