"""`inventoryMovements`, source SALE: what left a batch with a shipped order."""

from __future__ import annotations

import numpy as np
import polars as pl

from seeding.rows import Rows, decimals
from seeding.seeders import BaseSeeder, SeederConfig
from terpseed.facts import calendar, cells, stock, trade
from terpseed.models import InventoryMovement
from terpseed.seeders.users import STAFF

COUNT = cells.VaryingCount.of(in_open=len(trade.SHIPPED_LINES[1]), in_closed=len(trade.SHIPPED_LINES[0]))


class SaleMovementSeeder(BaseSeeder):
    """One per line of a shipped order; the movements of a batch chain in time order."""

    config = SeederConfig(
        model=InventoryMovement,
        group="sales",
        dependencies=("batches", "orders", "users"),
        record_count=COUNT,
    )

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        """The columns of `inventoryMovements`."""
        cell, place = COUNT.locate(rows.index)
        closed, opened = trade.SHIPPED_LINES
        line = np.where(
            cells.is_open(cell), opened[np.minimum(place, len(opened) - 1)], closed[np.minimum(place, len(closed) - 1)]
        )
        lines = rows.of("order_line_items", cell * trade.LINES + line)
        orders = trade.order(lines)
        before, amount = stock.left_before(lines), trade.quantity(lines)
        return pl.DataFrame(
            {
                "batchId": trade.batch(lines).index,
                "inventoryMovementType": pl.repeat("SALE", len(rows), eager=True),
                "quantityChange": decimals(-amount * 100, 4),
                "quantityBefore": decimals(before * 100, 4),
                "quantityAfter": decimals((before - amount) * 100, 4),
                "referenceType": pl.repeat("ORDER", len(rows), eager=True),
                "referenceId": orders.index,
                "performedBy": orders.integers("shipped by", 0, STAFF),
                "createdAt": calendar.timestamps(trade.shipped_at(orders)),
            }
        )
