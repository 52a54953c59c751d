"""`bankTransactions`, source EXPENSE: what was spent through the bank."""

from __future__ import annotations

import polars as pl

from seeding import BaseSeeder, Rows, SeederConfig
from terpseed.facts import cells
from terpseed.facts.money import spending, statements
from terpseed.models import BankTransaction


class ExpenseWithdrawalSeeder(BaseSeeder):
    """One per expense; it names no payment."""

    config = SeederConfig(
        model=BankTransaction,
        group="spending",
        dependencies=("bankAccounts", "expenses"),
        record_count=cells.per_cell(spending.PER_CELL),
        pii_fields={"description": "free_text"},
        not_pii=("referenceNumber",),
    )

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        """The columns of `bankTransactions`."""
        expenses = rows.of("expenses", rows.index)
        return statements.lines(
            rows,
            "WITHDRAWAL",
            spending.number(expenses),
            account=spending.bank_account(expenses),
            cents=spending.amount(expenses),
            moments=spending.paid_at(expenses),
        )
