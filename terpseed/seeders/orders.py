"""`orders`: quotes and sales in every state."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from django.db.models import Case, CharField, OuterRef, Subquery, Value, When
from django.db.models.functions import Coalesce

from seeding import (
    BaseSeeder,
    Dataset,
    Derivation,
    Floats,
    Integers,
    Rows,
    SeederConfig,
    decimals,
    divide,
    only,
    take,
)
from terpseed.expressions import translated
from terpseed.facts import calendar, catalogue, cells, notes, parties, staff
from terpseed.facts.goods import stock
from terpseed.facts.money import invoicing, receivables
from terpseed.facts.sales import fulfilment, pricing, serving, trade
from terpseed.facts.sales.fulfilment import Step
from terpseed.facts.sales.trade import Fate
from terpseed.models import Invoice, Order

QUOTES = (Fate.QUOTE_UNSENT, Fate.QUOTE_SENT, Fate.QUOTE_VIEWED, Fate.QUOTE_REJECTED, Fate.QUOTE_EXPIRED, Fate.QUOTE_CONVERTED)
QUOTE_VALID = np.timedelta64(30, "D")

QUOTE_STATUS = [fate.name.removeprefix("QUOTE_") for fate in Fate]
SALE_STATUS: dict[str, str | None] = {"PAID": "PAID", "PARTIAL": "PARTIAL", "OVERDUE": "OVERDUE", "VOID": "CANCELLED"}
"""By invoice status; PENDING for any other status, or without an invoice."""
PICKING = ["READY" if fate in trade.SHIPPING else "PACKED" if fate is Fate.PACKED else "PENDING" for fate in Fate]


class OrderSeeder(BaseSeeder):
    """Fifty per cell, over eighteen months; what a fate implies is in `terpseed.facts.trade`."""

    config = SeederConfig(
        model=Order,
        group="sales",
        dependencies=("clients", "users", "batches", "products"),
        any_parent=("created_by", "packed_by", "shipped_by"),
        companions=(
            "OrderSeeder",  # a converted quote and its sale
            "OrderLineItemSeeder",
            "AllocationSeeder",
            "OrderStatusHistorySeeder",
            "SaleMovementSeeder",
            "InvoiceSeeder",  # what was shipped is invoiced
            "ReturnSeeder",  # what is RETURNED has its return
        ),
        record_count=cells.per_cell(cells.ORDERS),
        pii_fields={"credit_override_reason": "free_text", "notes": "free_text"},
        not_pii=("order_number", "items"),
        version=2,
    )

    def derivations(self, dataset: Dataset) -> Sequence[Derivation]:
        """The invoice, and how far it is paid."""
        invoices = Invoice.objects.filter(referenceType="ORDER", referenceId=OuterRef("pk"), deleted_at__isnull=True)
        first = invoices.order_by("pk")
        word = first.annotate(word=translated("status", SALE_STATUS, default=Value("PENDING"))).values("word")[:1]
        sale_status = Case(
            When(orderType="QUOTE", then=Value(None)),
            When(fulfillmentStatus="CANCELLED", then=Value("CANCELLED")),
            default=Coalesce(Subquery(word), Value("PENDING")),
            output_field=CharField(),
        )
        values = {"invoice": Subquery(first.values("pk")[:1]), "saleStatus": sale_status}
        return (Derivation(values=values, reads=("invoices",), touches=("updated_at",)),)

    def derived_data(self, rows: Rows) -> pl.DataFrame:
        """How far the invoice is paid; its key is not known before its row is there."""
        status = receivables.last_status(rows).replace_strict(SALE_STATUS, default="PENDING")
        fate = trade.fate(rows)
        shipped, cancelled = np.isin(fate, trade.SHIPPING), fate == Fate.CANCELLED
        of_sale = take(("PENDING", "CANCELLED"), cancelled.astype(np.int64))
        return pl.DataFrame({"saleStatus": only(status.zip_with(pl.Series(shipped), of_sale), ~np.isin(fate, QUOTES))})

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        """The columns of `orders`."""
        fate = trade.fate(rows)
        quote, draft = np.isin(fate, QUOTES), fate == Fate.DRAFT
        sale = ~quote
        confirmed = sale & ~draft
        packed, shipped = fulfilment.has(rows, Step.PACKED), fulfilment.has(rows, Step.SHIPPED)
        converted = fate == Fate.QUOTE_CONVERTED
        from_quote, quote_of = trade.is_sale_of_quote(rows)
        sold_at = trade.ordered_at(trade.deal(rows))
        own, position = trade.lines_of(rows)
        lines = trade.agreed(own)
        subtotal, cost = _sums(lines, position, len(rows))
        margin = subtotal - divide(cost, 100)
        terms = trade.term(rows)
        ordered = trade.ordered_at(rows)
        day = ordered.astype("datetime64[D]")
        due = np.where(shipped, invoicing.due(rows), calendar.after(ordered, parties.TERM_DAYS[terms]))
        return pl.DataFrame(
            {
                "order_number": trade.sale_number(rows).zip_with(pl.Series(sale), trade.quote_number(rows)),
                "orderType": take(("QUOTE", "SALE"), sale.astype(np.int64)),
                "is_draft": draft,
                "client_id": trade.client(rows).index,
                "items": _items(lines, position),
                "subtotal": decimals(subtotal, 2),
                "total": decimals(subtotal, 2),
                "total_cogs": decimals(cost, 4),
                "total_margin": decimals(margin, 2),
                "avg_margin_percent": decimals(divide(margin * 10_000, subtotal), 2),
                "valid_until": only(pl.Series(day + QUOTE_VALID), quote),
                "quoteStatus": only(take(QUOTE_STATUS, fate), quote),
                "paymentTerms": take(parties.TERMS, terms),
                "due_date": calendar.dates(due, confirmed),
                "saleStatus": only(take(("PENDING", "CANCELLED"), (fate == Fate.CANCELLED).astype(np.int64)), sale),
                "fulfillmentStatus": take(fulfilment.STATUS, fate),
                "converted_from_order_id": only(quote_of, from_quote),
                "converted_at": calendar.timestamps(sold_at, converted),
                "confirmed_at": calendar.timestamps(fulfilment.at(rows, Step.CONFIRMED), confirmed),
                "packed_at": calendar.timestamps(fulfilment.at(rows, Step.PACKED), packed),
                "packed_by": only(pl.Series(staff.member(rows, "packed by")), packed),
                "shipped_at": calendar.timestamps(fulfilment.shipped_at(rows), shipped),
                "shipped_by": only(pl.Series(staff.member(rows, "shipped by")), shipped),
                "pickPackStatus": take(PICKING, fate),
                "notes": notes.some(rows, notes.ORDER),
                "created_by": staff.member(rows, "created by"),
                "created_at": calendar.timestamps(ordered),
                "updated_at": calendar.timestamps(np.where(converted, sold_at, fulfilment.last_at(rows))),
            }
        )


def _sums(lines: Rows, position: Integers, orders: int) -> tuple[Integers, Integers]:
    """Per order: Σ line totals in cents, and Σ costs in hundredths of a cent."""
    cost = pricing.quantity(lines) * pricing.unit_cost(serving.batch(lines))
    return pricing.summed(pricing.line_total(lines), position, orders), pricing.summed(cost, position, orders)


def _items(lines: Rows, position: Integers) -> pl.Series:
    """The JSON of every order: one object per line, with numbers as JavaScript writes them."""
    batches = serving.batch(lines)
    products = serving.product(batches)
    form = catalogue.form(products)
    price, cost, quantity = pricing.unit_price(lines), pricing.unit_cost(batches), pricing.quantity(lines)
    line_cost = divide(quantity * cost, 100)
    name = catalogue.product_name(products)
    items = pl.DataFrame(
        {
            "batchId": batches.index,
            "productId": products.index,
            "productName": name,  # what the pick list shows
            "displayName": name,
            "originalName": name,
            "strain": catalogue.strain_name(catalogue.strain(products)),
            "category": catalogue.category(products),
            "subcategory": take([one.subcategory for one in catalogue.FORMS], form),
            "grade": stock.grade(batches),
            "quantity": _hundredths(quantity),
            "unitPrice": _hundredths(price),
            "price": _hundredths(price),
            "isSample": pricing.is_sample(lines),
            "unitCogs": _hundredths(cost),
            "cogsMode": take(("FIXED", "RANGE"), stock.is_ranged(batches).astype(np.int64)),
            "cogsSource": take(("FIXED", "MIDPOINT"), stock.is_ranged(batches).astype(np.int64)),
            "unitMargin": _hundredths(price - cost),
            "marginPercent": _hundredths(pricing.margin(lines)),
            "lineTotal": _hundredths(pricing.line_total(lines)),
            "lineCogs": _hundredths(line_cost),
            "lineMargin": _hundredths(pricing.line_total(lines) - line_cost),
        }
    )
    grouped = items.select(pl.Series("order", position), pl.struct(pl.all()).alias("items"))
    return grouped.group_by("order", maintain_order=True).agg("items")["items"]


def _hundredths(values: Integers) -> Floats:
    return values / 100
