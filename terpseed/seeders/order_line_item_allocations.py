"""`order_line_item_allocations`: the stock allocated to the lines of confirmed orders."""

from __future__ import annotations

import polars as pl

from seeding import BaseSeeder, Rows, SeederConfig, decimals
from terpseed.facts import calendar, cells, staff
from terpseed.facts.sales import fulfilment, pricing, serving, trade
from terpseed.facts.sales.fulfilment import Step
from terpseed.models import OrderLineItemAllocation

ALLOCATED = trade.lines_with(*trade.STANDING)


class AllocationSeeder(BaseSeeder):
    """One per line of an order that was confirmed and not cancelled: the whole quantity, from one batch."""

    config = SeederConfig(
        model=OrderLineItemAllocation,
        group="sales",
        dependencies=("order_line_items", "batches", "users"),
        record_count=ALLOCATED,
        version=2,
    )

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        """The columns of `order_line_item_allocations`."""
        cell, entry = ALLOCATED.locate(rows.index)
        lines = rows.of("order_line_items", cell * cells.LINES + entry[:, 0])
        batches, orders = serving.batch(lines), trade.order(lines)
        return pl.DataFrame(
            {
                "order_line_item_id": lines.index,
                "batch_id": batches.index,
                "quantity_allocated": decimals(pricing.quantity(lines), 2),
                "unit_cost": decimals(pricing.unit_cost(batches) * 100, 4),
                "allocated_at": calendar.timestamps(fulfilment.at(orders, Step.CONFIRMED)),
                "allocated_by": staff.member(orders, "allocated by"),
            }
        )
