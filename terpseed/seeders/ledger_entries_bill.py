"""`ledgerEntries`, source BILL: what TERP has bought."""

from __future__ import annotations

import polars as pl

from seeding import BaseSeeder, Rows, SeederConfig
from terpseed.facts import staff
from terpseed.facts.money import books, payables
from terpseed.facts.money.books import Number
from terpseed.models import LedgerEntry


class BillJournalSeeder(BaseSeeder):
    """Two lines per bill for bought goods: inventory up, payables up. Consigned goods are booked by their sale."""

    config = SeederConfig(
        model=LedgerEntry,
        group="ledger",
        dependencies=("accounts", "fiscalPeriods", "bills", "users"),
        kept_with=("BillSeeder",),
        record_count=books.two_lines(payables.PURCHASES),
        pii_fields={"description": "free_text"},
        not_pii=("entryNumber", "referenceType"),
        version=2,
    )

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        """The columns of `ledgerEntries`."""
        batches = payables.batch(rows.of("bills", rows.index // 2), payables.PURCHASES)
        return books.journal(
            rows,
            series=3,
            **books.transfer(rows.index % 2, payables.total(batches), Number.INVENTORY, Number.PAYABLE),
            moments=payables.billed_at(batches),
            posted_by=staff.member(batches, "posted by"),
            kind="BILL",
            documents=payables.bill(batches),
            description="Bill " + payables.bill_number(batches),
        )
