"""`inventoryMovements`, source INTAKE: every received batch begins with one, from 0."""

from __future__ import annotations

import polars as pl

from seeding import BaseSeeder, Rows, SeederConfig, decimals
from terpseed.facts import calendar, cells, staff
from terpseed.facts.goods import procurement, stock
from terpseed.models import InventoryMovement


class IntakeMovementSeeder(BaseSeeder):
    """One per received batch, on the purchase order that its lot was delivered for."""

    config = SeederConfig(
        model=InventoryMovement,
        group="inventory",
        dependencies=("batches", "purchaseOrders", "users"),
        record_count=cells.per_cell(stock.RECEIVED),
        pii_fields={"notes": "free_text"},
        not_pii=("referenceType",),
        version=2,
    )

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        """The columns of `inventoryMovements`."""
        batches = stock.received(rows.index, rows)
        amount = decimals(stock.intake(batches) * 100, 4)
        return pl.DataFrame(
            {
                "batchId": batches.index,
                "inventoryMovementType": pl.repeat("INTAKE", len(rows), eager=True),
                "quantityChange": amount,
                "quantityBefore": amount - amount,
                "quantityAfter": amount,
                "referenceType": pl.repeat("PO_RECEIPT", len(rows), eager=True),
                "referenceId": procurement.order_of(stock.lot(batches)),
                "performedBy": staff.member(batches, "received by"),
                "createdAt": calendar.timestamps(stock.received_at(batches)),
            }
        )
