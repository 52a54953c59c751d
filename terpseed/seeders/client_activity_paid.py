"""`client_activity`, source PAID: what each client has paid."""

from __future__ import annotations

import polars as pl

from seeding import BaseSeeder, Rows, SeederConfig
from terpseed.facts import calendar, staff
from terpseed.facts.money import receivables
from terpseed.facts.money.receivables import PAYMENTS
from terpseed.facts.sales import trade
from terpseed.models import ClientActivity


class ClientPaidSeeder(BaseSeeder):
    """One per payment on the client's statement."""

    config = SeederConfig(
        model=ClientActivity,
        group="conversations",
        dependencies=("clients", "users", "PaymentTransactionSeeder"),
        any_parent=("user_id",),
        record_count=PAYMENTS,
        not_pii=("metadata",),
    )

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        """The columns of `client_activity`."""
        payments = rows.of("payments", rows.index)
        told = {"transactionId": rows.index, "paymentAmount": receivables.amount(payments) / 100}
        return pl.DataFrame(
            {
                "client_id": trade.client(receivables.order_at(payments, PAYMENTS)).index,
                "user_id": staff.member(payments, "created by"),
                "activity_type": pl.repeat("PAYMENT_RECORDED", len(rows), eager=True),
                "metadata": pl.DataFrame(told).to_struct(),
                "created_at": calendar.timestamps(receivables.paid_at(payments)),
            }
        )
