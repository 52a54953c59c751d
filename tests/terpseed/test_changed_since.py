"""A day of work in TERP breaks rules, and seeding does not answer for that; for what it could have broken itself it does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models import F

from seeding import Registry
from seeding.verification.results import Verdict
from seeding.verification.rule_checks import check
from terpseed import models as terp
from tests.support.databases import RULES, SERVERS, Database
from tests.terpseed.ordinary_actions import do_all


def verdicts(database: Database) -> dict[str, Verdict]:
    found, failed = check(database.alias, RULES, Registry.discover())
    assert failed == []
    return {one.rule: one for one in found}


@pytest.mark.parametrize("server", SERVERS)
def test_a_day_of_work_is_counted_apart(
    make_database: Callable[..., Database], server: str, capsys: pytest.CaptureFixture[str]
) -> None:
    database = make_database(server, seeded="small")
    do_all(database.alias)
    raw = database.broken_rules()

    found = verdicts(database)

    assert {name: one.broken for name, one in found.items() if one.broken} == {}
    assert {name: one.changed for name, one in found.items() if one.changed} == raw
    assert len(raw) >= 12
    call_command("seed_check", "--invariants", database=database.alias)
    assert "that were edited or inserted since: counted apart." in capsys.readouterr().out


def untouched(database: Database, model: Any, *apart: int, **where: Any) -> int:
    """The last row that no action has met; `apart` are others."""
    key: int = model._base_manager.using(database.alias).filter(**where).exclude(pk__in=apart).latest("pk").pk
    return key


def test_what_only_seeding_can_have_broken_is_its_fault_among_all_that(sqlite: Database) -> None:
    sqlite.seed()
    using = sqlite.alias
    paid = do_all(using)
    others = terp.Invoice.objects.using(using).filter(customer=paid.customer_id, amountPaid__gt=0).exclude(pk=paid.pk)
    sibling = others.earliest("pk")
    started = untouched(sqlite, terp.Client, paid.customer_id, total_owed__gt=0)
    changes: list[tuple[Any, int, dict[str, Any]]] = [
        (terp.Invoice, sibling.pk, {"amountPaid": F("amountPaid") + 1, "amountDue": F("amountDue") - 1}),
        (terp.Client, started, {"total_owed": F("total_owed") + 1}),
        (terp.Bill, untouched(sqlite, terp.Bill, status="PAID"), {"status": "PARTIAL"}),
        (terp.Batch, (batch := untouched(sqlite, terp.Batch, batchStatus="SOLD_OUT")), {"reservedQty": 3}),
        (terp.BankAccount, (bank := untouched(sqlite, terp.BankAccount)), {"currentBalance": F("currentBalance") + 1}),
    ]
    before = verdicts(sqlite)
    for model, key, values in changes:
        assert model._base_manager.using(using).filter(pk=key).update(**values) == 1

    after = verdicts(sqlite)

    named = {(rule, example) for rule, one in after.items() for example in one.examples}
    assert {
        ("an-invoice-is-paid-what-its-payments-say", str(sibling.pk)),
        ("a-client-owes-its-open-invoices", str(started)),
        ("a-bills-status-is-what-is-due", str(changes[2][1])),
        ("reserved-is-what-open-orders-ask-for", str(batch)),
        ("a-balance-is-what-went-through-the-account", str(bank)),
    } <= named
    assert {rule: one.changed for rule, one in after.items()} == {rule: one.changed for rule, one in before.items()}
    with pytest.raises(CommandError, match="breaks a rule") as failure:
        call_command("seed_check", "--invariants", "--json", database=using)
    assert failure.value.returncode == 5


@pytest.mark.parametrize(("kept", "counted"), [("", (0, 1)), (", updatedAt = updatedAt", (1, 0))])
def test_a_row_that_the_server_would_have_stamped_is_edited_only_with_its_stamp(
    make_database: Callable[..., Database], kept: str, counted: tuple[int, int]
) -> None:
    database = make_database("mariadb", seeded="small")
    key = terp.Invoice.objects.using(database.alias).earliest("pk").pk
    database.query(f"UPDATE invoices SET subtotal = subtotal + 1{kept} WHERE id = %s", key)  # noqa: S608 - of this test

    found = verdicts(database)["an-invoice-is-the-sum-of-its-lines"]

    assert (found.broken, found.changed) == counted
