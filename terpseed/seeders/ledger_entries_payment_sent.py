"""`ledgerEntries`, source PAYMENT: what TERP has paid."""

from __future__ import annotations

import polars as pl

from seeding import BaseSeeder, Rows, SeederConfig
from terpseed.facts import staff
from terpseed.facts.money import books, payables
from terpseed.facts.money.books import Number
from terpseed.models import LedgerEntry


class SentPaymentJournalSeeder(BaseSeeder):
    """Two lines per sent payment: payables down, cash down."""

    config = SeederConfig(
        model=LedgerEntry,
        group="ledger",
        dependencies=("accounts", "fiscalPeriods", "SentPaymentSeeder", "users"),
        kept_with=("SentPaymentSeeder",),
        record_count=books.two_lines(payables.PAYMENTS),
        pii_fields={"description": "free_text"},
        not_pii=("entryNumber", "referenceType"),
        version=2,
    )

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        """The columns of `ledgerEntries`."""
        payments = rows.of("payments", rows.index // 2)
        return books.journal(
            rows,
            series=4,
            **books.transfer(rows.index % 2, payables.amount(payments), Number.PAYABLE, Number.CASH),
            moments=payables.paid_at(payments),
            posted_by=staff.member(payments, "posted by"),
            kind="PAYMENT",
            documents=payments.index,
            description="Payment " + payables.payment_number(payments),
        )
