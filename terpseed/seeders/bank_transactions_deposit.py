"""`bankTransactions`, source DEPOSIT: what clients have paid into the bank."""

from __future__ import annotations

import polars as pl

from seeding import BaseSeeder, Rows, SeederConfig
from terpseed.facts.money import receivables, settlement, statements
from terpseed.facts.money.cash import DEPOSITED
from terpseed.models import BankTransaction


class DepositSeeder(BaseSeeder):
    """One per received payment that is not in cash."""

    config = SeederConfig(
        model=BankTransaction,
        group="spending",
        dependencies=("bankAccounts", "ReceivedPaymentSeeder"),
        kept_with=("ReceivedPaymentSeeder",),
        record_count=DEPOSITED,
        pii_fields={"description": "free_text"},
        not_pii=("referenceNumber",),
    )

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        """The columns of `bankTransactions`."""
        payments = DEPOSITED.payment(rows)
        lines = statements.lines(
            rows,
            "DEPOSIT",
            receivables.payment_number(payments),
            account=settlement.bank_account(payments),
            cents=receivables.amount(payments),
            moments=receivables.paid_at(payments),
        )
        return lines.with_columns(pl.Series("paymentId", payments.index))
