"""The books after a rollback in a TERP that was in use: with real payments, orders and cached figures, they balance."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import models
from django.db.models import Sum

from seeding import Registry
from seeding.verification.rule_checks import check
from terpseed import models as terp
from tests.support.databases import RULES, Database
from tests.terpseed.ordinary_actions import PAID, TODAY, first, journal, like, order, pay

CACHE = """
    CREATE TABLE leaderboard_metric_cache (id INTEGER PRIMARY KEY, client_id INTEGER NOT NULL, metric_value INTEGER,
    FOREIGN KEY (client_id) REFERENCES clients (id) ON DELETE CASCADE)
"""


def balance(rows: models.QuerySet[Any]) -> Decimal:
    """Debits less credits."""
    sums = rows.aggregate(debits=Sum("debit"), credits=Sum("credit"))
    return round(Decimal(sums["debits"] or 0), 2) - round(Decimal(sums["credits"] or 0), 2)


def out_of_balance(database: Database) -> list[Any]:
    """The journals that do not balance, by reference."""
    entries = terp.LedgerEntry.objects.using(database.alias).order_by()
    sums = entries.values("referenceType", "referenceId").annotate(debits=Sum("debit"), credits=Sum("credit"))
    return [one for one in sums if round(one["debits"], 2) != round(one["credits"], 2)]


def receivables(database: Database) -> tuple[Decimal, Decimal]:
    """What the books say that clients owe, and what the open invoices say."""
    entries = terp.LedgerEntry.objects.using(database.alias).filter(account__accountNumber="1100")
    open_ = terp.Invoice.objects.using(database.alias).exclude(status="VOID").filter(deleted_at__isnull=True)
    return balance(entries), round(Decimal(open_.aggregate(due=Sum("amountDue"))["due"] or 0), 2)


def used(database: Database) -> dict[str, Any]:
    """Payments on an unpaid, on a partly paid and on a paid invoice, one sent on a bill, an order, and cached figures."""
    using = database.alias
    database.query(CACHE)
    for client in terp.Client.objects.using(using).values_list("pk", flat=True):
        database.query("INSERT INTO leaderboard_metric_cache VALUES (%s, %s, 7)", client, client)
    invoices = [
        first(terp.Invoice, using, amountPaid=0, status="OVERDUE"),
        first(terp.Invoice, using, amountPaid__gt=0, amountDue__gt=PAID),
        first(terp.Invoice, using, amountPaid=0, status__in=("SENT", "VIEWED")),
    ]
    for place, invoice in enumerate(invoices):
        pay(using, invoice, f"REAL-{place}")
    journaled = terp.LedgerEntry.objects.using(using).filter(referenceType="BILL").values("referenceId")
    sent = first(terp.Payment, using, paymentType="SENT", bill__in=journaled)
    bill = first(terp.Bill, using, pk=sent.bill_id)
    payment = like(sent, using, paymentNumber="REAL-SENT", amount=PAID, paymentDate=TODAY)
    journal(using, "REAL-SENT", "PAYMENT", payment.pk, ("Accounts Payable", PAID, 0), ("Cash", 0, PAID))
    last = terp.Client.objects.using(using).filter(is_buyer=True).latest("pk")
    order(using, last.pk)
    return {"invoices": invoices, "bill": bill, "client": last}


def leave(database: Database) -> None:
    """Delete what people have entered."""
    using, sold = database.alias, first(terp.Order, database.alias, order_number="S-REAL").pk
    for rows in (
        terp.InvoicePayment.objects.using(using).filter(payment__paymentNumber__startswith="REAL-"),
        terp.LedgerEntry.objects.using(using).filter(entryNumber__startswith="REAL-"),
        terp.Payment.objects.using(using).filter(paymentNumber__startswith="REAL-"),
        terp.InventoryMovement.objects.using(using).filter(referenceType="ORDER", referenceId=sold),
        terp.OrderLineItem.objects.using(using).filter(order=sold),
        terp.Order.objects.using(using).filter(pk=sold),
    ):
        keys = list(rows.values_list("pk", flat=True))
        assert keys
        rows.model._base_manager.using(using).filter(pk__in=keys)._raw_delete(using)


@pytest.mark.parametrize("server", ["sqlite", "mariadb"])
def test_the_books_balance(make_database: Callable[..., Database], server: str) -> None:
    database = make_database(server, seeded="small")
    using, real = database.alias, used(database)
    documents = [("INVOICE", one.pk) for one in real["invoices"]] + [("BILL", real["bill"].pk)]
    paid = {one.pk: one.amountPaid for one in real["invoices"]}
    clients = {real["client"].pk, *(one.customer_id for one in real["invoices"])}
    entries = terp.LedgerEntry.objects.using(using)
    journals = {one: entries.filter(referenceType=one[0], referenceId=one[1]).count() for one in documents}
    before = receivables(database)

    done = database.rollback()

    owed, open_ = receivables(database)
    assert before[0] == before[1]
    assert owed == open_ > 0
    assert out_of_balance(database) == []
    assert balance(terp.LedgerEntry.objects.using(using)) == 0
    for invoice in terp.Invoice.objects.using(using):
        assert (invoice.amountPaid, invoice.amountDue) == (
            paid[invoice.pk] + PAID, invoice.totalAmount - paid[invoice.pk] - PAID,
        )  # fmt: skip
    assert {one.pk for one in terp.Invoice.objects.using(using)} == paid.keys()
    for (kind, key), lines in journals.items():
        assert entries.filter(referenceType=kind, referenceId=key).count() == lines > 0
    assert {one for (one,) in database.query("SELECT client_id FROM leaderboard_metric_cache")} >= clients
    going = terp.Client.objects.using(using).count()
    assert database.query("SELECT COUNT(*) FROM leaderboard_metric_cache") == [(going,)]
    assert [one["table"] for one in done["cached"]] == ["leaderboard_metric_cache"]

    # What stays is in the ledger and told, and nothing but seeded rows and figures is gone.
    assert (done["exit_code"], done["left"] > 0) == (6, True)
    told = {(one["table"], one["reason"]) for one in done["kept"]}
    assert ("ledgerEntries", "what stays of invoices needs them") in told
    assert terp.Payment.objects.using(using).filter(paymentNumber__startswith="REAL-").count() == 4
    verdicts, failed = check(using, RULES, Registry.discover())
    # What is kept names neither the margins of its category nor the sales of a batch that came before its own.
    apart = {"every-category-has-its-margin", "movements-chain"}
    assert ({one.rule for one in verdicts if one.broken} - apart, failed) == (set(), [])

    leave(database)
    again = database.rollback()
    assert (again["exit_code"], again["left"]) == (0, 0)
    assert not any(
        model._base_manager.using(using).exists() for model in (terp.LedgerEntry, terp.Payment, terp.Invoice, terp.Client)
    )
    assert database.query("SELECT COUNT(*) FROM leaderboard_metric_cache") == [(0,)]
