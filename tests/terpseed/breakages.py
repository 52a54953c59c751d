"""Data broken on purpose: for every rule the ways to break it, each on one row of a seeded database where that is enough."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models import F, Max

from terpseed import models as terp
from terpseed.invariants.time import HAPPENED

SATURDAY = datetime(2026, 2, 28, 20, tzinfo=UTC)
NIGHT = datetime(2026, 2, 27, 16, tzinfo=UTC)
EVENING = datetime(2025, 7, 16, 23, tzinfo=UTC)
PAST = datetime(2020, 1, 1, 12, tzinfo=UTC)
FUTURE = datetime(2026, 3, 2, 18, tzinfo=UTC)

Break = Callable[[str], object]


def change(model: type[models.Model], where: dict[str, Any] | None = None, **values: Any) -> Break:
    """Set columns of one row, the first that fits."""

    def broken(using: str) -> object:
        rows = model._base_manager.using(using)
        first = rows.filter(**(where or {})).order_by("pk").values_list("pk", flat=True)[0]
        return rows.filter(pk=first).update(**values)

    return broken


def drop(model: type[models.Model], **where: Any) -> Break:
    """Delete one row, the first that fits."""

    def broken(using: str) -> object:
        rows = model._base_manager.using(using)
        return rows.filter(pk=rows.filter(**where).order_by("pk").values_list("pk", flat=True)[0])._raw_delete(using)

    return broken


def another(model: type[models.Model], **values: Any) -> Break:
    """Add a row like the first one, but for some columns."""

    def broken(using: str) -> None:
        row = model._base_manager.using(using).order_by("pk")[0]
        row.pk = None
        for name, value in values.items():
            setattr(row, name, value)
        row.save(using=using, force_insert=True)

    return broken


def move_items(using: str) -> None:
    order = terp.Order.objects.using(using).earliest("pk")
    order.items[0]["quantity"] += 1
    order.save(using=using, update_fields=["items"])


def point_items_elsewhere(using: str) -> None:
    order = terp.Order.objects.using(using).earliest("pk")
    order.items[0]["batchId"] = terp.Batch.objects.using(using).aggregate(last=Max("pk"))["last"] + 1
    order.save(using=using, update_fields=["items"])


def half_pound_at_an_odd_cent(using: str) -> None:
    """Each line is right to the cent, and so is their sum."""
    line = terp.OrderLineItem.objects.using(using).filter(is_sample=False).earliest("pk")
    line.quantity, line.unit_price = Decimal("0.5"), Decimal("900.01")
    was, line.line_total = line.line_total, Decimal("450.01")
    line.save(using=using, update_fields=["quantity", "unit_price", "line_total"])
    total = F("total") + line.line_total - was
    terp.Order.objects.using(using).filter(pk=line.order_id).update(total=total, subtotal=total)


def sell_to_the_supplier(using: str) -> None:
    line = terp.OrderLineItem.objects.using(using).select_related("batch__lot").earliest("pk")
    terp.Order.objects.using(using).filter(pk=line.order_id).update(client=line.batch.lot.supplier_client_id)


def swap_batches(using: str) -> None:
    allocation = terp.OrderLineItemAllocation.objects.using(using).earliest("pk")
    other = terp.Batch.objects.using(using).exclude(pk=allocation.batch_id).earliest("pk")
    terp.OrderLineItemAllocation.objects.using(using).filter(pk=allocation.pk).update(batch=other.pk)


def other_party(model: type[models.Model], column: str) -> Break:
    """Point a reference at another client."""

    def broken(using: str) -> object:
        row = model._base_manager.using(using).earliest("pk")
        now = getattr(row, f"{column}_id")
        other = terp.Client.objects.using(using).filter(is_seller=True).exclude(pk=now).earliest("pk")
        return model._base_manager.using(using).filter(pk=row.pk).update(**{column: other.pk})

    return broken


def of_another(model: type[models.Model], column: str, **where: Any) -> Break:
    """Point a reference of one row at the row that another one refers to."""

    def broken(using: str) -> object:
        rows = model._base_manager.using(using).filter(**where).order_by("pk")
        first = rows[0]
        other = next(row for row in rows if getattr(row, f"{column}_id") != getattr(first, f"{column}_id"))
        return rows.model._base_manager.using(using).filter(pk=first.pk).update(**{column: getattr(other, f"{column}_id")})

    return broken


def return_more(using: str) -> None:
    one = terp.Return.objects.using(using).exclude(order__fulfillmentStatus="RETURNED").earliest("pk")
    one.items[0]["quantity"] = "1000000"
    one.save(using=using, update_fields=["items"])


def repeat_a_return(using: str) -> None:
    one = terp.Return.objects.using(using).filter(order__fulfillmentStatus="RETURNED").earliest("pk")
    one.pk = None
    one.save(using=using, force_insert=True)


def give_cash_a_bank_account(using: str) -> None:
    account = terp.BankAccount.objects.using(using).earliest("pk")
    terp.Payment.objects.using(using).filter(paymentMethod="CASH").update(bankAccount=account.pk)


def name_another_line(using: str) -> None:
    one, *others = terp.ClientActivity.objects.using(using).filter(activity_type="TRANSACTION_ADDED").order_by("pk")
    one.metadata = next(other.metadata for other in others if other.client_id != one.client_id)
    one.save(using=using, update_fields=["metadata"])


def record_more(using: str) -> None:
    one = terp.ClientActivity.objects.using(using).filter(activity_type="PAYMENT_RECORDED").earliest("pk")
    one.metadata = {**one.metadata, "paymentAmount": one.metadata["paymentAmount"] + 1}
    one.save(using=using, update_fields=["metadata"])


def link_a_note_twice(using: str) -> None:
    one = terp.ClientNote.objects.using(using).earliest("pk")
    other = terp.Client.objects.using(using).exclude(pk=one.client_id).earliest("pk")
    terp.ClientNote.objects.using(using).create(client=other, note_id=one.note_id, created_at=one.created_at)


SHIPPED, DRAFT = {"fulfillmentStatus": "DELIVERED"}, {"orderType": "SALE", "is_draft": True}
QUOTE = {"orderType": "QUOTE"}
INTAKE, SALE = {"inventoryMovementType": "INTAKE"}, {"inventoryMovementType": "SALE"}

BREAKAGES: dict[str, list[Break]] = {
    "quantities-are-not-negative": [change(terp.Batch, sampleQty=-1), change(terp.Batch, defectiveQty=-1)],
    "commitments-fit-the-stock": [change(terp.Batch, holdQty=F("onHandQty") + 1), change(terp.Batch, reservedQty=10**6)],
    "a-received-batch-begins-with-one-intake": [
        drop(terp.InventoryMovement, **INTAKE),
        change(terp.InventoryMovement, INTAKE, inventoryMovementType="TRANSFER"),
        change(terp.InventoryMovement, SALE, inventoryMovementType="INTAKE"),
        change(terp.InventoryMovement, INTAKE, quantityBefore=1),
        change(terp.Batch, {"batchStatus": "LIVE"}, batchStatus="AWAITING_INTAKE"),
    ],
    "an-intake-is-of-its-purchase-order": [
        change(terp.InventoryMovement, INTAKE, referenceType=None),
        change(terp.InventoryMovement, INTAKE, referenceId=None),
        change(terp.InventoryMovement, INTAKE, quantityChange=F("quantityChange") + 1),
        of_another(terp.InventoryMovement, "batch", **INTAKE),
        other_party(terp.PurchaseOrder, "supplier_client"),
        drop(terp.PurchaseOrderItem),
    ],
    "on-hand-is-the-sum-of-the-movements": [
        change(terp.Batch, onHandQty=F("onHandQty") + 1),
        drop(terp.InventoryMovement, **SALE),
    ],
    "movements-chain": [
        change(terp.InventoryMovement, SALE, quantityBefore=F("quantityBefore") + 1, quantityAfter=F("quantityAfter") + 1),
        change(terp.InventoryMovement, SALE, quantityAfter=F("quantityAfter") + 1),
    ],
    "locations-sum-to-the-intake": [change(terp.BatchLocation, qty=F("qty") + 1), drop(terp.BatchLocation)],
    "no-more-is-shipped-than-was-taken-in": [change(terp.InventoryMovement, SALE, quantityChange=-(10**6))],
    "what-is-sold-out-holds-nothing": [
        change(terp.Batch, {"onHandQty__gt": 0}, batchStatus="SOLD_OUT"),
        change(terp.Batch, {"onHandQty__gt": 0}, batchStatus="CLOSED"),
        change(terp.Batch, {"batchStatus": "SOLD_OUT"}, batchStatus="LIVE"),
    ],
    "consignment-and-ownership-agree": [
        change(terp.Batch, {"ownership_type": "CONSIGNED"}, ownership_type="OFFICE_OWNED"),
        change(terp.Batch, {"ownership_type": "CONSIGNED"}, paymentTerms="COD"),
        change(terp.Batch, {"ownership_type": "OFFICE_OWNED"}, ownership_type="SAMPLE"),
    ],
    "reserved-is-what-open-orders-ask-for": [change(terp.Batch, reservedQty=F("reservedQty") + 1)],
    "a-batch-is-of-its-lots-seller": [
        other_party(terp.Lot, "supplier_client"),
        change(terp.Brand, vendor=None),
        change(terp.Lot, supplier_client=None),
    ],
    "a-line-total-is-quantity-times-price": [
        change(terp.OrderLineItem, line_total=F("line_total") + Decimal("0.01")),
        change(terp.OrderLineItem, quantity=0, line_total=0),
    ],
    "a-price-is-cost-and-margin": [
        change(terp.OrderLineItem, margin_percent=F("margin_percent") + 1),
        change(terp.OrderLineItem, margin_dollar=F("margin_dollar") + 1),
        change(terp.OrderLineItem, {"is_sample": True}, unit_price=1, margin_dollar=F("margin_dollar") + 1),
        change(terp.OrderLineItem, {"is_sample": False}, unit_price=0),
    ],
    "a-line-costs-what-its-batch-does": [
        change(terp.OrderLineItem, cogs_per_unit=F("cogs_per_unit") + 1),
        lambda using: terp.Batch.objects.using(using).update(unitCogs=None),
    ],
    "open-orders-are-served-from-live-batches": [
        lambda using: terp.Batch.objects.using(using).filter(reservedQty__gt=0).update(batchStatus="ON_HOLD")
    ],
    "nobody-buys-their-own-goods": [sell_to_the_supplier],
    "allocations-sum-to-the-line": [
        change(terp.OrderLineItemAllocation, quantity_allocated=F("quantity_allocated") - 1),
        drop(terp.OrderLineItemAllocation),
        swap_batches,
        change(terp.Order, SHIPPED, fulfillmentStatus="CANCELLED"),
    ],
    "an-order-is-the-sum-of-its-lines": [
        change(terp.Order, subtotal=F("subtotal") + 1, total=F("total") + 1),
        change(terp.Order, total=F("total") + 1),
        change(terp.Order, tax=1),
        change(terp.Order, tax=None),
        change(terp.Order, total_cogs=None),
        change(terp.Order, total_margin=None),
        change(terp.Order, total_margin=F("total_margin") + 1),
        change(terp.Order, total_cogs=F("total_cogs") + 1),
        drop(terp.OrderLineItem),
    ],
    "an-order-comes-out-to-the-cent": [
        half_pound_at_an_odd_cent,
        change(terp.Order, total=F("total") + 1),
        drop(terp.OrderLineItem),
    ],
    "a-converted-quote-became-its-sale": [
        change(terp.Order, {"quoteStatus": "CONVERTED"}, quoteStatus="SENT"),
        change(terp.Order, {"quoteStatus": "EXPIRED"}, quoteStatus="CONVERTED"),
        change(terp.Order, {"quoteStatus": "CONVERTED"}, total=F("total") + 1),
        change(terp.Order, {"quoteStatus": "CONVERTED"}, valid_until=PAST.date()),
        change(terp.Order, {"quoteStatus": "CONVERTED"}, converted_at=PAST),
        change(terp.Order, {"converted_from_order__isnull": False}, converted_from_order=None),
        of_another(terp.Order, "client", quoteStatus="CONVERTED"),
    ],
    "items-and-lines-tell-the-same-story": [
        change(terp.Order, items=[]),
        move_items,
        point_items_elsewhere,
        drop(terp.OrderLineItem),
    ],
    "drafts-and-quotes-have-no-consequences": [
        change(terp.Order, SHIPPED, orderType="QUOTE"),
        change(terp.Order, SHIPPED, is_draft=True),
        change(terp.Order, QUOTE, fulfillmentStatus="CONFIRMED"),
    ],
    "what-was-shipped-has-moved": [
        drop(terp.InventoryMovement, **SALE),
        change(terp.InventoryMovement, SALE, quantityChange=F("quantityChange") - 1),
        of_another(terp.InventoryMovement, "batch", **SALE),
        change(terp.Order, DRAFT, fulfillmentStatus="SHIPPED"),
        change(terp.Order, SHIPPED, fulfillmentStatus="CONFIRMED"),
    ],
    "what-was-shipped-is-invoiced": [
        change(terp.Order, SHIPPED, invoice=None),
        change(terp.Invoice, referenceId=0),
        change(terp.Order, {"fulfillmentStatus": "READY_FOR_PACKING"}, invoice=1),
        change(terp.Order, SHIPPED, fulfillmentStatus="CONFIRMED"),
    ],
    "order-and-invoice-agree": [
        change(terp.Order, SHIPPED, saleStatus="PENDING"),
        change(terp.Order, SHIPPED, paymentTerms="PARTIAL"),
        change(terp.Order, SHIPPED, due_date=date(2020, 1, 1)),
        change(terp.Order, SHIPPED, due_date=None),
        change(terp.Order, SHIPPED, saleStatus=None),
        change(terp.Invoice, totalAmount=F("totalAmount") + 1),
        of_another(terp.Invoice, "customer"),
    ],
    "an-order-without-an-invoice-is-not-paid": [
        change(terp.Order, QUOTE, saleStatus="PENDING"),
        change(terp.Order, {"fulfillmentStatus": "CANCELLED"}, saleStatus="PENDING"),
        change(terp.Order, {"fulfillmentStatus": "READY_FOR_PACKING"}, saleStatus="PAID"),
        change(terp.Order, {"fulfillmentStatus": "READY_FOR_PACKING"}, saleStatus=None),
    ],
    "no-order-rests-at-confirmed": [
        change(terp.Order, {"fulfillmentStatus": "READY_FOR_PACKING"}, fulfillmentStatus="CONFIRMED")
    ],
    "history-takes-legal-steps": [
        drop(terp.OrderStatusHistory, fulfillmentStatus="CONFIRMED"),
        drop(terp.OrderStatusHistory, fulfillmentStatus="DRAFT"),
        change(terp.OrderStatusHistory, {"fulfillmentStatus": "PACKED"}, fulfillmentStatus="RESTOCKED"),
        change(terp.OrderStatusHistory, {"fulfillmentStatus": "SHIPPED"}, changed_at=PAST),
    ],
    "history-ends-at-the-present-status": [
        drop(terp.OrderStatusHistory, fulfillmentStatus="DELIVERED"),
        change(terp.Order, SHIPPED, fulfillmentStatus="SHIPPED"),
        lambda using: terp.OrderStatusHistory.objects.using(using).update(deleted_at=PAST),
    ],
    "an-invoice-is-the-sum-of-its-lines": [
        change(terp.InvoiceLineItem, lineTotal=F("lineTotal") + 1),
        drop(terp.InvoiceLineItem),
        change(terp.Invoice, taxAmount=1),
    ],
    "an-invoice-line-is-quantity-times-price": [change(terp.InvoiceLineItem, quantity=F("quantity") + 1)],
    "an-invoice-is-paid-what-its-payments-say": [
        change(terp.Invoice, amountPaid=F("amountPaid") + 1, amountDue=F("amountDue") - 1),
        change(terp.Invoice, amountDue=F("amountDue") + 1),
        change(terp.Payment, {"paymentType": "RECEIVED"}, amount=F("amount") + 1),
        change(terp.Payment, {"paymentType": "RECEIVED"}, deleted_at=PAST),
    ],
    "an-invoices-status-is-what-is-due": [
        change(terp.Invoice, {"status": "PAID"}, status="PARTIAL"),
        change(terp.Invoice, {"status": "OVERDUE"}, status="SENT"),
        change(terp.Invoice, {"status": "OVERDUE", "amountPaid__gt": 0}, status="PARTIAL"),
        change(terp.Invoice, {"status": "PARTIAL"}, status="PAID"),
        change(terp.Invoice, {"status": "SENT"}, status="OVERDUE"),
    ],
    "an-invoices-order-names-it": [change(terp.Order, SHIPPED, invoice=None), change(terp.Invoice, referenceId=None)],
    "a-payment-is-on-a-document-of-its-party": [
        change(terp.Payment, {"paymentType": "RECEIVED"}, amount=0),
        change(terp.Payment, {"paymentType": "RECEIVED"}, invoice=None),
        change(terp.Payment, {"paymentType": "RECEIVED"}, customer=None),
        change(terp.Payment, {"paymentType": "SENT"}, vendor=None),
        of_another(terp.Payment, "customer", paymentType="RECEIVED"),
        of_another(terp.Payment, "vendor", paymentType="SENT"),
        change(terp.Payment, {"paymentType": "SENT"}, bill=None),
    ],
    "a-received-payment-is-allocated": [
        change(terp.InvoicePayment, allocated_amount=F("allocated_amount") - 1),
        drop(terp.InvoicePayment),
        of_another(terp.InvoicePayment, "invoice"),
    ],
    "a-bill-is-the-sum-of-its-lines": [
        change(terp.BillLineItem, lineTotal=F("lineTotal") + 1),
        change(terp.BillLineItem, quantity=F("quantity") + 1),
        change(terp.Bill, subtotal=F("subtotal") + 1),
        change(terp.Bill, totalAmount=F("totalAmount") + 1),
    ],
    "a-bill-has-a-line": [drop(terp.BillLineItem)],
    "a-bill-is-paid-what-its-payments-say": [
        change(terp.Bill, amountPaid=F("amountPaid") + 1, amountDue=F("amountDue") - 1),
        change(terp.Bill, amountDue=F("amountDue") + 1),
        change(terp.Payment, {"paymentType": "SENT"}, amount=F("amount") + 1),
        change(terp.Payment, {"paymentType": "SENT"}, deleted_at=PAST),
    ],
    "a-bills-status-is-what-is-due": [
        change(terp.Bill, {"status": "PAID"}, status="APPROVED"),
        change(terp.Bill, {"status": "PENDING"}, status="PAID"),
        change(terp.Bill, {"status": "OVERDUE"}, status="PARTIAL"),
        change(terp.Bill, {"status": "PARTIAL"}, status="APPROVED"),
    ],
    "a-payable-is-what-was-sold": [
        change(terp.VendorPayable, units_sold=F("units_sold") + 1),
        change(terp.VendorPayable, total_amount=F("total_amount") + 1),
        change(terp.VendorPayable, amount_due=F("amount_due") + 1),
        change(terp.VendorPayable, {"status": "PENDING"}, status="DUE"),
        change(terp.VendorPayable, {"status": "DUE"}, status="PENDING"),
        change(terp.VendorPayable, {"status": "PARTIAL"}, status="PAID"),
    ],
    "a-payable-is-the-consignors": [
        other_party(terp.VendorPayable, "vendor_client"),
        of_another(terp.VendorPayable, "lot"),
        change(terp.VendorPayable, cogs_per_unit=F("cogs_per_unit") + 1),
        lambda using: terp.Batch.objects.using(using).update(unitCogs=None),
        lambda using: terp.Lot.objects.using(using).update(supplier_client=None),
    ],
    "a-purchase-order-is-the-sum-of-its-items": [
        change(terp.PurchaseOrder, subtotal=F("subtotal") + 1, total=F("total") + 1),
        change(terp.PurchaseOrder, total=F("total") + 1),
        change(terp.PurchaseOrder, total=None),
        change(terp.PurchaseOrder, subtotal=None),
        drop(terp.PurchaseOrderItem),
    ],
    "a-purchase-order-item-is-quantity-times-cost": [
        change(terp.PurchaseOrderItem, totalCost=F("totalCost") + 1),
        change(terp.PurchaseOrderItem, quantityReceived=0),
        change(terp.PurchaseOrderItem, quantityReceived=None),
        change(terp.PurchaseOrderItem, {"purchaseOrder__purchaseOrderStatus": "SENT"}, quantityReceived=1),
    ],
    "a-client-owes-its-open-invoices": [
        change(terp.Client, total_owed=F("total_owed") + 1),
        change(terp.Client, total_owed=None),
        change(terp.Client, oldest_debt_days=None),
        change(terp.Client, {"oldest_debt_days__gt": 0}, oldest_debt_days=1),
        change(terp.Invoice, {"status": "OVERDUE"}, status="VOID"),
    ],
    "a-client-has-spent-what-it-was-charged": [
        change(terp.Client, total_spent=F("total_spent") + 1),
        change(terp.Client, total_profit=F("total_profit") + 1),
        change(terp.Client, avg_profit_margin=F("avg_profit_margin") + 1),
        change(terp.Client, total_spent=None),
        change(terp.Client, total_profit=None),
        change(terp.Client, avg_profit_margin=None),
    ],
    "a-credit-exposure-is-what-is-owed": [
        change(terp.ClientCreditLimit, current_exposure=F("current_exposure") + 1),
        change(terp.ClientCreditLimit, utilization_percent=F("utilization_percent") + 1),
        change(terp.ClientCreditLimit, {"credit_limit": 0}, utilization_percent=1),
        change(terp.ClientCreditLimit, utilization_percent=Decimal("999.99")),
        change(terp.Client, credit_limit=F("credit_limit") + 1),
        change(terp.Client, credit_limit=None),
        change(terp.Client, total_owed=None),
    ],
    "a-balance-is-what-went-through-the-account": [
        change(terp.BankAccount, currentBalance=F("currentBalance") + 1),
        change(terp.Payment, {"bankAccount__isnull": False}, bankAccount=None),
        change(terp.Expense, bankAccount=None),
    ],
    "a-statement-says-what-the-documents-do": [
        change(terp.ClientTransaction, {"transaction_type": kind}, **{column: value})
        for kind in ("ORDER", "INVOICE", "PAYMENT")
        for column, value in (("amount", F("amount") + 1), ("payment_status", None), ("transaction_number", "X"))
        if (kind, column) != ("ORDER", "payment_status")
    ],
    "an-order-is-no-debt-of-its-own": [change(terp.ClientTransaction, {"transaction_type": "ORDER"}, payment_status="PENDING")],
    "a-journal-line-is-single-sided": [change(terp.LedgerEntry, debit=1, credit=1)],
    "a-journal-balances": [
        change(terp.LedgerEntry, {"debit__gt": 0}, debit=F("debit") + 1),
        drop(terp.LedgerEntry),
        change(terp.LedgerEntry, entryDate=F("entryDate") - timedelta(days=1)),
    ],
    "a-journal-says-what-its-document-does": [
        change(terp.Payment, amount=F("amount") + 1),
        change(terp.Invoice, {"status": "PAID"}, totalAmount=F("totalAmount") + 1),
        change(terp.LedgerEntry, {"referenceType": "BILL", "credit__gt": 0}, referenceId=0),
        change(terp.Expense, totalAmount=F("totalAmount") + 1),
    ],
    "a-journal-line-is-in-its-open-period": [
        of_another(terp.LedgerEntry, "fiscalPeriod"),
        lambda using: terp.FiscalPeriod.objects.using(using).update(status="CLOSED"),
        change(terp.LedgerEntry, entryDate=date(2020, 1, 1)),
    ],
    "a-supplier-is-one-party": [
        of_another(terp.SupplierProfile, "legacy_vendor"),
        change(terp.SupplierProfile, legacy_vendor=None),
    ],
    "a-vendor-has-its-clients-key": [
        change(terp.Vendor, name="Another"),
        change(terp.Client, {"is_seller": True}, is_seller=False),
    ],
    "a-lots-vendor-is-its-supplier": [of_another(terp.Lot, "vendor"), change(terp.Lot, supplier_client=None)],
    "a-purchase-orders-vendor-is-its-supplier": [
        of_another(terp.PurchaseOrder, "vendor"),
        change(terp.PurchaseOrder, vendor=None),
        change(terp.PurchaseOrder, supplier_client=None),
    ],
    "an-item-is-ordered-from-its-seller": [
        of_another(terp.PurchaseOrderItem, "supplier_client"),
        other_party(terp.PurchaseOrder, "supplier_client"),
        change(terp.PurchaseOrder, supplier_client=None),
        change(terp.PurchaseOrderItem, supplier_client=None),
        lambda using: terp.Product.objects.using(using).update(supplier_client=None),
    ],
    "every-category-has-its-margin": [
        drop(terp.PricingDefault, product_category="DEFAULT"),
        drop(terp.PricingDefault, product_category="Flower"),
        change(terp.Product, category="Flour"),
    ],
    "no-two-products-are-called-the-same": [another(terp.Product)],
    "no-two-clients-are-called-the-same": [another(terp.Client, teri_code="REG90000")],
    "nothing-reaches-a-real-client": [change(terp.Client, email="jane@gmail.com"), change(terp.Client, phone="(415) 555-2345")],
    "nothing-reaches-a-real-vendor": [
        change(terp.Vendor, contactEmail="jane@gmail.com"),
        change(terp.Vendor, contactPhone=None),
    ],
    "nothing-reaches-a-real-supplier": [
        change(terp.SupplierProfile, contact_email=None),
        change(terp.SupplierProfile, contact_phone="(415) 556-0123"),
    ],
    "an-order-goes-forward": [
        change(terp.Client, created_at=FUTURE),
        change(terp.Order, SHIPPED, confirmed_at=PAST),
        change(terp.Order, SHIPPED, packed_at=PAST),
        change(terp.Order, SHIPPED, shipped_at=PAST),
        change(terp.Order, updated_at=PAST),
    ],
    "a-line-is-of-a-batch-that-had-come": [change(terp.Batch, createdAt=FUTURE)],
    "a-batch-follows-its-lot": [change(terp.Lot, date=FUTURE), change(terp.Product, createdAt=FUTURE)],
    "a-movement-follows-its-batch": [change(terp.InventoryMovement, createdAt=PAST)],
    "an-invoice-follows-the-shipment": [
        change(terp.Order, SHIPPED, shipped_at=FUTURE),
        change(terp.Invoice, dueDate=date(2020, 1, 1)),
        change(terp.Invoice, invoiceDate=date(2020, 1, 1)),
    ],
    "a-payment-follows-its-document": [
        change(terp.Payment, {"paymentType": "RECEIVED"}, createdAt=PAST, paymentDate=PAST.date()),
        change(terp.Payment, {"paymentType": "SENT"}, createdAt=PAST, paymentDate=PAST.date()),
        change(terp.Payment, paymentDate=PAST.date()),
    ],
    "a-purchase-order-goes-forward": [
        change(terp.PurchaseOrder, {"sentAt__isnull": False}, sentAt=PAST),
        change(terp.PurchaseOrder, {"confirmedAt__isnull": False}, confirmedAt=PAST),
        change(terp.PurchaseOrder, {"purchaseOrderStatus": "RECEIVED"}, actualDeliveryDate=PAST.date()),
        change(terp.PurchaseOrder, {"purchaseOrderStatus": "RECEIVED"}, actualDeliveryDate=FUTURE.date()),
        change(terp.PurchaseOrder, orderDate=PAST.date()),
    ],
    "what-comes-back-had-been-delivered": [
        change(terp.Return, items=[]),
        return_more,
        change(terp.Return, {"order__fulfillmentStatus": "RETURNED"}, items=[]),
        lambda using: terp.Order.objects.using(using).filter(fulfillmentStatus="DELIVERED").update(fulfillmentStatus="SHIPPED"),
        drop(terp.OrderLineItem, order__fulfillmentStatus="RETURNED"),
    ],
    "what-is-returned-has-its-return": [
        drop(terp.Return, order__fulfillmentStatus="RETURNED"),
        change(terp.Return, {"order__fulfillmentStatus": "RETURNED"}, status="RECEIVED"),
        repeat_a_return,
    ],
    "a-return-follows-its-order": [change(terp.Return, processed_at=PAST)],
    "a-transaction-is-its-invoice": [
        change(terp.Transaction, transactionNumber="X"),
        change(terp.Transaction, amount=F("amount") + 1),
        of_another(terp.Transaction, "client"),
        change(terp.Transaction, transactionDate=PAST),
        change(terp.Transaction, {"transactionStatus": "PAID"}, transactionStatus="PENDING"),
        change(terp.Transaction, {"transactionStatus": "OVERDUE"}, transactionStatus="PAID"),
        change(terp.Transaction, amount=F("amount") + 1, transactionStatus="WRITTEN_OFF"),
    ],
    "a-credit-is-what-came-back": [
        change(terp.Credit, creditAmount=F("creditAmount") + 1),
        change(terp.Credit, transaction=None),
        of_another(terp.Credit, "transaction"),
        other_party(terp.Credit, "client"),
        lambda using: terp.Return.objects.using(using).filter(status="PROCESSED").update(status="REJECTED"),
    ],
    "a-credit-is-used-as-applied": [
        change(terp.Credit, {"creditStatus": "FULLY_USED"}, amountUsed=0, amountRemaining=F("creditAmount")),
        change(terp.Credit, amountRemaining=F("amountRemaining") + 1),
        change(terp.Credit, {"creditStatus": "ACTIVE"}, creditStatus="PARTIALLY_USED"),
        change(terp.Credit, {"creditStatus": "FULLY_USED"}, creditStatus="ACTIVE"),
        change(terp.CreditApplication, amountApplied=F("amountApplied") + 1),
    ],
    "a-credit-is-applied-to-its-clients-invoice": [
        change(terp.CreditApplication, amountApplied=0),
        change(terp.CreditApplication, amountApplied=10**7),
        other_party(terp.Credit, "client"),
        change(terp.CreditApplication, appliedDate=PAST),
        change(terp.Credit, createdAt=PAST),
    ],
    "a-cash-payment-is-in-a-place": [
        drop(terp.CashLocationTransaction, reference_type="ORDER"),
        drop(terp.CashLocationTransaction, transaction_type="OUT"),
        change(terp.Payment, {"paymentType": "RECEIVED", "paymentMethod": "ACH"}, paymentMethod="CASH"),
        change(terp.CashLocationTransaction, {"reference_type": "ORDER"}, amount=F("amount") + 1),
    ],
    "cash-moves-by-a-payment": [
        change(terp.CashLocationTransaction, {"transaction_type": "IN"}, transaction_type="OUT"),
        change(terp.CashLocationTransaction, {"transaction_type": "OUT"}, reference_id=0),
        change(terp.CashLocationTransaction, {"reference_type": "ORDER"}, reference_id=0),
        change(terp.CashLocationTransaction, {"transaction_type": "OUT"}, created_at=PAST),
        change(terp.CashLocationTransaction, {"reference_type": "MANUAL"}, amount=1),
        drop(terp.LedgerEntry, referenceType="CASH_LOCATION"),
        change(terp.Payment, {"paymentType": "SENT", "paymentMethod": "CASH"}, paymentMethod="ACH"),
    ],
    "a-cash-balance-is-what-went-in-and-out": [
        change(terp.CashLocation, current_balance=F("current_balance") + 1),
        change(terp.CashLocation, current_balance=None),
        drop(terp.CashLocationTransaction, transaction_type="OUT"),
    ],
    "a-shift-is-counted": [
        change(terp.ShiftAudit, starting_balance=F("starting_balance") + 1),
        change(terp.ShiftAudit, {"status": "CLOSED"}, expected_balance=F("expected_balance") + 1, variance=-1),
        change(terp.ShiftAudit, {"status": "CLOSED"}, actual_count=F("actual_count") + 1),
        change(terp.ShiftAudit, {"status": "CLOSED"}, actual_count=None),
        change(terp.ShiftAudit, {"status": "ACTIVE"}, expected_balance=F("expected_balance") + 1),
        change(terp.ShiftAudit, {"status": "ACTIVE"}, shift_end=FUTURE),
        change(terp.CashLocationTransaction, created_at=PAST, amount=F("amount") + 1),
    ],
    "one-shift-follows-another": [
        drop(terp.ShiftAudit, status="ACTIVE"),
        change(terp.ShiftAudit, {"status": "CLOSED"}, shift_end=PAST),
    ],
    "a-need-is-a-buyers-for-a-product": [
        lambda using: terp.Client.objects.using(using).update(is_buyer=False),
        change(terp.ClientNeed, product_name="X"),
        change(terp.ClientNeed, category="X"),
        change(terp.ClientNeed, strain="X"),
        change(terp.ClientNeed, matched_strain=None),
        change(terp.ClientNeed, quantity_min=0),
        change(terp.ClientNeed, quantity_max=None),
    ],
    "a-fulfilled-need-was-ordered": [
        change(terp.ClientNeed, {"status": "ACTIVE"}, status="FULFILLED"),
        change(terp.ClientNeed, {"status": "FULFILLED"}, status="ACTIVE"),
        change(terp.ClientNeed, {"status": "FULFILLED"}, fulfilled_at=FUTURE),
        change(terp.ClientNeed, {"status": "FULFILLED"}, quantity_min=10**6, quantity_max=10**6),
        change(terp.ClientNeed, {"status": "FULFILLED"}, created_at=FUTURE),
        of_another(terp.ClientNeed, "client", status="FULFILLED"),
    ],
    "a-needs-state-follows-from-its-days": [
        change(terp.ClientNeed, {"status": "ACTIVE"}, status="EXPIRED"),
        change(terp.ClientNeed, {"status": "EXPIRED"}, status="ACTIVE"),
        change(terp.ClientNeed, expires_at=None),
        change(terp.ClientNeed, {"status": "CANCELLED"}, expires_at=PAST),
        change(terp.ClientNeed, needed_by=None),
    ],
    "a-supply-is-of-the-vendors-product": [
        of_another(terp.VendorSupply, "vendor"),
        change(terp.VendorSupply, product_name="X"),
        change(terp.VendorSupply, category="X"),
        change(terp.VendorSupply, quantity_available=0),
        change(terp.VendorSupply, unit_price=None),
    ],
    "what-was-purchased-is-on-a-purchase-order": [
        change(terp.VendorSupply, {"status": "AVAILABLE"}, status="PURCHASED"),
        change(terp.VendorSupply, {"status": "PURCHASED"}, status="AVAILABLE"),
        change(terp.VendorSupply, {"status": "PURCHASED"}, quantity_available=F("quantity_available") + 1),
        change(terp.VendorSupply, {"status": "PURCHASED"}, unit_price=F("unit_price") + 1),
        change(terp.VendorSupply, {"status": "PURCHASED"}, purchased_at=FUTURE),
        change(terp.VendorSupply, {"status": "PURCHASED"}, created_at=FUTURE),
    ],
    "a-supplys-state-follows-from-its-days": [
        change(terp.VendorSupply, {"status": "AVAILABLE"}, status="EXPIRED"),
        change(terp.VendorSupply, {"status": "EXPIRED"}, status="AVAILABLE"),
        change(terp.VendorSupply, {"status": "RESERVED"}, reserved_at=None),
        change(terp.VendorSupply, {"status": "RESERVED"}, reserved_at=PAST),
        change(terp.VendorSupply, {"status": "AVAILABLE"}, reserved_at=FUTURE),
        change(terp.VendorSupply, available_until=None),
        change(terp.VendorSupply, {"status": "PURCHASED"}, available_until=PAST),
    ],
    "a-samples-state-is-its-last-step": [
        change(terp.SampleRequest, {"sampleRequestStatus": "PENDING"}, sampleRequestStatus="FULFILLED"),
        change(terp.SampleRequest, {"sampleRequestStatus": "FULFILLED"}, sampleRequestStatus="PENDING"),
        change(terp.SampleRequest, {"sampleRequestStatus": "CANCELLED"}, sampleRequestStatus="PENDING"),
        change(terp.SampleRequest, {"sampleRequestStatus": "CANCELLED"}, cancelledDate=None),
        change(terp.SampleRequest, {"sampleRequestStatus": "RETURNED"}, fulfilledDate=PAST),
        change(terp.SampleRequest, {"sampleRequestStatus": "RETURNED"}, returnApprovedDate=None),
        change(terp.SampleRequest, {"sampleRequestStatus": "VENDOR_CONFIRMED"}, sampleRequestStatus="SHIPPED_TO_VENDOR"),
    ],
    "a-sample-is-a-buyers": [
        lambda using: terp.Client.objects.using(using).update(is_buyer=False),
        other_party(terp.SampleRequest, "client"),
        change(terp.SampleRequest, {"relatedOrder__isnull": False}, relatedOrder=None),
        change(terp.SampleRequest, {"relatedOrder__isnull": False}, conversionDate=None),
        change(terp.SampleRequest, {"relatedOrder__isnull": False}, fulfilledDate=FUTURE),
    ],
    "a-sample-is-where-it-went": [
        change(terp.SampleRequest, {"location": "WITH_CLIENT"}, location="LOST"),
        change(terp.SampleRequest, {"location": "WITH_CLIENT"}, location=None),
        change(terp.SampleRequest, {"location": "WITH_CLIENT"}, fulfilledDate=None),
        drop(terp.SampleLocationHistory, toLocation="RETURNED"),
        change(terp.SampleRequest, {"sampleRequestStatus": "PENDING"}, fulfilledDate=FUTURE),
    ],
    "a-sample-leaves-where-it-was": [
        change(terp.SampleLocationHistory, {"fromLocation": "WITH_CLIENT"}, fromLocation="WAREHOUSE"),
        change(terp.SampleLocationHistory, fromLocation=None),
        change(terp.SampleLocationHistory, {"toLocation": "WITH_CLIENT"}, toLocation="WAREHOUSE"),
        change(terp.SampleLocationHistory, changedAt=PAST),
    ],
    "an-expense-is-in-a-category": [
        change(terp.Expense, category=10**6),
        change(terp.Expense, amount=F("amount") + 1),
        change(terp.Expense, taxAmount=1),
        change(terp.Expense, expenseDate=PAST.date()),
        lambda using: terp.ExpenseCategory.objects.using(using).update(deleted_at=PAST),
    ],
    "an-expense-is-on-a-statement": [
        drop(terp.BankTransaction, payment=None),
        change(terp.BankTransaction, {"payment": None}, amount=F("amount") + 1),
        of_another(terp.Expense, "bankAccount"),
    ],
    "a-payment-through-a-bank-is-on-its-statement": [
        drop(terp.BankTransaction, transactionType="DEPOSIT"),
        drop(terp.BankTransaction, payment__isnull=False, transactionType="WITHDRAWAL"),
        give_cash_a_bank_account,
    ],
    "a-statement-line-is-a-payment-or-an-expense": [
        change(terp.BankTransaction, amount=F("amount") + 1),
        change(terp.BankTransaction, {"payment": None}, amount=F("amount") + 1),
        change(terp.BankTransaction, transactionDate=PAST.date()),
        change(terp.BankTransaction, {"transactionType": "DEPOSIT"}, transactionType="WITHDRAWAL"),
        change(terp.BankTransaction, {"payment": None}, transactionType="DEPOSIT"),
        of_another(terp.BankTransaction, "bankAccount"),
        change(terp.BankTransaction, {"transactionType": "DEPOSIT"}, payment=None),
    ],
    "a-statement-line-is-reconciled-later": [
        change(terp.BankTransaction, {"isReconciled": True}, reconciledAt=None),
        change(terp.BankTransaction, {"isReconciled": True}, reconciledAt=PAST),
        change(terp.BankTransaction, {"isReconciled": True}, reconciledAt=FUTURE),
        change(terp.BankTransaction, {"isReconciled": True}, isReconciled=False),
    ],
    "a-client-was-created-when-it-came": [
        change(terp.ClientActivity, {"activity_type": "CREATED"}, created_at=FUTURE),
        change(terp.ClientActivity, {"activity_type": "PAYMENT_RECORDED"}, created_at=PAST),
    ],
    "an-activity-is-on-the-clients-statement": [
        name_another_line,
        record_more,
        change(terp.ClientActivity, {"activity_type": "TRANSACTION_ADDED"}, metadata=None),
        change(terp.ClientActivity, {"activity_type": "TRANSACTION_ADDED"}, created_at=FUTURE),
        change(terp.ClientActivity, {"activity_type": "TRANSACTION_ADDED"}, activity_type="PAYMENT_RECORDED"),
        of_another(terp.ClientActivity, "client", activity_type="PAYMENT_RECORDED"),
    ],
    "nobody-talks-before-the-client-came": [
        change(terp.ClientCommunication, communicated_at=PAST),
        change(terp.ClientCommunication, communicated_at=FUTURE),
    ],
    "a-note-is-about-a-client-that-had-come": [
        change(terp.FreeformNote, createdAt=PAST),
        change(terp.ClientNote, created_at=PAST),
    ],
    "a-note-is-about-one-client": [
        drop(terp.ClientNote),
        link_a_note_twice,
        change(terp.FreeformNote, updatedAt=PAST),
    ],
    "a-comment-is-under-what-had-come": [
        change(terp.Comment, {"commentable_type": "client"}, created_at=PAST),
        change(terp.Comment, {"commentable_type": "inventory_batch"}, created_at=PAST),
        change(terp.Comment, {"commentable_type": "client"}, commentable_type="order"),
        change(terp.Comment, {"commentable_type": "inventory_batch"}, commentable_id=0),
    ],
    "a-resolved-comment-says-by-whom-and-when": [
        change(terp.Comment, {"is_resolved": True}, is_resolved=False),
        change(terp.Comment, {"is_resolved": True}, resolved_at=None),
        change(terp.Comment, {"is_resolved": True}, resolved_by=None),
        change(terp.Comment, {"is_resolved": True}, resolved_at=PAST),
        change(terp.Comment, {"is_resolved": False}, is_resolved=True),
    ],
    "a-calendars-owner-administers-it": [
        change(terp.Calendar, owner=None),
        drop(terp.CalendarUserAccess, access_level="admin"),
        change(terp.CalendarUserAccess, {"access_level": "admin"}, access_level="view"),
    ],
    "an-event-is-in-business-hours": [
        change(terp.CalendarEvent, start_time="08:30:00"),
        change(terp.CalendarEvent, start_time=None),
        change(terp.CalendarEvent, {"end_time__isnull": False}, end_time="09:00:00"),
        change(terp.CalendarEvent, {"end_time__isnull": False}, end_time="16:30:00"),
        change(terp.CalendarEvent, end_date=FUTURE.date()),
        change(terp.CalendarEvent, start_date=SATURDAY.date(), end_date=SATURDAY.date()),
        change(terp.CalendarEvent, {"status": "COMPLETED"}, created_at=FUTURE),
        change(terp.CalendarEvent, timezone="UTC"),
    ],
    "an-event-is-with-a-client-that-had-come": [
        change(terp.CalendarEvent, created_at=PAST),
        change(terp.CalendarEvent, updated_at=PAST),
        change(terp.CalendarEvent, {"entity_type": "client"}, entity_id=0),
        of_another(terp.CalendarEvent, "client", entity_type="client"),
    ],
    "goods-are-taken-in-from-the-client-that-sells-them": [
        change(terp.CalendarEvent, {"event_type": "INTAKE"}, vendor=None),
        change(terp.CalendarEvent, {"event_type": "INTAKE"}, event_type="MEETING"),
        of_another(terp.CalendarEvent, "client", event_type="INTAKE"),
    ],
    "a-reminder-is-of-an-invoice": [
        change(terp.CalendarEvent, {"entity_type": "invoice"}, entity_id=0),
        change(terp.CalendarEvent, {"entity_type": "invoice"}, entity_type="client"),
        change(terp.CalendarEvent, {"entity_type": "invoice"}, start_date=PAST.date()),
        change(terp.CalendarEvent, {"entity_type": "invoice"}, start_date=FUTURE.date()),
        change(terp.CalendarEvent, {"entity_type": "invoice"}, is_auto_generated=False),
        change(terp.CalendarEvent, {"event_type": "MEETING"}, entity_type="invoice"),
        of_another(terp.CalendarEvent, "client", entity_type="invoice"),
    ],
    "an-events-state-follows-from-its-day": [
        change(terp.CalendarEvent, {"status": "COMPLETED"}, start_date=FUTURE.date()),
        change(terp.CalendarEvent, {"status": "COMPLETED"}, status="SCHEDULED"),
        change(terp.CalendarEvent, {"event_type": "FOLLOW_UP"}, start_date=PAST.date()),
    ],
    "a-meeting-has-its-organizer": [
        drop(terp.CalendarEventParticipant, role="ORGANIZER"),
        drop(terp.CalendarEventParticipant, role="REQUIRED"),
        change(terp.CalendarEventParticipant, {"role": "ORGANIZER"}, response_status="DECLINED"),
        of_another(terp.CalendarEvent, "created_by", event_type="MEETING"),
    ],
    "a-participant-answers-after-being-asked": [
        change(terp.CalendarEventParticipant, {"role": "REQUIRED"}, role="ORGANIZER"),
        change(terp.CalendarEventParticipant, {"response_status": "PENDING"}, response_status="ACCEPTED"),
        change(terp.CalendarEventParticipant, {"response_status": "ACCEPTED"}, responded_at=None),
        change(terp.CalendarEventParticipant, {"response_status": "ACCEPTED"}, responded_at=PAST),
        change(terp.CalendarEventParticipant, added_at=PAST),
    ],
    **{
        f"{model._meta.db_table}-happen-in-business-hours": [
            change(model, {f"{field}__isnull": False}, **{field: moment})
            for field in fields
            for moment in (SATURDAY, NIGHT, EVENING, FUTURE)
        ]
        for model, fields in HAPPENED.items()
    },
}
