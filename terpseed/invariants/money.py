"""Invoices, bills, payments, and what clients owe and are owed."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Exists, F, Max, Min, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Abs, Coalesce

from seeding import Seeded, invariant, unless
from terpseed.expressions import DaysSince, sales_that_stand, total
from terpseed.invariants.orders import HALF_A_CENT
from terpseed.models import (
    BankAccount,
    Batch,
    Bill,
    BillLineItem,
    Client,
    ClientCreditLimit,
    ClientTransaction,
    Expense,
    InventoryMovement,
    Invoice,
    InvoiceLineItem,
    InvoicePayment,
    Lot,
    Order,
    Payment,
    PurchaseOrder,
    PurchaseOrderItem,
    Vendor,
    VendorPayable,
)

STATED = ("DRAFT", "VOID")
"""Statuses that a person sets and no payment changes."""
HIGHEST = Decimal("999.99")


def _live(column: str, kind: str) -> QuerySet[Any]:
    return Payment.objects.filter(**{column: OuterRef("pk")}, paymentType=kind, deleted_at__isnull=True)


def _paid_as_stated(rows: QuerySet[Any], as_of: date) -> QuerySet[Any]:
    """The rows whose status does not follow from their payments and due date."""
    paid, open_ = Q(amountDue=0), Q(amountDue__gt=0)
    late = Q(dueDate__lt=as_of)
    right = (
        Q(status__in=STATED)
        | (Q(status="PAID") & paid)
        | (Q(status="OVERDUE") & open_ & late)
        | (Q(status="PARTIAL", amountPaid__gt=0) & open_ & ~late)
        | (~Q(status__in=("PAID", "OVERDUE", "PARTIAL")) & Q(amountPaid=0) & open_ & ~late)
    )
    return unless(rows, right)


def _not_a_percentage(rows: QuerySet[Any], value: str, part: str, whole: str) -> QuerySet[Any]:
    """The rows whose `value` is not `part` as a percentage of `whole`: 0 if `whole` is 0, at most the column's maximum."""
    off = Abs(F(part) * 100 - F(value) * F(whole))
    right = Q(off__lte=F(whole) * HALF_A_CENT) | (Q(**{value: HIGHEST}) & Q(over__gt=0))
    within = rows.annotate(off=off, over=F(part) * 100 - F(value) * F(whole))
    return unless(within, right & (~Q(**{whole: 0}) | Q(**{value: 0})))


@invariant(Invoice, InvoiceLineItem)
def an_invoice_is_the_sum_of_its_lines(seeded: Seeded) -> QuerySet[Any]:
    """The subtotal is Σ lineTotal, and totalAmount = subtotal + tax − discount."""
    lines = InvoiceLineItem.objects.filter(invoice=OuterRef("pk"), deleted_at__isnull=True)
    summed = seeded.rows.annotate(lines=total(lines, "invoice", "lineTotal"))
    return unless(summed, subtotal=F("lines"), totalAmount=F("subtotal") + F("taxAmount") - F("discountAmount"))


@invariant(InvoiceLineItem)
def an_invoice_line_is_quantity_times_price(seeded: Seeded) -> QuerySet[Any]:
    """A lineTotal is quantity × unitPrice, rounded to cents."""
    return seeded.rows.annotate(off=Abs(F("lineTotal") - F("quantity") * F("unitPrice"))).filter(off__gt=HALF_A_CENT)


@invariant(Invoice, Payment)
def an_invoice_is_paid_what_its_payments_say(seeded: Seeded) -> QuerySet[Any]:
    """The amountPaid is Σ its payments, amountDue = totalAmount − amountPaid, and never less than 0."""
    paid = total(_live("invoice", "RECEIVED"), "invoice", "amount")
    off = Abs(F("amountDue") - (F("totalAmount") - F("amountPaid")))
    return unless(seeded.rows.annotate(paid=paid, off=off), amountPaid=F("paid"), off__lte=HALF_A_CENT, amountDue__gte=0)


@invariant(Invoice)
def an_invoices_status_is_what_is_due(seeded: Seeded) -> QuerySet[Any]:
    """PAID when nothing is due; OVERDUE when past due and owed, even if partly paid; else PARTIAL when partly paid."""
    return _paid_as_stated(seeded.rows, seeded.as_of)


@invariant(Invoice, Order)
def an_invoices_order_names_it(seeded: Seeded) -> QuerySet[Any]:
    """The order that an invoice refers to is there, and refers to that invoice."""
    orders = Order.objects.filter(pk=OuterRef("referenceId"), invoice=OuterRef("pk"))
    return unless(seeded.rows, Q(referenceType="ORDER") & Exists(orders))


@invariant(Payment, Invoice, Bill, Client, Vendor)
def a_payment_is_on_a_document_of_its_party(seeded: Seeded) -> QuerySet[Any]:
    """A payment is more than 0; received, on an invoice of that client; sent, on a bill, to that vendor's client."""
    received = Q(paymentType="RECEIVED", bill=None, vendor=None, invoice__customer=F("customer"))
    bridged = Client.objects.filter(pk=OuterRef("vendor_id"), name=OuterRef("bill__vendor__name"), is_seller=True)
    sent = Q(paymentType="SENT", invoice=None, customer=None, bill__isnull=False) & Exists(bridged)
    return unless(seeded.rows, Q(amount__gt=0) & (received | sent))


@invariant(Payment, InvoicePayment)
def a_received_payment_is_allocated(seeded: Seeded) -> QuerySet[Any]:
    """The invoice_payments of a received payment sum to it, and are on its invoice; a sent one has none."""
    allocated = InvoicePayment.objects.filter(payment=OuterRef("pk"), deleted_at__isnull=True)
    elsewhere = Exists(allocated.exclude(invoice=OuterRef("invoice_id")))
    summed = seeded.rows.annotate(allocated=total(allocated, "payment", "allocated_amount"))
    return summed.filter(
        Q(paymentType="RECEIVED") & ~Q(allocated=F("amount")) | Q(paymentType="SENT", allocated__gt=0) | elsewhere
    )


@invariant(BillLineItem, Bill)
def a_bill_is_the_sum_of_its_lines(seeded: Seeded) -> QuerySet[Any]:
    """Each line is quantity × unitPrice; subtotal = Σ lineTotal, and totalAmount = subtotal + tax − discount."""
    # TERP has no index on billId: the bills are summed in one pass, not one by one.
    sums = seeded.rows.values("bill").annotate(lines=Sum("lineTotal"), expected=Sum(F("quantity") * F("unitPrice")))
    charged = F("bill__subtotal") + F("bill__taxAmount") - F("bill__discountAmount")
    return sums.annotate(
        off=Abs(F("lines") - F("expected")),
        strayed=Abs(F("lines") - Max("bill__subtotal")),
        charged=Max(Abs(F("bill__totalAmount") - charged)),
    ).filter(Q(off__gt=HALF_A_CENT) | Q(strayed__gt=HALF_A_CENT) | Q(charged__gt=HALF_A_CENT))


@invariant(Bill, BillLineItem)
def a_bill_has_a_line(seeded: Seeded) -> QuerySet[Any]:
    """No bill is empty."""
    return unless(seeded.rows, pk__in=BillLineItem.objects.filter(deleted_at__isnull=True).values("bill"))


@invariant(Bill, Payment)
def a_bill_is_paid_what_its_payments_say(seeded: Seeded) -> QuerySet[Any]:
    """The amountPaid is Σ its payments, amountDue = totalAmount − amountPaid, and never less than 0."""
    paid = total(_live("bill", "SENT"), "bill", "amount")
    off = Abs(F("amountDue") - (F("totalAmount") - F("amountPaid")))
    return unless(seeded.rows.annotate(paid=paid, off=off), amountPaid=F("paid"), off__lte=HALF_A_CENT, amountDue__gte=0)


@invariant(Bill)
def a_bills_status_is_what_is_due(seeded: Seeded) -> QuerySet[Any]:
    """PAID when nothing is due; OVERDUE when past due and owed, even if partly paid; else PARTIAL when partly paid."""
    return _paid_as_stated(seeded.rows, seeded.as_of)


@invariant(VendorPayable, Batch, InventoryMovement, Order)
def a_payable_is_what_was_sold(seeded: Seeded) -> QuerySet[Any]:
    """It has sold Σ the batch's sales, less returns; total = units × cost; due = total − paid ≥ 0; the status follows."""
    sales = sales_that_stand(OuterRef("batch_id"))
    counted = seeded.rows.annotate(
        sold=total(sales, "batch", -F("quantityChange")),
        off=Abs(F("total_amount") - F("units_sold") * F("cogs_per_unit")),
        strayed=Abs(F("amount_due") - (F("total_amount") - F("amount_paid"))),
    )
    empty = Q(batch__onHandQty=0)
    status = (
        Q(status="PAID", amount_due=0, total_amount__gt=0)
        | Q(status="PARTIAL", amount_paid__gt=0, amount_due__gt=0)
        | (Q(status="DUE", amount_paid=0) & empty)
        | (Q(status="PENDING", amount_paid=0) & ~empty)
    )
    right = Q(units_sold=F("sold"), off__lte=HALF_A_CENT, strayed__lte=HALF_A_CENT, amount_due__gte=0)
    return unless(counted, right & status)


@invariant(VendorPayable, Batch, Lot)
def a_payable_is_the_consignors(seeded: Seeded) -> QuerySet[Any]:
    """The batch is consigned, of that lot, and the payable is in favour of the client who delivered it, at the batch's cost."""
    theirs = Q(batch__ownership_type="CONSIGNED", batch__lot=F("lot"), lot__supplier_client=F("vendor_client"))
    return unless(seeded.rows, theirs & Q(cogs_per_unit=F("batch__unitCogs")))


@invariant(PurchaseOrder, PurchaseOrderItem)
def a_purchase_order_is_the_sum_of_its_items(seeded: Seeded) -> QuerySet[Any]:
    """The total is the subtotal, and that Σ totalCost."""
    items = PurchaseOrderItem.objects.filter(purchaseOrder=OuterRef("pk"), deletedAt__isnull=True)
    off = Abs(F("subtotal") - total(items, "purchaseOrder", "totalCost"))
    return unless(seeded.rows.annotate(off=off), off__lte=HALF_A_CENT, total=F("subtotal"))


@invariant(PurchaseOrderItem, PurchaseOrder)
def a_purchase_order_item_is_quantity_times_cost(seeded: Seeded) -> QuerySet[Any]:
    """A totalCost is quantity × unitCost; a received order's items have all come, and of one that was only sent nothing has."""
    off = Abs(F("totalCost") - F("quantityOrdered") * F("unitCost"))
    short = Q(purchaseOrder__purchaseOrderStatus="RECEIVED") & ~Q(quantityReceived=F("quantityOrdered"))
    early = Q(purchaseOrder__purchaseOrderStatus__in=("DRAFT", "SENT", "CONFIRMED", "CANCELLED"), quantityReceived__gt=0)
    return seeded.rows.annotate(off=off).filter(Q(off__gt=HALF_A_CENT) | short | early | Q(quantityOrdered__lte=0))


@invariant(Client, Invoice)
def a_client_owes_its_open_invoices(seeded: Seeded) -> QuerySet[Any]:
    """It owes Σ amountDue of the open invoices; oldest_debt_days counts from the oldest that is overdue."""
    invoices = Invoice.objects.filter(customer=OuterRef("pk"), deleted_at__isnull=True)
    owed = total(invoices.exclude(status__in=(*STATED, "PAID")), "customer", "amountDue")
    overdue = invoices.filter(status="OVERDUE").order_by().values("customer")
    oldest = Subquery(overdue.annotate(due=Min("dueDate")).values("due"))
    return unless(
        seeded.rows.annotate(owed=owed, days=Coalesce(DaysSince(seeded.as_of, oldest), 0)),
        total_owed=F("owed"),
        oldest_debt_days=F("days"),
    )


@invariant(Client, Invoice, Order)
def a_client_has_spent_what_it_was_charged(seeded: Seeded) -> QuerySet[Any]:
    """It has spent Σ its invoices but for drafts and void ones, total_profit the margin of those orders, and their ratio."""
    invoices = Invoice.objects.filter(customer=OuterRef("pk"), deleted_at__isnull=True).exclude(status__in=STATED)
    orders = Order.objects.filter(
        Exists(Invoice.objects.filter(pk=OuterRef("invoice_id"), deleted_at__isnull=True).exclude(status__in=STATED)),
        client=OuterRef("pk"),
    )
    counted = seeded.rows.annotate(
        spent=total(invoices, "customer", "totalAmount"), earned=total(orders, "client", "total_margin")
    )
    wrong = _not_a_percentage(counted, "avg_profit_margin", "total_profit", "total_spent")
    return counted.filter(~Q(total_spent=F("spent"), total_profit=F("earned")) | Q(pk__in=wrong.values("pk")))


@invariant(ClientCreditLimit, Client)
def a_credit_exposure_is_what_is_owed(seeded: Seeded) -> QuerySet[Any]:
    """The exposure is the client's total_owed; utilization is its share of the limit, the client's own."""
    same = Q(current_exposure=F("client__total_owed"), credit_limit=F("client__credit_limit"))
    wrong = _not_a_percentage(seeded.rows, "utilization_percent", "current_exposure", "credit_limit")
    return seeded.rows.filter(~same | Q(pk__in=wrong.values("pk")))


@invariant(BankAccount, Payment, Expense)
def a_balance_is_what_went_through_the_account(seeded: Seeded) -> QuerySet[Any]:
    """The balance is Σ received − Σ sent − Σ expenses, as far as the column goes."""
    payments = Payment.objects.filter(bankAccount=OuterRef("pk"), deleted_at__isnull=True)
    received, sent = (total(payments.filter(paymentType=kind), "bankAccount", "amount") for kind in ("RECEIVED", "SENT"))
    expenses = Expense.objects.filter(bankAccount=OuterRef("pk"), deleted_at__isnull=True)
    off = Abs(F("currentBalance") - (received - sent - total(expenses, "bankAccount", "totalAmount")))
    return seeded.rows.annotate(off=off).filter(off__gt=HALF_A_CENT, currentBalance__lt=Decimal("9999999999.99"))


@invariant(ClientTransaction, Invoice, Order, Payment)
def a_statement_says_what_the_documents_do(seeded: Seeded) -> QuerySet[Any]:
    """Each line of a client's statement has its document's client and amount, an invoice's and a payment's also its state."""
    orders = Order.objects.filter(
        order_number=OuterRef("transaction_number"), client=OuterRef("client_id"), total=OuterRef("amount")
    )
    invoices = Invoice.objects.filter(
        invoiceNumber=OuterRef("transaction_number"), customer=OuterRef("client_id"), totalAmount=OuterRef("amount")
    )
    payments = Payment.objects.filter(
        paymentNumber=OuterRef("transaction_number"), customer=OuterRef("client_id"), amount=OuterRef("amount")
    )
    invoiced = (
        (Q(payment_status__in=("PAID", "PARTIAL", "OVERDUE")) & Exists(invoices.filter(status=OuterRef("payment_status"))))
        | (Q(payment_status="PENDING") & Exists(invoices.filter(status__in=("DRAFT", "SENT", "VIEWED"))))
        | (Q(payment_status=None) & Exists(invoices.filter(status="VOID")))
    )
    right = (
        (Q(transaction_type="ORDER") & Exists(orders))
        | (Q(transaction_type="INVOICE") & invoiced)
        | (Q(transaction_type="PAYMENT", payment_status="PAID") & Exists(payments))
    )
    return unless(seeded.rows, right)


@invariant(ClientTransaction)
def an_order_is_no_debt_of_its_own(seeded: Seeded) -> QuerySet[Any]:
    """An order's line in a statement has no payment status, so that what is owed on its invoice counts once."""
    return seeded.rows.filter(transaction_type="ORDER", payment_status__isnull=False)
