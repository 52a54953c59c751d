"""`client_transactions`, source ORDER: what a client has ordered."""

from __future__ import annotations

import polars as pl

from seeding import BaseSeeder, Rows, SeederConfig, decimals
from terpseed.facts import calendar
from terpseed.facts.money import receivables
from terpseed.facts.sales import pricing, trade
from terpseed.models import ClientTransaction


class OrderTransactionSeeder(BaseSeeder):
    """One per order that was confirmed and not cancelled. What is owed, and what is paid of it, its invoice says."""

    config = SeederConfig(
        model=ClientTransaction,
        group="sales",
        dependencies=("clients", "orders"),
        kept_with=("OrderSeeder",),
        record_count=trade.STATED,
        pii_fields={"notes": "free_text"},
        not_pii=("transaction_number", "metadata"),
        version=2,
    )

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        """The columns of `client_transactions`."""
        orders = receivables.order_at(rows, trade.STATED)
        written = trade.ordered_at(orders)
        return pl.DataFrame(
            {
                "client_id": trade.client(orders).index,
                "transaction_type": pl.repeat("ORDER", len(rows), eager=True),
                "transaction_number": trade.sale_number(orders),
                "transaction_date": calendar.dates(written),
                "amount": decimals(pricing.order_total(orders), 2),
                "payment_status": pl.Series([None] * len(rows), dtype=pl.String),
                "created_at": calendar.timestamps(written),
                "updated_at": calendar.timestamps(written),
            }
        )
