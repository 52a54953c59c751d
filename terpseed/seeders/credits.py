"""`credits`: what clients may set against an invoice, for what they sent back."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from django.db.models import Case, CharField, F, OuterRef, Q, Value, When

from seeding import BaseSeeder, Dataset, Derivation, Rows, SeederConfig, decimals, numerals, take
from terpseed.expressions import rounded, total
from terpseed.facts import calendar, staff
from terpseed.facts.dealings import returns
from terpseed.facts.dealings.returns import CREDITS
from terpseed.facts.money import receivables
from terpseed.facts.sales import trade
from terpseed.models import Credit, CreditApplication

STATUS = ("FULLY_USED", "PARTIALLY_USED", "ACTIVE")
VALID = np.timedelta64(365, "D")


class CreditSeeder(BaseSeeder):
    """One per claim that was granted, generated as unused; what is used is derived.

    TERP numbers a credit from the highest number that begins with CR, so a seeded one begins with something else.
    """

    config = SeederConfig(
        model=Credit,
        group="returns",
        dependencies=("returns", "transactions", "clients", "users"),
        record_count=CREDITS,
        pii_fields={"creditReason": "free_text", "notes": "free_text"},
        not_pii=("creditNumber",),
    )

    def derivations(self, dataset: Dataset) -> Sequence[Derivation]:
        """How much of the credit is used, what is left of it, and the resulting status."""
        applications = CreditApplication.objects.filter(credit=OuterRef("pk"))
        status = Case(
            When(amountRemaining__lte=0, then=Value(STATUS[0])),
            When(amountUsed__gt=0, then=Value(STATUS[1])),
            default=Value(STATUS[2]),
            output_field=CharField(),
        )
        return tuple(
            Derivation(values=values, where=~Q(creditStatus__in=("VOID", "EXPIRED")), reads=reads, touches=("updatedAt",))
            for values, reads in (
                ({"amountUsed": total(applications, "credit", "amountApplied")}, ("creditApplications",)),
                ({"amountRemaining": rounded(F("creditAmount") - F("amountUsed"))}, ("creditApplications",)),
                ({"creditStatus": status}, ("creditApplications",)),
            )
        )

    def derived_data(self, rows: Rows) -> pl.DataFrame:
        """The columns of `derivations`."""
        orders = returns.order(rows, CREDITS)
        used = returns.applied(orders, returns.claim(rows, CREDITS))
        left = returns.credit(orders) - used
        return pl.DataFrame(
            {
                "amountUsed": decimals(used, 2),
                "amountRemaining": decimals(left, 2),
                "creditStatus": take(STATUS, np.select([left <= 0, used > 0], [0, 1], 2)),
            }
        )

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        """The columns of `credits`."""
        orders = returns.order(rows, CREDITS)
        issued, amount = returns.credited_at(orders), decimals(returns.credit(orders), 2)
        return pl.DataFrame(
            {
                "creditNumber": "RTN-9" + numerals(rows.index, 5),
                "clientId": trade.client(orders).index,
                "transactionId": receivables.invoice(orders),
                "creditAmount": amount,
                "amountRemaining": amount,
                "creditReason": pl.repeat("RETURN", len(rows), eager=True),
                "expirationDate": calendar.timestamps(issued + VALID),
                "notes": "Return for order " + trade.sale_number(orders),
                "createdBy": staff.member(orders, "returned by"),
                "createdAt": calendar.timestamps(issued),
                "updatedAt": calendar.timestamps(issued),
            }
        )
