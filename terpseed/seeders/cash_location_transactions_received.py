"""`cash_location_transactions`, source RECEIVED: the cash that clients have paid."""

from __future__ import annotations

import numpy as np
import polars as pl

from seeding import BaseSeeder, Rows, SeederConfig, decimals
from terpseed.facts import calendar, staff
from terpseed.facts.money import receivables
from terpseed.facts.money.cash import BOX, BOX_SHARE, MAIN, RECEIVED
from terpseed.facts.sales import trade
from terpseed.models import CashLocationTransaction


class ReceivedCashSeeder(BaseSeeder):
    """One per received payment in cash; as in TERP, it names the order."""

    config = SeederConfig(
        model=CashLocationTransaction,
        group="cash",
        dependencies=("cash_locations", "orders", "ReceivedPaymentSeeder", "users"),
        any_parent=("created_by",),
        record_count=RECEIVED,
        pii_fields={"description": "free_text"},
        not_pii=("transaction_type", "reference_type"),
    )

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        """The columns of `cash_location_transactions`."""
        payments = RECEIVED.payment(rows)
        orders = receivables.order_at(payments, receivables.PAYMENTS)
        return pl.DataFrame(
            {
                "location_id": np.where(payments.chance("to the box", BOX_SHARE), BOX, MAIN),
                "transaction_type": pl.repeat("IN", len(rows), eager=True),
                "amount": decimals(receivables.amount(payments), 2),
                "description": "Cash for order " + trade.sale_number(orders),
                "reference_type": pl.repeat("ORDER", len(rows), eager=True),
                "reference_id": orders.index,
                "created_by": staff.member(payments, "created by"),
                "created_at": calendar.timestamps(receivables.paid_at(payments)),
            }
        )
