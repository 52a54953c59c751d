"""`ledgerEntries`, source CASH_LOCATION: the capital that the owners brought."""

from __future__ import annotations

import numpy as np
import polars as pl

from seeding import BaseSeeder, RecordCount, Rows, SeederConfig
from terpseed.facts.money import books, cash
from terpseed.facts.money.books import Number
from terpseed.models import LedgerEntry


class OpeningJournalSeeder(BaseSeeder):
    """Two lines: cash up, owner's equity up."""

    config = SeederConfig(
        model=LedgerEntry,
        group="ledger",
        dependencies=("accounts", "fiscalPeriods", "cash_locations", "users"),
        companions=("OpeningCashSeeder",),
        record_count=RecordCount.fixed(2),
        pii_fields={"description": "free_text"},
        not_pii=("entryNumber", "referenceType"),
    )

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        """The columns of `ledgerEntries`."""
        opening = rows.of("cash_location_transactions", rows.index // 2)
        return books.journal(
            rows,
            series=5,
            **books.transfer(rows.index % 2, np.full(len(rows), cash.OPENING), Number.CASH, Number.EQUITY),
            moments=cash.opened_at(opening),
            posted_by=cash.opened_by(opening),
            kind="CASH_LOCATION",
            documents=np.full(len(rows), cash.MAIN),
            description=pl.repeat("Initial balance", len(rows), eager=True),
        )
