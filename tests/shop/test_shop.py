"""The documented example keeps every contract, and is found through nothing but INSTALLED_APPS."""

from __future__ import annotations

from decimal import Decimal

import polars as pl
import pytest
from django.db.models import F

from seeding import BaseSeeder, Registry, Rows, SeederConfig, SeederState
from seeding.testing import DatabaseContract, SeederContract
from tests.shop.conftest import INSTALLED
from tests.support.databases import Database
from tests.support.runs import run

with INSTALLED:
    REGISTRY = Registry.discover()
    from seeding.example.models import Order, OrderLine, Review
    from seeding.example.seeders.catalogue import ProductSeeder, ReviewSeeder


class TestSeeders(SeederContract):
    """Each seeder by itself."""

    registry = REGISTRY


class TestSeeding(DatabaseContract):
    """Both together."""

    registry = REGISTRY

    @pytest.fixture
    def database(self, shop: Database) -> str:
        """The alias of a new database."""
        return shop.alias


def test_discovery_finds_both_and_nothing_else() -> None:
    names = {"CustomerSeeder", "OrderLineSeeder", "OrderSeeder", "ProductSeeder", "ReviewSeeder"}

    assert {seeder.name for seeder in REGISTRY.ordered} == names


def test_orders_cost_what_their_lines_add_up_to(shop: Database) -> None:
    shop.seed()

    sums: dict[int, Decimal] = {}
    for line in OrderLine.objects.using(shop.alias).select_related("product", "order"):
        assert line.unit_price == line.product.price
        sums[line.order.pk] = sums.get(line.order.pk, Decimal(0)) + line.quantity * line.unit_price
    assert len(sums) == 60
    assert dict(Order.objects.using(shop.alias).values_list("pk", "total")) == sums


def test_orders_without_lines_cost_nothing(shop: Database) -> None:
    assert shop.seed(table="shop_order")["exit_code"] == 0

    assert set(Order.objects.using(shop.alias).values_list("total", flat=True)) == {Decimal(0)}


def test_nobody_orders_before_joining(shop: Database) -> None:
    shop.seed()

    assert Order.objects.using(shop.alias).count() == 60
    assert not Order.objects.using(shop.alias).filter(ordered_at__lt=F("customer__joined_at")).exists()


def test_invalid_rows_are_left_out_and_told(shop: Database) -> None:
    class Sloppy(ReviewSeeder):
        config = SeederConfig(
            model=Review,
            dependencies=("shop_product",),
            record_count=ReviewSeeder.config.record_count,
            pii_fields=ReviewSeeder.config.pii_fields,
        )

        def generate_data(self, rows: Rows) -> pl.DataFrame:
            return super().generate_data(rows).with_columns(stars=pl.Series(rows.index % 6))

    sloppy: BaseSeeder = Sloppy()

    summary, told = run(shop, ProductSeeder(), sloppy)

    reviews = summary.results[-1]
    assert (reviews.state, reviews.records_inserted, reviews.records_skipped) == (SeederState.PARTIAL, 25, 5)
    assert [event.context["reasons"] for event in told if event.operation == "skip"] == [{"stars: breaks one_to_five_stars": 5}]
