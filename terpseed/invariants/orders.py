"""Quotes and sales, their lines and their fulfilment."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Abs, Coalesce

from seeding import Seeded, invariant, unless
from terpseed.expressions import QUANTITY, Ratio, total
from terpseed.models import (
    Batch,
    InventoryMovement,
    Invoice,
    Lot,
    Order,
    OrderLineItem,
    OrderLineItemAllocation,
    OrderStatusHistory,
    Payment,
    Product,
)

RESERVING = ("CONFIRMED", "READY_FOR_PACKING", "PACKED")
SHIPPED = ("SHIPPED", "DELIVERED", "RETURNED")
HALF_A_CENT = Decimal("0.0051")
"""Half a cent plus the error of SQLite's floats."""
HALF_A_HUNDREDTH = Value(Decimal("0.00005"))
"""Of a percent."""
LEGAL = {
    "DRAFT": ("",),
    "CONFIRMED": ("DRAFT",),
    "READY_FOR_PACKING": ("CONFIRMED",),
    "PACKED": ("READY_FOR_PACKING",),
    "SHIPPED": ("PACKED",),
    "DELIVERED": ("SHIPPED",),
    "RETURNED": ("DELIVERED",),
    "CANCELLED": ("DRAFT", "CONFIRMED", "READY_FOR_PACKING", "PACKED"),
}
"""Status → the statuses it can follow."""
PAGE = 500


def pages(rows: QuerySet[Any]) -> Iterator[list[Any]]:
    """The rows by primary key, PAGE at a time."""
    last = 0
    while page := list(rows.filter(pk__gt=last).order_by("pk")[:PAGE]):
        last = page[-1].pk
        yield page


def _lines() -> QuerySet[Any]:
    return OrderLineItem.objects.filter(order=OuterRef("pk"))


def _sales() -> QuerySet[Any]:
    return InventoryMovement.objects.filter(referenceType="ORDER", referenceId=OuterRef("pk"), deleted_at__isnull=True)


@invariant(OrderLineItem)
def a_line_total_is_quantity_times_price(seeded: Seeded) -> QuerySet[Any]:
    """Its line_total is quantity × unit_price, rounded to cents, and something is ordered."""
    off = Abs(F("line_total") - F("quantity") * F("unit_price"))
    return seeded.rows.annotate(off=off).filter(Q(off__gt=HALF_A_CENT) | Q(quantity__lte=0))


@invariant(OrderLineItem)
def a_price_is_cost_and_margin(seeded: Seeded) -> QuerySet[Any]:
    """Its unit_price is cost / (1 − margin), but for rounding, and nothing for a sample; margin_dollar is what lies between."""
    # Without the division, which databases round differently: price × (1 − margin) is the cost.
    kept = Value(Decimal(1)) - Ratio(F("margin_percent"), Value(Decimal(100)))
    off = Abs(F("unit_price") * kept - F("cogs_per_unit")) - F("unit_price") * HALF_A_HUNDREDTH
    priced = seeded.rows.annotate(off=off, earned=F("unit_price") - F("cogs_per_unit"))
    wrong = Q(is_sample=False, off__gt=HALF_A_CENT) | Q(is_sample=True, unit_price__gt=0)
    return priced.annotate(strayed=Abs(F("earned") - F("margin_dollar"))).filter(wrong | Q(strayed__gt=HALF_A_CENT))


@invariant(OrderLineItem, Batch)
def a_line_costs_what_its_batch_does(seeded: Seeded) -> QuerySet[Any]:
    """Its cogs_per_unit is the unit cost of the batch."""
    return unless(seeded.rows, cogs_per_unit=F("batch__unitCogs"))


@invariant(OrderLineItem, Batch, Order)
def open_orders_are_served_from_live_batches(seeded: Seeded) -> QuerySet[Any]:
    """Only batches that are for sale are on confirmed orders that have not left."""
    return unless(seeded.rows.filter(order__fulfillmentStatus__in=RESERVING), batch__batchStatus="LIVE")


@invariant(OrderLineItem, Batch, Lot, Order)
def nobody_buys_their_own_goods(seeded: Seeded) -> QuerySet[Any]:
    """The supplier of a batch is not the client who orders it."""
    return seeded.rows.filter(order__client=F("batch__lot__supplier_client"))


@invariant(OrderLineItem, OrderLineItemAllocation, Order)
def allocations_sum_to_the_line(seeded: Seeded) -> QuerySet[Any]:
    """A line of a confirmed order has been promised all it asks for, from its own batch; one of any other order nothing."""
    allocations = OrderLineItemAllocation.objects.filter(order_line_item=OuterRef("pk"))
    promised = total(allocations, "order_line_item", "quantity_allocated")
    elsewhere = Exists(allocations.exclude(batch=OuterRef("batch_id")))
    standing = Q(order__fulfillmentStatus__in=(*RESERVING, *SHIPPED), order__orderType="SALE", order__is_draft=False)
    asked = seeded.rows.annotate(promised=promised)
    return asked.filter((standing & ~Q(promised=F("quantity"))) | (~standing & ~Q(promised=0)) | elsewhere)


@invariant(Order, OrderLineItem)
def an_order_is_the_sum_of_its_lines(seeded: Seeded) -> QuerySet[Any]:
    """The subtotal is Σ line_total; the total is the same, with no tax, discount or shipping; so are cost and margin."""
    cost = Coalesce(total(_lines(), "order", F("quantity") * F("cogs_per_unit")), Value(Decimal(0)))
    summed = seeded.rows.annotate(lines=total(_lines(), "order", "line_total"), off=Abs(F("total_cogs") - cost))
    margin = Abs(F("total_margin") - (F("total") - F("total_cogs")))
    plain = Q(tax=0, discount=0, shipping=0, subtotal=F("lines"), total=F("subtotal"))
    return unless(summed.annotate(strayed=margin), plain & Q(off__lte=HALF_A_CENT, strayed__lte=HALF_A_CENT))


@invariant(Order, OrderLineItem)
def an_order_comes_out_to_the_cent(seeded: Seeded) -> QuerySet[Any]:
    """The total is Σ quantity × unit_price, without any line rounded."""
    exact = total(_lines(), "order", F("quantity") * F("unit_price"), QUANTITY)
    return unless(seeded.rows.annotate(off=Abs(F("total") - exact)), off__lte=Decimal("0.0001"))


@invariant(Order)
def a_converted_quote_became_its_sale(seeded: Seeded) -> QuerySet[Any]:
    """A quote is CONVERTED if a sale names it: same client and money, written at converted_at, while the quote was valid."""
    sales = Order.objects.filter(converted_from_order=OuterRef("pk"), orderType="SALE")
    agreed = sales.filter(
        client=OuterRef("client"),
        total=OuterRef("total"),
        total_cogs=OuterRef("total_cogs"),
        created_at=OuterRef("converted_at"),
    )
    converted = Q(orderType="QUOTE", quoteStatus="CONVERTED")
    in_time = Q(converted_at__gte=F("created_at"), converted_at__date__lte=F("valid_until"))
    of_no_quote = Q(converted_from_order__isnull=False) & ~Q(converted_from_order__quoteStatus="CONVERTED")
    wrong = (converted & ~Exists(agreed)) | (converted & ~in_time) | (~converted & Exists(sales)) | of_no_quote
    return seeded.rows.filter(wrong)


@invariant(Order, OrderLineItem, Batch, Product)
def items_and_lines_tell_the_same_story(seeded: Seeded) -> Iterator[Any]:
    """In orders.items are the lines of the order, one by one: the same batch and product, both there, the same money."""
    for page in pages(seeded.rows):
        lines: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
        written = OrderLineItem.objects.using(seeded.rows.db).filter(order__in=[order.pk for order in page])
        for line in written.select_related("batch__product").order_by("pk"):
            product = line.batch.product
            lines[line.order_id].append(
                (
                    line.batch_id,
                    product.pk,
                    line.product_display_name,
                    product.category,
                    line.is_sample,
                    line.quantity,
                    line.unit_price,
                    line.line_total,
                )
            )
        yield from (order.pk for order in page if [_told(item) for item in order.items] != lines[order.pk])


def _told(item: dict[str, Any]) -> tuple[Any, ...]:
    words = (item["batchId"], item["productId"], item["displayName"], item["category"], item["isSample"])
    money = (item["quantity"], item["unitPrice"], item["lineTotal"])
    return words + tuple(Decimal(json.dumps(value)).quantize(Decimal("0.01")) for value in money)


@invariant(Order, InventoryMovement, OrderLineItemAllocation, OrderLineItem, Invoice, Payment)
def drafts_and_quotes_have_no_consequences(seeded: Seeded) -> QuerySet[Any]:
    """A draft or a quote has no allocation, no movement, no invoice and no payment, and stays DRAFT."""
    allocations = OrderLineItemAllocation.objects.filter(order_line_item__order=OuterRef("pk"))
    invoices = Invoice.objects.filter(referenceType="ORDER", referenceId=OuterRef("pk"))
    payments = Payment.objects.filter(invoice__referenceType="ORDER", invoice__referenceId=OuterRef("pk"))
    consequences = Exists(_sales()) | Exists(allocations) | Exists(invoices) | Exists(payments)
    followed = consequences | ~Q(fulfillmentStatus="DRAFT") | Q(invoice__isnull=False)
    return seeded.rows.filter(Q(orderType="QUOTE") | Q(is_draft=True)).filter(followed)


@invariant(Order, InventoryMovement, OrderLineItem)
def what_was_shipped_has_moved(seeded: Seeded) -> QuerySet[Any]:
    """The sale movements of a shipped order are its lines, batch by batch; no other order has any."""
    shipped = Q(fulfillmentStatus__in=SHIPPED)
    moved, asked = total(_sales(), "referenceId", "quantityChange"), total(_lines(), "order", "quantity")
    of_batch = InventoryMovement.objects.filter(
        referenceType="ORDER",
        referenceId=OuterRef("order_id"),
        batch=OuterRef("batch_id"),
        quantityChange=-OuterRef("quantity"),
        deleted_at__isnull=True,
    )
    unmoved = Exists(_lines().exclude(Exists(of_batch)))
    counted = seeded.rows.annotate(moved=moved, asked=asked)
    return counted.filter((shipped & (~Q(moved=-F("asked")) | unmoved)) | (~shipped & ~Q(moved=0)))


@invariant(Order, Invoice)
def what_was_shipped_is_invoiced(seeded: Seeded) -> QuerySet[Any]:
    """A shipped order has an invoice that names it, and names that invoice; no other order has one."""
    shipped = Q(fulfillmentStatus__in=SHIPPED)
    named = Exists(Invoice.objects.filter(pk=OuterRef("invoice_id"), referenceType="ORDER", referenceId=OuterRef("pk")))
    other = Invoice.objects.filter(referenceType="ORDER", referenceId=OuterRef("pk"), deleted_at__isnull=True)
    return seeded.rows.filter((shipped & ~named) | (~shipped & (Q(invoice__isnull=False) | Exists(other))))


@invariant(Order, Invoice)
def order_and_invoice_agree(seeded: Seeded) -> QuerySet[Any]:
    """Client, amount, terms and due date of an order are its invoice's, and saleStatus says how far that is paid."""
    same = Q(
        invoice__customer=F("client"),
        invoice__totalAmount=F("total"),
        invoice__paymentTerms=F("paymentTerms"),
        invoice__dueDate=F("due_date"),
    )
    paid = Q(invoice__status=F("saleStatus")) & Q(saleStatus__in=("PAID", "PARTIAL", "OVERDUE"))
    waiting = Q(saleStatus="PENDING", invoice__status__in=("DRAFT", "SENT", "VIEWED"))
    void = Q(saleStatus="CANCELLED", invoice__status="VOID")
    return unless(seeded.rows.filter(invoice__isnull=False), same & (paid | waiting | void))


@invariant(Order)
def an_order_without_an_invoice_is_not_paid(seeded: Seeded) -> QuerySet[Any]:
    """A quote has no saleStatus; a sale that was not invoiced is PENDING, or CANCELLED when it was cancelled."""
    quote = Q(orderType="QUOTE", saleStatus__isnull=True)
    cancelled = Q(orderType="SALE", saleStatus="CANCELLED", fulfillmentStatus="CANCELLED")
    pending = Q(orderType="SALE", saleStatus="PENDING") & ~Q(fulfillmentStatus="CANCELLED")
    return unless(seeded.rows.filter(invoice=None), quote | cancelled | pending)


@invariant(Order)
def no_order_rests_at_confirmed(seeded: Seeded) -> QuerySet[Any]:
    """A confirmed order has gone on to READY_FOR_PACKING: TERP's interface has no step that leads on from CONFIRMED."""
    return seeded.rows.filter(fulfillmentStatus="CONFIRMED")


@invariant(OrderStatusHistory, Order, OrderStatusHistory)
def history_takes_legal_steps(seeded: Seeded) -> QuerySet[Any]:
    """Each step of an order follows one that it may follow, and the first is DRAFT."""
    of_order = OrderStatusHistory.objects.filter(order=OuterRef("order_id"), deleted_at__isnull=True)
    earlier = of_order.filter(
        Q(changed_at__lt=OuterRef("changed_at")) | Q(changed_at=OuterRef("changed_at"), pk__lt=OuterRef("pk"))
    )
    before = Subquery(earlier.order_by("-changed_at", "-pk").values("fulfillmentStatus")[:1])
    legal = Q(*(Q(fulfillmentStatus=status, before__in=allowed) for status, allowed in LEGAL.items()), _connector=Q.OR)
    return unless(seeded.rows.filter(deleted_at__isnull=True).annotate(before=Coalesce(before, Value(""))), legal)


@invariant(Order, OrderStatusHistory)
def history_ends_at_the_present_status(seeded: Seeded) -> QuerySet[Any]:
    """The last step of an order is what it is now."""
    history = OrderStatusHistory.objects.filter(order=OuterRef("pk"), deleted_at__isnull=True)
    last = Subquery(history.order_by("-changed_at", "-pk").values("fulfillmentStatus")[:1])
    return unless(seeded.rows.annotate(last=Coalesce(last, Value(""))), last=F("fulfillmentStatus"))
