"""`creditApplications`: the credits that were set against an invoice."""

from __future__ import annotations

import polars as pl

from seeding import BaseSeeder, Rows, SeederConfig, decimals
from terpseed.facts import calendar, cells, staff
from terpseed.facts.dealings import returns
from terpseed.facts.dealings.returns import APPLICATIONS, CREDITS
from terpseed.facts.money import receivables
from terpseed.models import CreditApplication


class CreditApplicationSeeder(BaseSeeder):
    """One per credit that is used, on the invoice for the goods that came back. Its `invoiceId` is a key of `transactions`."""

    config = SeederConfig(
        model=CreditApplication,
        group="returns",
        dependencies=("credits", "transactions", "users"),
        kept_with=("CreditSeeder",),
        record_count=APPLICATIONS,
        pii_fields={"notes": "free_text"},
        not_pii=("idempotencyKey",),
    )

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        """The columns of `creditApplications`."""
        orders = returns.order(rows, APPLICATIONS)
        cell, place = orders.index // cells.ORDERS, orders.index % cells.ORDERS
        applied = calendar.timestamps(returns.applied_at(orders))
        return pl.DataFrame(
            {
                "creditId": CREDITS.index(cell, place),
                "invoiceId": receivables.invoice(orders),
                "amountApplied": decimals(returns.applied(orders, returns.claim(rows, APPLICATIONS)), 2),
                "appliedDate": applied,
                "appliedBy": staff.member(orders, "applied by"),
                "createdAt": applied,
            }
        )
