"""`ledgerEntries`, source EXPENSE: what was spent."""

from __future__ import annotations

import polars as pl

from seeding import BaseSeeder, Rows, SeederConfig
from terpseed.facts import cells, staff
from terpseed.facts.money import books, spending
from terpseed.facts.money.books import Number
from terpseed.models import LedgerEntry


class ExpenseJournalSeeder(BaseSeeder):
    """Two lines per expense: operating expenses up, cash down."""

    config = SeederConfig(
        model=LedgerEntry,
        group="ledger",
        dependencies=("accounts", "fiscalPeriods", "expenses", "users"),
        record_count=cells.per_cell(2 * spending.PER_CELL),
        pii_fields={"description": "free_text"},
        not_pii=("entryNumber", "referenceType"),
    )

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        """The columns of `ledgerEntries`."""
        expenses = rows.of("expenses", rows.index // 2)
        return books.journal(
            rows,
            series=6,
            **books.transfer(rows.index % 2, spending.amount(expenses), Number.OPERATING, Number.CASH),
            moments=spending.paid_at(expenses),
            posted_by=staff.member(expenses, "created by"),
            kind="EXPENSE",
            documents=expenses.index,
            description="Expense " + spending.number(expenses),
        )
