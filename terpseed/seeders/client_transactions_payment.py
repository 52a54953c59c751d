"""`client_transactions`, source PAYMENT: what a client has paid."""

from __future__ import annotations

import polars as pl

from seeding import BaseSeeder, Rows, SeederConfig, decimals
from terpseed.facts import calendar
from terpseed.facts.money import receivables
from terpseed.facts.sales import trade
from terpseed.models import ClientTransaction


class PaymentTransactionSeeder(BaseSeeder):
    """One per received payment."""

    config = SeederConfig(
        model=ClientTransaction,
        group="receivables",
        dependencies=("clients", "ReceivedPaymentSeeder"),
        kept_with=("ReceivedPaymentSeeder",),
        record_count=receivables.PAYMENTS,
        pii_fields={"notes": "free_text"},
        not_pii=("transaction_number", "metadata"),
        version=2,
    )

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        """The columns of `client_transactions`."""
        payments = rows.of("payments", rows.index)
        paid, amount = receivables.paid_at(payments), decimals(receivables.amount(payments), 2)
        return pl.DataFrame(
            {
                "client_id": trade.client(receivables.order_at(payments, receivables.PAYMENTS)).index,
                "transaction_type": pl.repeat("PAYMENT", len(rows), eager=True),
                "transaction_number": receivables.payment_number(payments),
                "transaction_date": calendar.dates(paid),
                "amount": amount,
                "payment_status": pl.repeat("PAID", len(rows), eager=True),
                "payment_date": calendar.dates(paid),
                "payment_amount": amount,
                "created_at": calendar.timestamps(paid),
                "updated_at": calendar.timestamps(paid),
            }
        )
