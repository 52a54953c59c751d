"""What came back, and the credits for it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Abs

from seeding import Seeded, invariant, unless
from terpseed.expressions import total
from terpseed.invariants.orders import HALF_A_CENT, pages
from terpseed.models import Client, Credit, CreditApplication, Invoice, Order, OrderLineItem, Return, Transaction

DELIVERED = ("DELIVERED", "RETURNED")
Batches = dict[int, Decimal]
"""Batch → quantity."""


def _returned(items: Iterable[dict[str, Any]]) -> Batches:
    quantities: Batches = defaultdict(Decimal)
    for item in items:
        quantities[item["batchId"]] += Decimal(item["quantity"])
    return dict(quantities)


@invariant(Return, Order, OrderLineItem)
def what_comes_back_had_been_delivered(seeded: Seeded) -> Iterator[Any]:
    """A return is of a delivered order, of no more than its lines; of an order that is RETURNED, of all of them."""
    for page in pages(seeded.rows):
        using, wanted = seeded.rows.db, [one.order_id for one in page]
        states = dict(Order.objects.using(using).filter(pk__in=wanted).values_list("pk", "fulfillmentStatus"))
        shipped: dict[int, Batches] = defaultdict(dict)
        lines = OrderLineItem.objects.using(using).filter(order__in=wanted)
        for order, batch, quantity in lines.values_list("order", "batch", "quantity"):
            shipped[order][batch] = shipped[order].get(batch, Decimal(0)) + quantity
        for one in page:
            asked, sent, state = _returned(one.items), shipped[one.order_id], states.get(one.order_id)
            within = all(0 < quantity <= sent.get(batch, 0) for batch, quantity in asked.items())
            if not asked or not within or state not in DELIVERED or (state == "RETURNED" and asked != sent):
                yield one.pk


@invariant(Order, Return)
def what_is_returned_has_its_return(seeded: Seeded) -> QuerySet[Any]:
    """An order that is RETURNED has one return, which is processed."""
    returns = Return.objects.filter(order=OuterRef("pk"))
    once = Exists(returns.filter(status="PROCESSED")) & ~Exists(returns.order_by("pk")[1:2])
    return unless(seeded.rows.filter(fulfillmentStatus="RETURNED"), once)


@invariant(Return, Order)
def a_return_follows_its_order(seeded: Seeded) -> QuerySet[Any]:
    """What came back had been shipped before."""
    return seeded.rows.filter(processed_at__lt=F("order__shipped_at"))


@invariant(Transaction, Invoice)
def a_transaction_is_its_invoice(seeded: Seeded) -> QuerySet[Any]:
    """It has an invoice's key, number, client and amount, and the day and state of it, unless it was written off."""
    same = Invoice.objects.filter(
        pk=OuterRef("pk"),
        invoiceNumber=OuterRef("transactionNumber"),
        customer=OuterRef("client_id"),
        totalAmount=OuterRef("amount"),
        createdAt=OuterRef("transactionDate"),
    )
    said = Exists(same.filter(status=OuterRef("transactionStatus")))
    waiting = Q(transactionStatus="PENDING") & Exists(same.filter(status__in=("SENT", "VIEWED")))
    return unless(seeded.rows, said | waiting | (Q(transactionStatus="WRITTEN_OFF") & Exists(same)))


@invariant(Credit, Transaction, Invoice, Return, Order, OrderLineItem)
def a_credit_is_what_came_back(seeded: Seeded) -> Iterator[Any]:
    """A credit is for processed returns of its client, on the invoice for those goods, at the price that it was charged."""
    for page in pages(seeded.rows.select_related("transaction")):
        using, numbers = seeded.rows.db, [one.transaction and one.transaction.transactionNumber for one in page]
        invoices = Invoice.objects.using(using).filter(invoiceNumber__in=numbers, referenceType="ORDER")
        charged = invoices.exclude(referenceId=None).values_list("invoiceNumber", "referenceId", "customer")
        orders = {number: (order or 0, client) for number, order, client in charged}
        wanted = [order for order, _ in orders.values()]
        prices: dict[tuple[int, int], Decimal] = {}
        for order, batch, price in (
            OrderLineItem.objects.using(using).filter(order__in=wanted).values_list("order", "batch", "unit_price")
        ):
            prices[order, batch] = price
        worth: dict[int, Decimal] = defaultdict(Decimal)
        for back in Return.objects.using(using).filter(order__in=wanted, status="PROCESSED"):
            for batch, quantity in _returned(back.items).items():
                worth[back.order_id] += quantity * prices.get((back.order_id, batch), Decimal(0))
        for one, number in zip(page, numbers, strict=True):
            order, client = orders.get(number, (0, 0))
            if client != one.client_id or abs(one.creditAmount - worth[order]) > HALF_A_CENT or one.creditAmount <= 0:
                yield one.pk


@invariant(Credit, CreditApplication)
def a_credit_is_used_as_applied(seeded: Seeded) -> QuerySet[Any]:
    """The amountUsed is Σ its applications, amountRemaining what is left of it and not below 0, and the status says so."""
    applications = CreditApplication.objects.filter(credit=OuterRef("pk"))
    used = total(applications, "credit", "amountApplied")
    off = Abs(F("amountRemaining") - (F("creditAmount") - F("amountUsed")))
    status = (
        Q(creditStatus="FULLY_USED", amountRemaining=0)
        | Q(creditStatus="PARTIALLY_USED", amountUsed__gt=0, amountRemaining__gt=0)
        | Q(creditStatus="ACTIVE", amountUsed=0)
    )
    standing = seeded.rows.exclude(creditStatus__in=("VOID", "EXPIRED")).annotate(used=used, off=off)
    return unless(standing, status & Q(amountUsed=F("used"), off__lte=HALF_A_CENT, amountRemaining__gte=0))


@invariant(CreditApplication, Credit, Transaction, Client)
def a_credit_is_applied_to_its_clients_invoice(seeded: Seeded) -> QuerySet[Any]:
    """It is more than 0, and after the credit, on an invoice of the same client that comes to as much."""
    within = Q(amountApplied__gt=0, amountApplied__lte=F("invoice__amount"), invoice__client=F("credit__client"))
    return unless(
        seeded.rows, within & Q(appliedDate__gte=F("credit__createdAt"), credit__createdAt__gte=F("invoice__createdAt"))
    )
