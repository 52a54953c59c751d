"""`ledgerEntries`, source PAYMENT: what clients have paid."""

from __future__ import annotations

import polars as pl

from seeding import BaseSeeder, Rows, SeederConfig
from terpseed.facts import staff
from terpseed.facts.money import books, receivables
from terpseed.facts.money.books import Number
from terpseed.models import LedgerEntry


class ReceivedPaymentJournalSeeder(BaseSeeder):
    """Two lines per received payment: cash up, receivables down."""

    config = SeederConfig(
        model=LedgerEntry,
        group="ledger",
        dependencies=("accounts", "fiscalPeriods", "ReceivedPaymentSeeder", "users"),
        kept_with=("ReceivedPaymentSeeder",),
        record_count=books.two_lines(receivables.PAYMENTS),
        pii_fields={"description": "free_text"},
        not_pii=("entryNumber", "referenceType"),
        version=2,
    )

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        """The columns of `ledgerEntries`."""
        payments = rows.of("payments", rows.index // 2)
        return books.journal(
            rows,
            series=2,
            **books.transfer(rows.index % 2, receivables.amount(payments), Number.CASH, Number.RECEIVABLE),
            moments=receivables.paid_at(payments),
            posted_by=staff.member(payments, "posted by"),
            kind="PAYMENT",
            documents=payments.index,
            description="Payment " + receivables.payment_number(payments),
        )
