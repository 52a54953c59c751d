"""`ledgerEntries`, source INVOICE: what was sold, and what it cost."""

from __future__ import annotations

import numpy as np
import polars as pl

from seeding import BaseSeeder, Rows, SeederConfig
from terpseed.facts import staff
from terpseed.facts.money import books, invoicing, receivables
from terpseed.facts.money.books import Number, Side
from terpseed.models import LedgerEntry

ACCOUNT = np.array([Number.RECEIVABLE, Number.SALES, Number.COST, Number.INVENTORY, Number.PAYABLE])
"""By Side."""


class InvoiceJournalSeeder(BaseSeeder):
    """Four or five lines per invoice that is not void."""

    config = SeederConfig(
        model=LedgerEntry,
        group="ledger",
        dependencies=("accounts", "fiscalPeriods", "invoices", "users"),
        kept_with=("InvoiceSeeder",),
        record_count=books.INVOICE_JOURNAL,
        pii_fields={"description": "free_text"},
        not_pii=("entryNumber", "referenceType"),
        version=2,
    )

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        """The columns of `ledgerEntries`."""
        orders = receivables.order_at(rows, books.INVOICE_JOURNAL)
        side = books.INVOICE_JOURNAL.locate(rows.index)[1][:, 1]
        amount = books.invoice_amounts(orders, side)
        debits = np.isin(side, (Side.RECEIVABLE, Side.COST))
        return books.journal(
            rows,
            series=1,
            accounts=ACCOUNT[side],
            debit=np.where(debits, amount, 0),
            credit=np.where(debits, 0, amount),
            moments=invoicing.invoiced_at(orders),
            posted_by=staff.member(orders, "posted by"),
            kind="INVOICE",
            documents=receivables.invoice(orders),
            description="Invoice " + receivables.invoice_number(orders),
        )
