"""What people do in TERP, as its own code writes it: rows of theirs beside the seeded ones, and edits of those."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models import F

from terpseed import models as terp

NOW = datetime(2026, 3, 7, 21, 30, tzinfo=UTC)
"""A Saturday evening, after the dataset's last day."""
TODAY = date(2026, 3, 7)
PAID = Decimal("1.25")


def like(row: Any, using: str, **values: Any) -> Any:
    """A real row like a seeded one, but for some columns."""
    row = type(row)._base_manager.using(using).get(pk=row.pk)
    row.pk = None
    for name, value in values.items():
        setattr(row, name, value)
    row.save(using=using, force_insert=True)
    return row


def first(model: type[models.Model], using: str, **where: Any) -> Any:
    return model._base_manager.using(using).filter(**where).order_by("pk")[0]


def open_invoice(using: str) -> terp.Invoice:
    """An overdue invoice on which nothing was paid."""
    found: terp.Invoice = first(terp.Invoice, using, status="OVERDUE", amountPaid=0)
    return found


def pay(using: str, invoice: terp.Invoice, number: str = "REAL-1") -> terp.Payment:
    """Record a payment: TERP calls the invoice PARTIAL, whether or not it is overdue, and leaves the statement's lines."""
    payment: terp.Payment = like(
        first(terp.Payment, using, paymentType="RECEIVED"), using,
        paymentNumber=number, customer_id=invoice.customer_id, invoice_id=invoice.pk, amount=PAID, paymentDate=TODAY,
        createdAt=NOW,
    )  # fmt: skip
    terp.InvoicePayment.objects.using(using).create(
        payment_id=payment.pk,
        invoice_id=invoice.pk,
        allocated_amount=PAID,
        allocated_at=NOW,
        allocated_by_id=payment.createdBy_id,
    )
    terp.Invoice.objects.using(using).filter(pk=invoice.pk).update(
        amountPaid=F("amountPaid") + PAID, amountDue=F("amountDue") - PAID, status="PARTIAL"
    )
    journal(using, number, "PAYMENT", payment.pk, ("Cash", PAID, 0), ("Accounts Receivable", 0, PAID))
    return payment


def journal(using: str, number: str, kind: str, key: int, *lines: tuple[str, Any, Any]) -> None:
    """Post a journal of a document."""
    entry = first(terp.LedgerEntry, using)
    for place, (name, debit, credit) in enumerate(lines):
        account = first(terp.Account, using, accountName=name)
        like(
            entry, using, entryNumber=f"{number}-{place}", account_id=account.pk, debit=debit, credit=credit,
            referenceType=kind, referenceId=key, entryDate=TODAY, postedAt=NOW,
        )  # fmt: skip


def order(using: str, client: int, number: str = "S-REAL") -> terp.Order:
    """Sell a unit of a batch that is for sale, reserve it, and ship it at once."""
    batch = first(terp.Batch, using, batchStatus="LIVE", reservedQty=0, onHandQty__gt=5)
    sold: terp.Order = like(
        first(terp.Order, using, fulfillmentStatus="READY_FOR_PACKING"), using,
        order_number=number, client_id=client, invoice_id=None, items=[], created_at=NOW, fulfillmentStatus="CONFIRMED",
    )  # fmt: skip
    line = first(terp.OrderLineItem, using)
    like(line, using, order_id=sold.pk, batch_id=batch.pk, quantity=1)
    like(
        first(terp.InventoryMovement, using, inventoryMovementType="SALE"), using, batch_id=batch.pk, quantityChange=-1,
        quantityBefore=batch.onHandQty, quantityAfter=batch.onHandQty - 1, referenceType="ORDER", referenceId=sold.pk,
        createdAt=NOW,
    )  # fmt: skip
    terp.Batch.objects.using(using).filter(pk=batch.pk).update(onHandQty=F("onHandQty") - 1, reservedQty=2)
    return sold


def confirm_a_draft(using: str) -> None:
    draft = first(terp.Order, using, orderType="SALE", is_draft=True)
    terp.Order.objects.using(using).filter(pk=draft.pk).update(
        is_draft=False, fulfillmentStatus="READY_FOR_PACKING", confirmed_at=NOW, updated_at=NOW
    )
    like(first(terp.OrderStatusHistory, using), using, order_id=draft.pk, fulfillmentStatus="READY_FOR_PACKING", changed_at=NOW)


def adjust_stock(using: str) -> None:
    """Lose all that is left of a batch; TERP does not call it sold out."""
    batch = terp.Batch.objects.using(using).filter(batchStatus="LIVE", onHandQty__gt=0, reservedQty=0).latest("pk")
    like(
        first(terp.InventoryMovement, using, inventoryMovementType="INTAKE"), using, batch_id=batch.pk,
        inventoryMovementType="ADJUSTMENT", quantityChange=-batch.onHandQty, quantityBefore=batch.onHandQty, quantityAfter=0,
        createdAt=NOW,
    )  # fmt: skip
    terp.Batch.objects.using(using).filter(pk=batch.pk).update(onHandQty=0)


def do_all(using: str) -> terp.Invoice:
    """A day's work; returns the invoice that was paid in part."""
    invoice = open_invoice(using)
    pay(using, invoice)
    order(using, invoice.customer_id)
    confirm_a_draft(using)
    adjust_stock(using)
    buyer = first(terp.Client, using, is_seller=True)
    terp.Client.objects.using(using).filter(pk=buyer.pk).update(name="Somebody Else", email="jane@gmail.com", updated_at=NOW)
    period = first(terp.FiscalPeriod, using, pk__gt=first(terp.LedgerEntry, using).fiscalPeriod_id - 1)
    terp.FiscalPeriod.objects.using(using).filter(pk=period.pk).update(status="CLOSED", closedAt=NOW, updatedAt=NOW)
    bill = first(terp.Bill, using, status="OVERDUE")
    terp.Bill.objects.using(using).filter(pk=bill.pk).update(deleted_at=NOW)
    terp.BillLineItem.objects.using(using).filter(bill=bill.pk).update(deleted_at=NOW)
    item = first(terp.PurchaseOrderItem, using, purchaseOrder__purchaseOrderStatus="CONFIRMED")
    terp.PurchaseOrderItem.objects.using(using).filter(pk=item.pk).update(quantityReceived=F("quantityOrdered"))
    return invoice
