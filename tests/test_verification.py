"""`seed_check --references`: every kind of reference that leads nowhere is found, by name."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from django.core.management import CommandError, call_command

from terpseed import models as terp
from tests.conftest import Database

NOWHERE = 10**7


def lose_an_item(using: str) -> None:
    order = terp.Order.objects.using(using).earliest("pk")
    order.items[0]["batchId"] = NOWHERE
    order.save(using=using, update_fields=["items"])


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
        lambda using: terp.LedgerEntry.objects.using(using).filter(pk=1).update(referenceId=NOWHERE),
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


def test_all_checks_at_once_tell_the_smallest_exit_code(sqlite: Database, capsys: pytest.CaptureFixture[str]) -> None:
    sqlite.seed()
    lose_an_item(sqlite.alias)
    sqlite.query("ALTER TABLE clients ADD COLUMN required TEXT NOT NULL DEFAULT ''")
    sqlite.query("ALTER TABLE product_images RENAME COLUMN caption TO words")

    with pytest.raises(CommandError) as failure:
        call_command("seed_check", database=sqlite.alias)

    shown = " ".join(capsys.readouterr().out.split())
    assert failure.value.returncode == 3
    assert "1 of 37 tables are not as their models say" in shown
    assert "orders.items[].batchId leads to batches" in shown
