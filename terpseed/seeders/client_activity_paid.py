"""`client_activity`, source PAID: what each client has paid."""

from __future__ import annotations

import polars as pl

from seeding import BaseSeeder, Rows, SeederConfig
from terpseed.facts import calendar, receivables, staff, trade
from terpseed.facts.receivables import PAYMENTS, STANDING
from terpseed.models import ClientActivity


class ClientPaidSeeder(BaseSeeder):
    """One per received payment: it names the line of the invoice on the client's statement."""

    config = SeederConfig(
        model=ClientActivity,
        group="conversations",
        dependencies=("clients", "users", "InvoiceTransactionSeeder", "ReceivedPaymentSeeder"),
        any_parent=("user_id",),
        record_count=PAYMENTS,
        not_pii=("metadata",),
    )

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        """The columns of `client_activity`."""
        payments = rows.of("payments", rows.index)
        cell, entry = PAYMENTS.locate(rows.index)
        told = {"transactionId": STANDING.index(cell, entry[:, 0]), "paymentAmount": receivables.amount(payments) / 100}
        return pl.DataFrame(
            {
                "client_id": trade.client(receivables.order_at(payments, PAYMENTS)).index,
                "user_id": staff.member(payments, "created by"),
                "activity_type": pl.repeat("PAYMENT_RECORDED", len(rows), eager=True),
                "metadata": pl.DataFrame(told).to_struct(),
                "created_at": calendar.timestamps(receivables.paid_at(payments)),
            }
        )
