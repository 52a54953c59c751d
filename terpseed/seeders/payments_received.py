"""`payments`, source RECEIVED: what clients have paid on their invoices."""

from __future__ import annotations

import polars as pl

from seeding import BaseSeeder, Rows, SeederConfig
from terpseed.facts.money import receivables, settlement
from terpseed.facts.sales import trade
from terpseed.models import Payment


class ReceivedPaymentSeeder(BaseSeeder):
    """One or two per invoice, which they settle except for what is still open."""

    config = SeederConfig(
        model=Payment,
        group="receivables",
        dependencies=("invoices", "clients", "bankAccounts", "users"),
        kept_with=("InvoiceSeeder",),
        companions=("InvoicePaymentSeeder", "ReceivedCashSeeder", "DepositSeeder"),
        record_count=receivables.PAYMENTS,
        pii_fields={"notes": "free_text"},
        not_pii=("paymentNumber", "referenceNumber"),
        version=2,
    )

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        """The columns of `payments`."""
        orders = receivables.order_at(rows, receivables.PAYMENTS)
        common = settlement.payment(
            rows, "RECEIVED", receivables.payment_number(rows), receivables.amount(rows), receivables.paid_at(rows)
        )
        return common.with_columns(
            pl.Series("customerId", trade.client(orders).index),
            pl.Series("invoiceId", receivables.invoice(orders)),
        )
