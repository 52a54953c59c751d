"""`orders`: quotes and sales in every state."""

from __future__ import annotations

import numpy as np
import polars as pl

from seeding.rows import Floats, Integers, Mask, Rows, decimals, divide, take
from seeding.seeders import BaseSeeder, SeederConfig
from terpseed.facts import calendar, catalogue, cells, parties, stock, trade
from terpseed.facts.trade import Fate
from terpseed.models import Order
from terpseed.seeders.users import STAFF

QUOTES = (Fate.QUOTE_UNSENT, Fate.QUOTE_SENT, Fate.QUOTE_VIEWED, Fate.QUOTE_REJECTED, Fate.QUOTE_EXPIRED)
PACKED = (Fate.PACKED, *trade.SHIPPING)
QUOTE_VALID = np.timedelta64(7, "D")

FULFILLMENT = ["DRAFT" if fate in QUOTES else fate.name for fate in Fate]
QUOTE_STATUS = [fate.name.removeprefix("QUOTE_") for fate in Fate]
PICKING = ["READY" if fate in trade.SHIPPING else "PACKED" if fate is Fate.PACKED else "PENDING" for fate in Fate]


class OrderSeeder(BaseSeeder):
    """Fifty per cell, over eighteen months; what a fate implies is in `terpseed.facts.trade`."""

    config = SeederConfig(
        model=Order,
        group="sales",
        dependencies=("clients", "users", "batches", "products"),
        companions=("OrderLineItemSeeder", "SaleMovementSeeder"),
        record_count=cells.per_cell(cells.ORDERS),
    )

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        """The columns of `orders`."""
        fate = trade.fate(rows)
        quote, draft = np.isin(fate, QUOTES), fate == Fate.DRAFT
        sale = ~quote
        confirmed = sale & ~draft
        packed, shipped = np.isin(fate, PACKED), np.isin(fate, trade.SHIPPING)
        lines, position = trade.lines_of(rows)
        subtotal, cost = _sums(lines, position, len(rows))
        margin = subtotal - divide(cost, 100)
        terms = parties.term(trade.client(rows))
        ordered = trade.ordered_at(rows)
        day = ordered.astype("datetime64[D]")
        last_change = np.where(shipped, trade.shipped_at(rows), np.where(packed, trade.packed_at(rows), ordered))
        serial = pl.Series(rows.index).cast(pl.String)
        return pl.DataFrame(
            {
                "order_number": ("S-9" + serial.str.zfill(13)).zip_with(
                    pl.Series(sale), "Q-" + calendar.years(ordered) + "-9" + serial.str.zfill(5)
                ),
                "orderType": take(("QUOTE", "SALE"), sale.astype(np.int64)),
                "is_draft": draft,
                "client_id": trade.client(rows).index,
                "items": _items(lines, position),
                "subtotal": decimals(subtotal, 2),
                "total": decimals(subtotal, 2),
                "total_cogs": decimals(cost, 4),
                "total_margin": decimals(margin, 2),
                "avg_margin_percent": decimals(divide(margin * 10_000, subtotal), 2),
                "valid_until": _only(pl.Series(day + QUOTE_VALID), quote),
                "quoteStatus": _only(take(QUOTE_STATUS, fate), quote),
                "paymentTerms": take(parties.TERMS, terms),
                "due_date": _only(pl.Series(day + parties.TERM_DAYS[terms].astype("timedelta64[D]")), confirmed),
                "saleStatus": _only(take(("PENDING", "CANCELLED"), (fate == Fate.CANCELLED).astype(np.int64)), sale),
                "fulfillmentStatus": take(FULFILLMENT, fate),
                "confirmed_at": calendar.timestamps(ordered, confirmed),
                "packed_at": calendar.timestamps(trade.packed_at(rows), packed),
                "packed_by": _only(pl.Series(rows.integers("packed by", 0, STAFF)), packed),
                "shipped_at": calendar.timestamps(trade.shipped_at(rows), shipped),
                "shipped_by": _only(pl.Series(rows.integers("shipped by", 0, STAFF)), shipped),
                "pickPackStatus": take(PICKING, fate),
                "created_by": rows.integers("created by", 0, STAFF),
                "created_at": calendar.timestamps(ordered),
                "updated_at": calendar.timestamps(last_change),
            }
        )


def _sums(lines: Rows, position: Integers, orders: int) -> tuple[Integers, Integers]:
    """Per order: Σ line totals in cents, and Σ costs in hundredths of a cent."""
    subtotal = np.zeros(orders, dtype=np.int64)
    cost = np.zeros(orders, dtype=np.int64)
    np.add.at(subtotal, position, trade.line_total(lines))
    np.add.at(cost, position, trade.quantity(lines) * trade.unit_cost(trade.batch(lines)))
    return subtotal, cost


def _items(lines: Rows, position: Integers) -> pl.Series:
    """The JSON of every order: one object per line, numbers as JavaScript has them."""
    batches = trade.batch(lines)
    products = trade.product(batches)
    form = catalogue.form(products)
    price, cost, quantity = trade.unit_price(lines), trade.unit_cost(batches), trade.quantity(lines)
    line_cost = divide(quantity * cost, 100)
    name = catalogue.product_name(products)
    items = pl.DataFrame(
        {
            "batchId": batches.index,
            "productId": products.index,
            "displayName": name,
            "originalName": name,
            "strain": catalogue.strain_name(catalogue.strain(products)),
            "category": catalogue.category(products),
            "subcategory": take([one.subcategory for one in catalogue.FORMS], form),
            "grade": stock.grade(batches),
            "quantity": _hundredths(quantity),
            "unitPrice": _hundredths(price),
            "price": _hundredths(price),
            "isSample": np.zeros(len(lines), dtype=bool),
            "unitCogs": _hundredths(cost),
            "cogsMode": take(("FIXED", "RANGE"), stock.is_ranged(batches).astype(np.int64)),
            "cogsSource": take(("FIXED", "MIDPOINT"), stock.is_ranged(batches).astype(np.int64)),
            "unitMargin": _hundredths(price - cost),
            "marginPercent": _hundredths(trade.margin(lines)),
            "lineTotal": _hundredths(trade.line_total(lines)),
            "lineCogs": _hundredths(line_cost),
            "lineMargin": _hundredths(trade.line_total(lines) - line_cost),
        }
    )
    grouped = items.select(pl.Series("order", position), pl.struct(pl.all()).alias("items"))
    return grouped.group_by("order", maintain_order=True).agg("items")["items"]


def _hundredths(values: Integers) -> Floats:
    return values / 100


def _only(values: pl.Series, present: Mask) -> pl.Series:
    """`values` where `present`, null elsewhere."""
    return pl.DataFrame({"value": values, "present": present}).select(pl.when("present").then("value")).to_series()
