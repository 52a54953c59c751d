"""`invoice_payments`: which invoice a payment settles."""

from __future__ import annotations

import polars as pl

from seeding import BaseSeeder, Rows, SeederConfig, decimals
from terpseed.facts import calendar, staff
from terpseed.facts.money import receivables
from terpseed.models import InvoicePayment


class InvoicePaymentSeeder(BaseSeeder):
    """One per received payment, all of it on one invoice."""

    config = SeederConfig(
        model=InvoicePayment,
        group="receivables",
        dependencies=("ReceivedPaymentSeeder", "invoices", "users"),
        record_count=receivables.PAYMENTS,
        pii_fields={"notes": "free_text"},
        version=2,
    )

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        """The columns of `invoice_payments`."""
        payments = rows.of("payments", rows.index)
        return pl.DataFrame(
            {
                "payment_id": payments.index,
                "invoice_id": receivables.invoice(receivables.order_at(payments, receivables.PAYMENTS)),
                "allocated_amount": decimals(receivables.amount(payments), 2),
                "allocated_at": calendar.timestamps(receivables.paid_at(payments)),
                "allocated_by": staff.member(payments, "created by"),
            }
        )
