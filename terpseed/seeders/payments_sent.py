"""`payments`, source SENT: what TERP has paid on its bills."""

from __future__ import annotations

import polars as pl

from seeding import BaseSeeder, Rows, SeederConfig
from terpseed.facts import parties
from terpseed.facts.goods import stock
from terpseed.facts.money import payables, settlement
from terpseed.facts.sales import serving
from terpseed.models import Payment


class SentPaymentSeeder(BaseSeeder):
    """One or two per bill that is not waiting for payment. As in TERP, `vendorId` is the supplying *client*."""

    config = SeederConfig(
        model=Payment,
        group="payables",
        dependencies=("bills", "clients", "bankAccounts", "users"),
        kept_with=("BillSeeder",),
        companions=("SentCashSeeder", "WithdrawalSeeder"),
        record_count=payables.PAYMENTS,
        pii_fields={"notes": "free_text"},
        not_pii=("paymentNumber", "referenceNumber"),
        version=2,
    )

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        """The columns of `payments`."""
        batches = payables.batch(rows, payables.PAYMENTS)
        sellers = rows.of("vendors", serving.lot_seller(stock.lot(batches)))
        common = settlement.payment(rows, "SENT", payables.payment_number(rows), payables.amount(rows), payables.paid_at(rows))
        return common.with_columns(
            pl.Series("vendorId", parties.client_of_seller(sellers).index),
            pl.Series("billId", payables.bill(batches)),
        )
