"""When things happened: causes before effects, on weekdays in business hours, and nothing after the dataset's last day."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import numpy as np
from django.db import models
from django.db.models import F, OuterRef, Q, QuerySet, Subquery

from seeding import Invariant, Seeded, invariant
from terpseed.facts.pinned import MIDNIGHT_ORDER
from terpseed.facts.sales import trade
from terpseed.models import (
    BankTransaction,
    Batch,
    Bill,
    CalendarEvent,
    CalendarEventParticipant,
    CashLocationTransaction,
    Client,
    ClientCommunication,
    ClientNeed,
    ClientNote,
    Comment,
    Credit,
    CreditApplication,
    Expense,
    FreeformNote,
    InventoryMovement,
    Invoice,
    InvoicePayment,
    LedgerEntry,
    Lot,
    Order,
    OrderLineItem,
    OrderLineItemAllocation,
    OrderStatusHistory,
    Payment,
    Product,
    PurchaseOrder,
    Return,
    SampleLocationHistory,
    SampleRequest,
    ShiftAudit,
    Transaction,
    VendorPayable,
    VendorSupply,
)

OPENS, CLOSES = 17, 24
"""The hours of UTC in which business is done: from 9 to 16 h of Pacific Standard Time, and one hour earlier in summer."""
YEARS = 4
"""Before the dataset's last day: how far back it goes, at most."""
MIDNIGHT = f"S-{trade.sale_digits(np.array(MIDNIGHT_ORDER))}"
"""The order number of the one exception to business hours."""
WEEKEND = (1, 7)

HAPPENED: dict[type[models.Model], tuple[str, ...]] = {
    Lot: ("date",),
    Batch: ("createdAt",),
    InventoryMovement: ("createdAt",),
    PurchaseOrder: ("createdAt", "sentAt", "confirmedAt"),
    Order: ("created_at", "confirmed_at", "packed_at", "shipped_at", "updated_at"),
    OrderLineItemAllocation: ("allocated_at",),
    OrderStatusHistory: ("changed_at",),
    Invoice: ("createdAt", "updatedAt"),
    InvoicePayment: ("allocated_at",),
    Payment: ("createdAt",),
    Bill: ("createdAt",),
    VendorPayable: ("created_at", "inventory_zero_at"),
    LedgerEntry: ("postedAt",),
    Return: ("processed_at",),
    Transaction: ("transactionDate",),
    Credit: ("createdAt",),
    CreditApplication: ("appliedDate",),
    CashLocationTransaction: ("created_at",),
    ShiftAudit: ("shift_start", "shift_end"),
    ClientNeed: ("created_at", "fulfilled_at"),
    SampleRequest: ("requestDate", "fulfilledDate", "cancelledDate", "returnDate", "vendorConfirmedDate"),
    SampleLocationHistory: ("changedAt",),
    Expense: ("createdAt",),
    BankTransaction: ("createdAt",),
    VendorSupply: ("created_at", "reserved_at", "purchased_at"),
    ClientCommunication: ("communicated_at", "created_at"),
    FreeformNote: ("createdAt", "updatedAt"),
    ClientNote: ("created_at",),
    Comment: ("created_at", "resolved_at"),
    CalendarEvent: ("created_at", "updated_at"),
    CalendarEventParticipant: ("added_at", "responded_at"),
}
"""The columns of each table that record when business was done."""
THE_ORDER: dict[type[models.Model], tuple[str, tuple[type[models.Model], ...]]] = {
    Order: ("", ()),
    OrderStatusHistory: ("order__", (Order,)),
    OrderLineItemAllocation: ("order_line_item__order__", (OrderLineItem, Order)),
}
"""The lookup path to the order from each table that shares its timestamps, and the tables on the path."""


def _in_hours(model: type[models.Model], fields: tuple[str, ...]) -> Invariant:
    path, reads = THE_ORDER.get(model, ("", ()))

    def breaking(seeded: Seeded) -> QuerySet[Any]:
        end = datetime.combine(seeded.as_of, time(0), UTC)
        wrong = Q()
        for field in fields:
            summer = _summer(field, seeded.as_of)
            early = Q(**{f"{field}__hour__lt": OPENS - 1}) | (~summer & Q(**{f"{field}__hour__lt": OPENS}))
            late = summer & Q(**{f"{field}__hour__gte": CLOSES - 1})
            wrong |= early | late | Q(**{f"{field}__week_day__in": WEEKEND}) | Q(**{f"{field}__gte": end})
        found = seeded.rows.filter(wrong)
        if model in THE_ORDER:
            found = found.exclude(**{f"{path}order_number": MIDNIGHT})
        return found

    return invariant(
        model,
        *reads,
        name=f"{model._meta.db_table}-happen-in-business-hours",
        sentence=f"{', '.join(fields)}: a weekday from 9 to 16 h in California, before the dataset's last day"
        + (f"; but order {MIDNIGHT} is of midnight." if model in THE_ORDER else "."),
    )(breaking)


def _summer(field: str, as_of: date) -> Q:
    """Whether a moment is in daylight saving time: from the second Sunday in March to the first one in November.

    MySQL can convert to named time zones only where somebody has loaded their tables.
    """
    summers = Q()
    for year in range(as_of.year - YEARS, as_of.year + 1):
        begins, ends = _sunday(date(year, 3, 8)), _sunday(date(year, 11, 1))
        summers |= Q(**{f"{field}__gte": begins, f"{field}__lt": ends})
    return summers


def _sunday(since: date) -> datetime:
    """The first Sunday from a day on."""
    return datetime.combine(since + timedelta(days=6 - since.weekday()), time(0), UTC)


IN_BUSINESS_HOURS = tuple(_in_hours(model, fields) for model, fields in HAPPENED.items())


@invariant(Order, Client)
def an_order_goes_forward(seeded: Seeded) -> QuerySet[Any]:
    """The client came before the order; it was confirmed, packed and shipped in turn, and last changed when that happened."""
    return seeded.rows.filter(
        Q(created_at__lt=F("client__created_at"))
        | Q(confirmed_at__lt=F("created_at"))
        | Q(packed_at__lt=F("confirmed_at"))
        | Q(shipped_at__lt=F("packed_at"))
        | Q(updated_at__lt=F("created_at"))
        | Q(updated_at__lt=F("shipped_at"))
    )


@invariant(OrderLineItem, Batch, Order)
def a_line_is_of_a_batch_that_had_come(seeded: Seeded) -> QuerySet[Any]:
    """No order sells a batch that came after it."""
    return seeded.rows.filter(order__created_at__lt=F("batch__createdAt"))


@invariant(Batch, Lot, Product)
def a_batch_follows_its_lot(seeded: Seeded) -> QuerySet[Any]:
    """Lot before batch, product before batch."""
    return seeded.rows.filter(Q(createdAt__lt=F("lot__date")) | Q(createdAt__lt=F("product__createdAt")))


@invariant(InventoryMovement, Batch)
def a_movement_follows_its_batch(seeded: Seeded) -> QuerySet[Any]:
    """Batch before movement."""
    return seeded.rows.filter(createdAt__lt=F("batch__createdAt"))


@invariant(Invoice, Order)
def an_invoice_follows_the_shipment(seeded: Seeded) -> QuerySet[Any]:
    """Shipment before invoice, and its day is that day; the due date is not before it."""
    shipped = Subquery(Order.objects.filter(pk=OuterRef("referenceId")).values("shipped_at"))
    late = seeded.rows.annotate(shipped=shipped).filter(referenceType="ORDER", shipped__gt=F("createdAt"))
    return late | seeded.rows.annotate(shipped=shipped).filter(
        Q(dueDate__lt=F("invoiceDate")) | ~Q(createdAt__date=F("invoiceDate"))
    )


@invariant(Payment, Bill, Invoice)
def a_payment_follows_its_document(seeded: Seeded) -> QuerySet[Any]:
    """Invoice or bill before payment, and paymentDate is its day."""
    early = Q(createdAt__lt=F("invoice__createdAt")) | Q(createdAt__lt=F("bill__createdAt"))
    return seeded.rows.filter(early | ~Q(createdAt__date=F("paymentDate")))


@invariant(PurchaseOrder)
def a_purchase_order_goes_forward(seeded: Seeded) -> QuerySet[Any]:
    """Written, sent, confirmed, delivered, in turn; the order date is the day it was written."""
    return seeded.rows.filter(
        Q(sentAt__lt=F("createdAt"))
        | Q(confirmedAt__lt=F("sentAt"))
        | Q(actualDeliveryDate__lt=F("orderDate"))
        | Q(actualDeliveryDate__gte=seeded.as_of)
        | ~Q(createdAt__date=F("orderDate"))
    )
