"""Derived columns that rows are generated with: where that is certain, and updated wherever it is not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from django.db import connections

from seeding import Dataset, Derivation, Rows, ValidationError
from seeding.runs import derived_ahead
from tests.shop.conftest import INSTALLED
from tests.support.databases import Database
from tests.support.runs import run

with INSTALLED:
    from seeding.example.models import Customer, Order, OrderLine, Product
    from seeding.example.seeders.catalogue import ProductSeeder
    from seeding.example.seeders.sales import CustomerSeeder, OrderLineSeeder, OrderSeeder

ALL = (CustomerSeeder(), ProductSeeder(), OrderSeeder(), OrderLineSeeder())


@pytest.fixture(autouse=True)
def _unsampled(monkeypatch: pytest.MonkeyPatch) -> None:
    """No rows are compared, which would find all that the other conditions miss here."""
    monkeypatch.setattr(derived_ahead, "SAMPLE", 0)


@contextmanager
def updates(shop: Database) -> Iterator[list[str]]:
    """The updates of orders within the block."""
    found: list[str] = []

    def watch(execute: Any, sql: str, *rest: Any) -> Any:
        found.extend([sql] if sql.startswith("UPDATE") and "shop_order" in sql else [])
        return execute(sql, *rest)

    with connections[shop.alias].execute_wrapper(watch):
        yield found


def totals(shop: Database) -> dict[int, Decimal]:
    return dict(Order.objects.using(shop.alias).values_list("pk", "total"))


def sums(shop: Database) -> dict[int, Decimal]:
    """What the totals must be, added up here."""
    found = dict.fromkeys(Order.objects.using(shop.alias).values_list("pk", flat=True), Decimal(0))
    for order, quantity, price in OrderLine.objects.using(shop.alias).values_list("order", "quantity", "unit_price"):
        found[order] += quantity * price
    return found


def test_rows_of_a_whole_run_have_them_from_the_beginning(shop: Database) -> None:
    with updates(shop) as made:
        run(shop, *ALL)

    assert made == []
    assert totals(shop) == sums(shop)
    assert min(totals(shop).values()) > 0


def test_a_dry_run_shows_them(shop: Database) -> None:
    summary, _ = run(shop, *ALL, dry_run=True)

    assert all(Decimal(row["total"]) > 0 for row in summary.examples["shop_order"])


def test_they_are_updated_where_what_they_read_is_not_seeded(shop: Database) -> None:
    with updates(shop):
        run(shop, *ALL, tables=["shop_order"])

    assert set(totals(shop).values()) == {Decimal(0)}


def test_they_are_updated_when_more_comes(shop: Database) -> None:
    run(shop, *ALL)
    with updates(shop) as made:
        run(shop, *ALL, size="medium")

    assert made
    assert totals(shop) == sums(shop)


def test_they_are_updated_beside_real_rows(shop: Database) -> None:
    using = shop.alias
    customer = Customer.objects.using(using).create(name="Ann", email="ann@example.com", joined_at="2026-01-01T00:00Z")
    product = Product.objects.using(using).create(name="Lamp", price=1)
    order = Order.objects.using(using).create(customer=customer, status="paid", ordered_at="2026-01-02T00:00Z", total=7)
    OrderLine.objects.using(using).create(order=order, product=product, quantity=1, unit_price=7)

    with updates(shop) as made:
        run(shop, *ALL)

    assert made
    assert totals(shop) == sums(shop)


class AddingLines(OrderLineSeeder):
    """While its first batch is made, somebody else adds a line to an order."""

    using = ""

    def validate_data(self, data: pl.DataFrame) -> Sequence[ValidationError]:
        lines = OrderLine.objects.using(self.using)
        if not lines.exists():
            order, product = Order.objects.using(self.using).earliest("pk"), Product.objects.using(self.using).earliest("pk")
            lines.create(order=order, product=product, quantity=1, unit_price=Decimal("0.25"))
        return ()


def test_they_are_updated_where_somebody_has_added_rows_meanwhile(shop: Database) -> None:
    adding = AddingLines()
    adding.using = shop.alias
    with updates(shop) as made:
        run(shop, *ALL[:3], adding)

    assert made
    assert totals(shop) == sums(shop)


class Choosy(OrderLineSeeder):
    def validate_data(self, data: pl.DataFrame) -> Sequence[ValidationError]:
        return [ValidationError(field="quantity", issue="unlucky", expected="another", actual=4, row=3)]


def test_they_are_updated_where_rows_were_left_out(shop: Database) -> None:
    with updates(shop) as made:
        run(shop, *ALL[:3], Choosy())

    assert made
    assert totals(shop) == sums(shop)
    assert OrderLine.objects.using(shop.alias).count() == 179


class Failing(OrderLineSeeder):
    def generate_data(self, rows: Rows) -> pl.DataFrame:
        raise LookupError


class Foreseeing(OrderSeeder):
    """Generates what there is without any line, unless it can foresee more."""

    def derivations(self, dataset: Dataset) -> tuple[Derivation, ...]:
        return tuple(replace(one, foreseen=True) for one in super().derivations(dataset))


def test_they_are_updated_where_no_row_came(shop: Database) -> None:
    with updates(shop):
        run(shop, *ALL[:2], Foreseeing(), Failing())

    assert set(totals(shop).values()) == {Decimal(0)}


class Mistaken(OrderSeeder):
    """Is wrong about one order in a hundred."""

    def derived_data(self, rows: Rows) -> pl.DataFrame:
        wrong = pl.Series(rows.index % 100 == 59)
        return super().derived_data(rows).select(pl.when(wrong).then(pl.lit(1)).otherwise("total").alias("total"))


def test_they_are_updated_where_a_seeder_foresees_something_else(shop: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(derived_ahead, "SAMPLE", 60)
    with updates(shop) as made:
        _, told = run(shop, *ALL[:2], Mistaken(), OrderLineSeeder())

    assert made
    assert totals(shop) == sums(shop)
    assert [event.level for event in told if "foreseen" in event.message] == ["debug"]


class Overreaching(OrderSeeder):
    def derived_data(self, rows: Rows) -> pl.DataFrame:
        return super().derived_data(rows).with_columns(status=pl.lit("paid"))


def test_a_column_that_is_not_derived_is_refused(shop: Database) -> None:
    summary, _ = run(shop, *ALL[:2], Overreaching(), OrderLineSeeder())

    (result,) = [one for one in summary.results if one.seeder == "Overreaching"]
    assert (result.exit_code, result.records_inserted) == (4, 0)
    assert "derived_data returns status, which no derivation computes." in result.error


class Stopped(OrderLineSeeder):
    def generate_data(self, rows: Rows) -> pl.DataFrame:
        if rows.index.max() >= 90:
            raise KeyboardInterrupt
        return super().generate_data(rows)


def test_after_a_run_that_was_stopped_whatever_runs_next_updates_them(shop: Database) -> None:
    with pytest.raises(KeyboardInterrupt):
        run(shop, *ALL[:3], Stopped(), batch_size=30)
    before = totals(shop)
    assert before != sums(shop)

    run(shop, *ALL, tables=["shop_product"])

    assert OrderLine.objects.using(shop.alias).count() == 90
    assert totals(shop) == sums(shop)
