"""`billLineItems`: the batch that a bill is for."""

from __future__ import annotations

import polars as pl

from seeding import BaseSeeder, Rows, SeederConfig, decimals
from terpseed.facts import calendar, catalogue
from terpseed.facts.goods import stock
from terpseed.facts.money import payables
from terpseed.facts.sales import pricing, serving
from terpseed.models import BillLineItem


class BillLineItemSeeder(BaseSeeder):
    """One per bill, for one batch."""

    config = SeederConfig(
        model=BillLineItem,
        group="payables",
        dependencies=("bills", "products", "lots"),
        record_count=payables.BILLS,
        pii_fields={"description": "free_text"},
        version=2,
    )

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        """The columns of `billLineItems`."""
        batches = payables.batch(rows, payables.BILLS)
        products = serving.product(batches)
        return pl.DataFrame(
            {
                "billId": rows.index,
                "productId": products.index,
                "lotId": stock.lot(batches).index,
                "description": catalogue.product_name(products),
                "quantity": decimals(payables.quantity(batches), 2),
                "unitPrice": decimals(pricing.unit_cost(batches), 2),
                "lineTotal": decimals(payables.total(batches), 2),
                "createdAt": calendar.timestamps(payables.billed_at(batches)),
            }
        )
