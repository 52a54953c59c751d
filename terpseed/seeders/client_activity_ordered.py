"""`client_activity`, source ORDERED: what each client has ordered."""

from __future__ import annotations

import polars as pl

from seeding import BaseSeeder, Rows, SeederConfig
from terpseed.facts import calendar, staff
from terpseed.facts.money import receivables
from terpseed.facts.sales import trade
from terpseed.models import ClientActivity


class ClientOrderedSeeder(BaseSeeder):
    """One per order on the client's statement."""

    config = SeederConfig(
        model=ClientActivity,
        group="conversations",
        dependencies=("clients", "users", "OrderTransactionSeeder"),
        any_parent=("user_id",),
        record_count=trade.STATED,
        not_pii=("metadata",),
    )

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        """The columns of `client_activity`."""
        orders = receivables.order_at(rows, trade.STATED)
        return pl.DataFrame(
            {
                "client_id": trade.client(orders).index,
                "user_id": staff.member(orders, "created by"),
                "activity_type": pl.repeat("TRANSACTION_ADDED", len(rows), eager=True),
                "metadata": pl.DataFrame({"transactionId": rows.index}).to_struct(),
                "created_at": calendar.timestamps(trade.ordered_at(orders)),
            }
        )
