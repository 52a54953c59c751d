"""`order_line_items`: the relational twin of `orders.items`."""

from __future__ import annotations

import polars as pl

from seeding import BaseSeeder, Rows, SeederConfig, decimals
from terpseed.facts import calendar, catalogue, cells
from terpseed.facts.goods import stock
from terpseed.facts.sales import pricing, serving, trade
from terpseed.models import OrderLineItem


class OrderLineItemSeeder(BaseSeeder):
    """144 per cell, one to five per order."""

    config = SeederConfig(
        model=OrderLineItem,
        group="sales",
        dependencies=("orders", "batches"),
        record_count=cells.per_cell(cells.LINES),
        pii_fields={"below_range_reason": "free_text", "cogs_override_reason": "free_text"},
        not_pii=("product_display_name",),
        version=2,
    )

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        """The columns of `order_line_items`."""
        orders, lines = trade.order(rows), trade.agreed(rows)
        batches = serving.batch(lines)
        cost, price = pricing.unit_cost(batches), pricing.unit_price(lines)
        low, high = stock.cost_range(batches)
        written = calendar.timestamps(trade.ordered_at(orders))
        return pl.DataFrame(
            {
                "ranged": stock.is_ranged(batches),
                "large": pricing.is_large_order(lines),
                "is_margin_overridden": pricing.is_haggled(lines) | pricing.is_sample(lines),
                "order_id": orders.index,
                "batch_id": batches.index,
                "product_display_name": catalogue.product_name(serving.product(batches)),
                "quantity": decimals(pricing.quantity(lines), 2),
                "cogs_per_unit": decimals(cost * 100, 4),
                "original_cogs_per_unit": decimals(cost * 100, 4),
                "original_range_min": decimals(low, 4),
                "original_range_max": decimals(high, 4),
                "margin_percent": decimals(pricing.margin(lines), 2),
                "margin_dollar": decimals(price - cost, 2),
                "unit_price": decimals(price, 2),
                "line_total": decimals(pricing.line_total(lines), 2),
                "is_sample": pricing.is_sample(lines),
                "created_at": written,
                "updated_at": written,
            }
        ).select(
            pl.when("ranged").then(pl.lit("MID")).otherwise(pl.lit("MANUAL")).alias("effective_cogs_basis"),
            pl.when("ranged").then("original_range_min").alias("original_range_min"),
            pl.when("ranged").then("original_range_max").alias("original_range_max"),
            pl.when("is_margin_overridden")
            .then(pl.lit("MANUAL"))
            .when("large")
            .then(pl.lit("CUSTOMER_PROFILE"))
            .otherwise(pl.lit("DEFAULT"))
            .alias("margin_source"),
            pl.exclude("ranged", "large", "original_range_min", "original_range_max"),
        )
