"""`clients`: buyers and sellers."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import numpy as np
import polars as pl
from django.db.models import Min, OuterRef, Subquery
from django.db.models.functions import Coalesce

from seeding import BaseSeeder, Dataset, Derivation, Integers, Rows, SeederConfig, decimals, divide, only
from terpseed.expressions import DaysSince, percentage, total
from terpseed.facts import calendar, cells, parties, pinned
from terpseed.facts.dealings import activity
from terpseed.facts.money import receivables
from terpseed.models import Client, Invoice, Order

LARGE_LIMITS = np.array([40_000_00, 50_000_00, 60_000_00, 75_000_00])
SMALL_LIMITS = np.array([12_000_00, 15_000_00, 20_000_00, 25_000_00])
"""Cents: more than the largest order, and about what a client orders in a quarter."""
WHOLE = 100_00
"""Limits are multiples of it."""
REASONS = (
    "Agreed when the account was opened",
    "Two trade references checked",
    "Financial statements reviewed",
    "Personal guarantee on file",
)
"""Why somebody has set the limit: TERP calculates no limit that is marked as set by hand."""

HIGHEST_MARGIN = 999_99
"""The column's maximum, in hundredths of a percent."""

NOT_CHARGED = ("DRAFT", "VOID")
OPEN = ("SENT", "VIEWED", "PARTIAL", "OVERDUE")
"""Invoice statuses."""


def credit_limit(clients: Rows) -> Integers:
    """In cents: by kind of client, and nothing for one that only sells; for the pinned one, exactly what it owes."""
    level = clients.integers("credit limit", 0, len(SMALL_LIMITS))
    buyer = np.where(parties.is_buyer(clients), SMALL_LIMITS[level], 0)
    limit = np.where(parties.is_large(clients), LARGE_LIMITS[level], buyer)
    limit = np.rint(limit * clients.fact("order_size", 1.0) / WHOLE).astype(np.int64) * WHOLE
    at_limit = clients.pinned(pinned.AT_CREDIT_LIMIT)
    return np.where(at_limit, receivables.owed(pinned.AT_CREDIT_LIMIT, clients) if at_limit.any() else 0, limit)


class ClientSeeder(BaseSeeder):
    """Ten per cell: one or two buy in bulk, the rest of the first seven buy, the last four sell."""

    config = SeederConfig(
        model=Client,
        group="parties",
        record_count=cells.per_cell(cells.CLIENTS),
        capacity=parties.CAPACITY,
        pii_fields={
            "name": "company_name",
            "email": "email",
            "phone": "phone",
            "address": "street_address",
            "credit_limit_override_reason": "free_text",
            "wishlist": "free_text",
        },
        not_pii=("teri_code", "tags", "custom_pricing_rules"),
        version=2,
    )

    def derivations(self, dataset: Dataset) -> Sequence[Derivation]:
        """What the client has spent and still owes, and since when."""
        invoices = Invoice.objects.filter(customer=OuterRef("pk"), deleted_at__isnull=True)
        charged = invoices.exclude(status__in=NOT_CHARGED)
        orders = Order.objects.filter(client=OuterRef("pk"), invoice__deleted_at__isnull=True).exclude(invoice=None)
        oldest = invoices.filter(status="OVERDUE").order_by().values("customer").annotate(due=Min("dueDate")).values("due")
        columns = {
            "total_spent": total(charged, "customer", "totalAmount"),
            "total_profit": total(orders.exclude(invoice__status__in=NOT_CHARGED), "client", "total_margin"),
            "total_owed": total(invoices.filter(status__in=OPEN), "customer", "amountDue"),
            "oldest_debt_days": Coalesce(DaysSince(dataset.as_of, Subquery(oldest)), 0),
        }
        margin = percentage("total_profit", "total_spent", at_most=Decimal(HIGHEST_MARGIN) / 100)
        return tuple(
            Derivation(values=values, reads=("invoices", "orders"), touches=("updated_at",), foreseen=True)
            for values in (columns, {"avg_profit_margin": margin})
        )

    def derived_data(self, rows: Rows) -> pl.DataFrame:
        """The columns of `derivations`."""
        spent, earned, owed, days = receivables.account(rows)
        margin = np.where(spent > 0, np.minimum(divide(earned * 10_000, np.maximum(spent, 1)), HIGHEST_MARGIN), 0)
        return pl.DataFrame(
            {
                "total_spent": decimals(spent, 2),
                "total_profit": decimals(earned, 2),
                "total_owed": decimals(owed, 2),
                "oldest_debt_days": days,
                "avg_profit_margin": decimals(margin, 2),
            }
        )

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        """The columns of `clients`."""
        large, buyer, seller = parties.is_large(rows), parties.is_buyer(rows), parties.is_seller(rows)
        place = rows.index % cells.CLIENTS
        joined = calendar.timestamps(parties.joined_at(rows))
        return pl.DataFrame(
            {
                "large": large,
                "buyer": buyer,
                "teri_code": pl.Series(rows.index).cast(pl.String).str.zfill(4),
                "name": parties.company_name(rows),
                "email": parties.email(rows),
                "phone": parties.phone(rows),
                "address": parties.address(rows),
                "bulk": rows.choose("bulk business", ("WHOLESALE", "DISTRIBUTOR")),
                "retail": rows.choose("retail business", ("DISPENSARY", "RETAIL", "DELIVERY"), (6, 2, 1)),
                "preferredContact": rows.choose("contact", ("EMAIL", "PHONE", "TEXT", "ANY"), (5, 3, 3, 1)),
                "payment_terms": parties.TERM_DAYS[parties.term(rows)],
                "is_buyer": buyer,
                "is_seller": seller,
                "is_brand": place == cells.CLIENTS - 1,
                "is_referee": parties.refers(rows),
                "credit_limit": decimals(credit_limit(rows), 2),
                "credit_limit_updated_at": joined,
                "creditLimitSource": pl.repeat("MANUAL", len(rows), eager=True),
                "reason": rows.choose("credit reason", REASONS),
                "referred_by_client_id": only(pl.Series(rows.index - place), parties.is_referred(rows)),
                "created_at": joined,
                "updated_at": calendar.timestamps(activity.last_active_at(rows)),
            }
        ).select(
            (
                pl.when("large").then(pl.lit("WHL9")).when("buyer").then(pl.lit("REG9")).otherwise(pl.lit("VND9"))
                + pl.col("teri_code")
            ).alias("teri_code"),
            pl.when("large").then("bulk").when("buyer").then("retail").otherwise(pl.lit("MANUFACTURER")).alias("businessType"),
            pl.when("buyer").then("reason").otherwise(pl.lit("Supplies only")).alias("credit_limit_override_reason"),
            pl.exclude("large", "buyer", "bulk", "retail", "teri_code", "reason"),
        )
