"""Customers, three orders per customer, and three lines per order, which add up to its total."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import polars as pl
from django.db.models import F, OuterRef, Subquery, Sum
from django.db.models.functions import Coalesce

from seeding import BaseSeeder, Dataset, Derivation, Integers, RecordCount, Rows, SeederConfig, decimals, numerals
from seeding.example.models import Customer, Order, OrderLine
from seeding.example.seeders.catalogue import cents

ORDERS, LINES = 3, 3
"""Orders per customer; lines per order."""


def joined_at(customers: Rows) -> pl.Series:
    """When a customer joined, in the year before the data ends."""
    return customers.moments(customers.uniform("joined", -365, -30))


def quantity(lines: Rows) -> Integers:
    """How much of its product is on each line."""
    return lines.integers("quantity", 1, 6)


class CustomerSeeder(BaseSeeder):
    config = SeederConfig(
        model=Customer,
        record_count=RecordCount(small=20, medium=200, large=2_000),
        pii_fields={"name": "person_name", "email": "email"},
    )

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        columns = {
            "name": rows.fake("name", "name"),
            "email": "customer" + numerals(rows.index + 1) + "@example.com",
            "joined_at": joined_at(rows),
        }
        return pl.DataFrame(columns)


class OrderSeeder(BaseSeeder):
    config = SeederConfig(
        model=Order,
        dependencies=("shop_customer",),
        record_count=RecordCount(small=60, medium=600, large=6_000),
        not_pii=("status",),
    )

    def derivations(self, dataset: Dataset) -> tuple[Derivation, ...]:
        lines = OrderLine.objects.filter(order=OuterRef("pk")).values("order")
        total = Subquery(lines.annotate(total=Sum(F("quantity") * F("unit_price"))).values("total"))
        return (Derivation(values={"total": Coalesce(total, Decimal(0))}, reads=("shop_orderline",)),)

    def derived_data(self, rows: Rows) -> pl.DataFrame:
        lines = rows.of("shop_orderline", (rows.index[:, None] * LINES + np.arange(LINES)).ravel())
        products = rows.of("shop_product", OrderLineSeeder.product(lines))
        return pl.DataFrame({"total": decimals((cents(products) * quantity(lines)).reshape(-1, LINES).sum(axis=1), 2)})

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        customers = rows.index // ORDERS
        minutes = rows.integers("waited", 0, 30 * 24 * 60)
        waited = pl.Series(minutes * 60_000_000).cast(pl.Duration("us"))
        columns = {
            "customer_id": customers,
            "status": rows.choose("status", ("paid", "shipped", "returned"), (3, 6, 1)),
            "ordered_at": joined_at(rows.of("shop_customer", customers)) + waited,
        }
        return pl.DataFrame(columns)


class OrderLineSeeder(BaseSeeder):
    config = SeederConfig(
        model=OrderLine,
        dependencies=("shop_order", "shop_product"),
        record_count=RecordCount(small=180, medium=1_800, large=18_000),
    )

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        products = self.product(rows)
        columns = {
            "order_id": rows.index // LINES,
            "product_id": products,
            "quantity": quantity(rows),
            "unit_price": decimals(cents(rows.of("shop_product", products)), 2),
        }
        return pl.DataFrame(columns)

    @staticmethod
    def product(rows: Rows) -> Integers:
        """One of ten products per 180 lines, so that it exists at every size."""
        return rows.index // 180 * 10 + rows.integers("product", 0, 10)
