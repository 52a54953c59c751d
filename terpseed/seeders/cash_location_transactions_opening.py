"""`cash_location_transactions`, source OPENING: the cash that the owners brought."""

from __future__ import annotations

import numpy as np
import polars as pl

from seeding import BaseSeeder, RecordCount, Rows, SeederConfig, decimals
from terpseed.facts import calendar
from terpseed.facts.money import cash
from terpseed.models import CashLocationTransaction


class OpeningCashSeeder(BaseSeeder):
    """One, in the safe: suppliers are paid in cash before clients have paid enough of it."""

    config = SeederConfig(
        model=CashLocationTransaction,
        group="cash",
        dependencies=("cash_locations", "OpeningJournalSeeder", "users"),
        any_parent=("created_by",),
        record_count=RecordCount.fixed(1),
        pii_fields={"description": "free_text"},
        not_pii=("transaction_type", "reference_type"),
    )

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        """The columns of `cash_location_transactions`."""
        return pl.DataFrame(
            {
                "location_id": np.full(len(rows), cash.MAIN),
                "transaction_type": pl.repeat("IN", len(rows), eager=True),
                "amount": decimals(np.full(len(rows), cash.OPENING), 2),
                "description": pl.repeat("Initial balance", len(rows), eager=True),
                "reference_type": pl.repeat("MANUAL", len(rows), eager=True),
                "created_by": cash.opened_by(rows),
                "created_at": calendar.timestamps(cash.opened_at(rows)),
            }
        )
