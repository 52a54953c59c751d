"""`bankTransactions`, source WITHDRAWAL: what suppliers were paid through the bank."""

from __future__ import annotations

import polars as pl

from seeding import BaseSeeder, Rows, SeederConfig
from terpseed.facts.money import payables, settlement, statements
from terpseed.facts.money.cash import WITHDRAWN
from terpseed.models import BankTransaction


class WithdrawalSeeder(BaseSeeder):
    """One per sent payment that is not in cash."""

    config = SeederConfig(
        model=BankTransaction,
        group="spending",
        dependencies=("bankAccounts", "SentPaymentSeeder"),
        kept_with=("SentPaymentSeeder",),
        record_count=WITHDRAWN,
        pii_fields={"description": "free_text"},
        not_pii=("referenceNumber",),
    )

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        """The columns of `bankTransactions`."""
        payments = WITHDRAWN.payment(rows)
        lines = statements.lines(
            rows,
            "WITHDRAWAL",
            payables.payment_number(payments),
            account=settlement.bank_account(payments),
            cents=payables.amount(payments),
            moments=payables.paid_at(payments),
        )
        return lines.with_columns(pl.Series("paymentId", payments.index))
