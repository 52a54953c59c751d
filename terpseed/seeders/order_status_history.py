"""`order_status_history`: the fulfilment steps of every order."""

from __future__ import annotations

import numpy as np
import polars as pl

from seeding import BaseSeeder, Rows, SeederConfig, take
from terpseed.facts import calendar, cells, staff
from terpseed.facts.sales import fulfilment
from terpseed.facts.sales.fulfilment import Step
from terpseed.models import OrderStatusHistory


class OrderStatusHistorySeeder(BaseSeeder):
    """One per step that an order has taken, from draft to its current status."""

    config = SeederConfig(
        model=OrderStatusHistory,
        group="sales",
        dependencies=("orders", "users"),
        record_count=fulfilment.HISTORY,
        pii_fields={"notes": "free_text"},
        version=2,
    )

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        """The columns of `order_status_history`."""
        cell, entry = fulfilment.HISTORY.locate(rows.index)
        orders, step = rows.of("orders", cell * cells.ORDERS + entry[:, 0]), entry[:, 1]
        by = staff.member(rows, "by")
        for known, column in ((Step.DRAFT, "created by"), (Step.PACKED, "packed by"), (Step.SHIPPED, "shipped by")):
            by = np.where(step == known, staff.member(orders, column), by)
        return pl.DataFrame(
            {
                "order_id": orders.index,
                "fulfillmentStatus": take([one.name for one in Step], step),
                "changed_by": by,
                "changed_at": calendar.timestamps(fulfilment.step_at(orders, step)),
            }
        )
