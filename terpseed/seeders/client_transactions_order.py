"""`client_transactions`, source ORDER: what a client has ordered."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
from django.db.models import OuterRef, Subquery, Value

from seeding import BaseSeeder, Dataset, Derivation, Rows, SeederConfig, decimals
from terpseed.expressions import translated
from terpseed.facts import calendar, receivables, trade
from terpseed.models import ClientTransaction, Order

ORDERS = trade.orders_with(*trade.STANDING)


class OrderTransactionSeeder(BaseSeeder):
    """One per order that was confirmed and not cancelled."""

    config = SeederConfig(
        model=ClientTransaction,
        group="sales",
        dependencies=("clients", "orders"),
        record_count=ORDERS,
        pii_fields={"notes": "free_text"},
        not_pii=("transaction_number", "metadata"),
        version=2,
    )

    def derivations(self, dataset: Dataset) -> Sequence[Derivation]:
        """How far the order is paid; null if it was returned."""
        words = {"PAID": "PAID", "PARTIAL": "PARTIAL", "OVERDUE": "OVERDUE", "CANCELLED": None}
        orders = Order.objects.filter(order_number=OuterRef("transaction_number"))
        status = orders.annotate(word=translated("saleStatus", words, default=Value("PENDING"))).values("word")
        return (Derivation(values={"payment_status": Subquery(status)}, reads=("orders",), touches=("updated_at",)),)

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        """The columns of `client_transactions`."""
        orders = receivables.order_at(rows, ORDERS)
        written = trade.ordered_at(orders)
        return pl.DataFrame(
            {
                "client_id": trade.client(orders).index,
                "transaction_type": pl.repeat("ORDER", len(rows), eager=True),
                "transaction_number": trade.sale_number(orders),
                "transaction_date": calendar.dates(written),
                "amount": decimals(trade.order_total(orders), 2),
                "created_at": calendar.timestamps(written),
                "updated_at": calendar.timestamps(written),
            }
        )
