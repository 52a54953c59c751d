"""`purchaseOrderItems`: one product of a purchase order."""

from __future__ import annotations

import numpy as np
import polars as pl

from seeding import BaseSeeder, Rows, SeederConfig, decimals, only, take
from terpseed.facts import calendar, parties
from terpseed.facts.goods import procurement, stock
from terpseed.models import PurchaseOrderItem


class PurchaseOrderItemSeeder(BaseSeeder):
    """Three per order; the quantity received is the intake of a batch."""

    config = SeederConfig(
        model=PurchaseOrderItem,
        group="procurement",
        dependencies=("purchaseOrders", "products", "clients"),
        record_count=procurement.ITEMS,
        pii_fields={"notes": "free_text"},
        version=2,
    )

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        """The columns of `purchaseOrderItems`."""
        orders, _ = procurement.order(rows)
        quantity, cost = procurement.quantity(rows), procurement.unit_cost(rows)
        written = calendar.timestamps(procurement.ordered_at(orders))
        sellers = rows.of("vendors", procurement.seller(orders))
        batches, exists = procurement.batch(rows)
        ranged = exists & stock.is_ranged(batches)
        low, high = stock.cost_range(batches)
        return pl.DataFrame(
            {
                "purchaseOrderId": orders.index,
                "productId": procurement.product(rows).index,
                "quantityOrdered": decimals(quantity * 100, 4),
                "quantityReceived": decimals(procurement.received(rows) * 100, 4),
                "unitCost": decimals(cost * 100, 4),
                "totalCost": decimals(quantity * cost, 4),
                "cogsMode": take(("FIXED", "RANGE"), ranged.astype(np.int64)),
                "unitCostMin": only(decimals(low, 4), ranged),
                "unitCostMax": only(decimals(high, 4), ranged),
                "supplier_client_id": parties.client_of_seller(sellers).index,
                "createdAt": written,
                "updatedAt": written,
            }
        )
