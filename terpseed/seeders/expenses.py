"""`expenses`: what it costs to run the business."""

from __future__ import annotations

import polars as pl

from seeding import BaseSeeder, Rows, SeederConfig, decimals, take
from terpseed.facts import calendar, cells, staff
from terpseed.facts.money import spending
from terpseed.facts.money.spending import CATEGORIES, METHODS, PER_CELL
from terpseed.models import Expense


class ExpenseSeeder(BaseSeeder):
    """Twelve per cell over the time of trade: rent, wages, electricity, repairs and the like."""

    config = SeederConfig(
        model=Expense,
        group="spending",
        dependencies=("expenseCategories", "bankAccounts", "users"),
        companions=("ExpenseJournalSeeder", "ExpenseWithdrawalSeeder"),
        any_parent=("createdBy",),
        record_count=cells.per_cell(PER_CELL),
        pii_fields={"description": "free_text"},
        not_pii=("expenseNumber", "receiptUrl"),
    )

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        """The columns of `expenses`."""
        amount, paid = decimals(spending.amount(rows), 2), spending.paid_at(rows)
        return pl.DataFrame(
            {
                "expenseNumber": spending.number(rows),
                "expenseDate": calendar.dates(paid),
                "categoryId": spending.category(rows),
                "amount": amount,
                "totalAmount": amount,
                "paymentMethod": take(METHODS, rows.index % len(METHODS)),
                "bankAccountId": spending.bank_account(rows),
                "description": take([one.about for one in CATEGORIES], spending.category(rows)),
                "createdBy": staff.member(rows, "created by"),
                "createdAt": calendar.timestamps(paid),
                "updatedAt": calendar.timestamps(paid),
            }
        )
