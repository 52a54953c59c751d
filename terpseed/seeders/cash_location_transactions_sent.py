"""`cash_location_transactions`, source SENT: the cash that suppliers were paid."""

from __future__ import annotations

import numpy as np
import polars as pl

from seeding import BaseSeeder, Rows, SeederConfig, decimals
from terpseed.facts import calendar, staff
from terpseed.facts.money import payables
from terpseed.facts.money.cash import MAIN, SENT
from terpseed.models import CashLocationTransaction


class SentCashSeeder(BaseSeeder):
    """One per sent payment in cash, which it names."""

    config = SeederConfig(
        model=CashLocationTransaction,
        group="cash",
        dependencies=("cash_locations", "SentPaymentSeeder", "users"),
        any_parent=("created_by",),
        record_count=SENT,
        pii_fields={"description": "free_text"},
        not_pii=("transaction_type", "reference_type"),
    )

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        """The columns of `cash_location_transactions`."""
        payments = SENT.payment(rows)
        return pl.DataFrame(
            {
                "location_id": np.full(len(rows), MAIN),
                "transaction_type": pl.repeat("OUT", len(rows), eager=True),
                "amount": decimals(payables.amount(payments), 2),
                "description": "Cash for " + payables.bill_number(payables.batch(payments, payables.PAYMENTS)),
                "reference_type": pl.repeat("VENDOR_PAYMENT", len(rows), eager=True),
                "reference_id": payments.index,
                "created_by": staff.member(payments, "created by"),
                "created_at": calendar.timestamps(payables.paid_at(payments)),
            }
        )
