"""`bankAccounts`: the accounts that payments go through."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import numpy as np
import polars as pl
from django.db.models import Case, F, OuterRef, Value, When
from django.db.models.functions import Greatest, Least

from seeding import BaseSeeder, Dataset, Derivation, RecordCount, Rows, SeederConfig, numerals, take
from terpseed.expressions import rounded, total
from terpseed.facts import staff
from terpseed.facts.money.books import Number
from terpseed.facts.money.settlement import BANK_ACCOUNTS
from terpseed.models import BankAccount, Expense, Payment

BANKS = ("North Coast Credit Union", "Redwood Valley Bank", "Bay Commercial Bank")
HIGHEST = Decimal("9999999999.99")
"""The column's maximum."""


class BankAccountSeeder(BaseSeeder):
    """Three accounts at fictitious banks; the balance is what payments and expenses leave, within the column's limits."""

    config = SeederConfig(
        model=BankAccount,
        group="staff",
        dependencies=("accounts",),
        record_count=RecordCount.fixed(BANK_ACCOUNTS),
        pii_fields={"accountNumber": "bank_account", "notes": "free_text"},
        not_pii=("accountName", "bankName", "currency"),
        version=2,
    )

    def derivations(self, dataset: Dataset) -> Sequence[Derivation]:
        """The balance."""
        payments = Payment.objects.filter(bankAccount=OuterRef("pk"), deleted_at__isnull=True)
        signed = Case(When(paymentType="SENT", then=-F("amount")), default=F("amount"))
        expenses = Expense.objects.filter(bankAccount=OuterRef("pk"), deleted_at__isnull=True)
        left = rounded(total(payments, "bankAccount", signed) - total(expenses, "bankAccount", "totalAmount"))
        balance = Greatest(Least(left, Value(HIGHEST)), Value(-HIGHEST))
        reads = ("payments", "expenses")
        return (Derivation(values={"currentBalance": balance}, reads=reads, touches=("updatedAt",)),)

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        """The columns of `bankAccounts`."""
        created = staff.founded(rows)
        return pl.DataFrame(
            {
                "accountName": "Operating Account " + numerals(rows.index + 1),
                "accountNumber": "000000" + numerals(rows.index + 1, 4),  # no bank issues a number with so many zeros
                "bankName": take(BANKS, rows.index),
                "accountType": pl.repeat("CHECKING", len(rows), eager=True),
                "ledgerAccountId": np.full(len(rows), Number.CASH),
                "createdAt": created,
                "updatedAt": created,
            }
        )
