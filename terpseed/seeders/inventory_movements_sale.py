"""`inventoryMovements`, source SALE: what left a batch with a shipped order."""

from __future__ import annotations

import polars as pl

from seeding import BaseSeeder, Rows, SeederConfig, decimals
from terpseed.facts import calendar, cells, staff
from terpseed.facts.goods import stock
from terpseed.facts.sales import fulfilment, pricing, serving, trade
from terpseed.models import InventoryMovement

SHIPPED = trade.lines_with(*trade.SHIPPING)


class SaleMovementSeeder(BaseSeeder):
    """One per line of a shipped order; the movements of a batch chain in time order."""

    config = SeederConfig(
        model=InventoryMovement,
        group="sales",
        dependencies=("batches", "orders", "users"),
        record_count=SHIPPED,
        pii_fields={"notes": "free_text"},
        not_pii=("referenceType",),
        version=2,
    )

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        """The columns of `inventoryMovements`."""
        cell, entry = SHIPPED.locate(rows.index)
        lines = rows.of("order_line_items", cell * cells.LINES + entry[:, 0])
        orders = trade.order(lines)
        before, amount = stock.left_before(lines), pricing.quantity(lines)
        return pl.DataFrame(
            {
                "batchId": serving.batch(lines).index,
                "inventoryMovementType": pl.repeat("SALE", len(rows), eager=True),
                "quantityChange": decimals(-amount * 100, 4),
                "quantityBefore": decimals(before * 100, 4),
                "quantityAfter": decimals((before - amount) * 100, 4),
                "referenceType": pl.repeat("ORDER", len(rows), eager=True),
                "referenceId": orders.index,
                "performedBy": staff.member(orders, "shipped by"),
                "createdAt": calendar.timestamps(fulfilment.shipped_at(orders)),
            }
        )
