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
from django.db.models import Exists, OuterRef

from seeding import Dataset, Derivation, Rows, ValidationError
from seeding.runs import derived_ahead
from tests.shop.conftest import INSTALLED
from tests.support.databases import Database
from tests.support.runs import run

with INSTALLED:
    from seeding.example.models import Customer, Order, OrderLine, Product
    from seeding.example.seeders.catalogue import ProductSeeder
    from seeding.example.seeders.sales import CustomerSeeder, OrderLineSeeder, OrderSeeder


class Orders(OrderSeeder):
    """Here, with the seeders of what it reads."""


class Lines(OrderLineSeeder):
    """The same."""


ALL = (CustomerSeeder(), ProductSeeder(), Orders(), Lines())


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


class AddingLines(Lines):
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


class Choosy(Lines):
    def validate_data(self, data: pl.DataFrame) -> Sequence[ValidationError]:
        return [ValidationError(field="quantity", issue="unlucky", expected="another", actual=4, row=3)]


def test_they_are_updated_where_rows_were_left_out(shop: Database) -> None:
    with updates(shop) as made:
        run(shop, *ALL[:3], Choosy())

    assert made
    assert totals(shop) == sums(shop)
    assert OrderLine.objects.using(shop.alias).count() == 179


class Failing(Lines):
    def generate_data(self, rows: Rows) -> pl.DataFrame:
        raise LookupError


class Foreseeing(Orders):
    """Generates what there is without any line, unless it can foresee more."""

    def derivations(self, dataset: Dataset) -> tuple[Derivation, ...]:
        return tuple(replace(one, foreseen=True) for one in super().derivations(dataset))


def test_they_are_updated_where_no_row_came(shop: Database) -> None:
    with updates(shop):
        run(shop, *ALL[:2], Foreseeing(), Failing())

    assert set(totals(shop).values()) == {Decimal(0)}


class Mistaken(Orders):
    """Is wrong about one order in a hundred."""

    def derived_data(self, rows: Rows) -> pl.DataFrame:
        wrong = pl.Series(rows.index % 100 == 59)
        return super().derived_data(rows).select(pl.when(wrong).then(pl.lit(1)).otherwise("total").alias("total"))


def test_they_are_updated_where_a_seeder_foresees_something_else(shop: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(derived_ahead, "SAMPLE", 60)
    with updates(shop) as made:
        _, told = run(shop, *ALL[:2], Mistaken(), Lines())

    assert made
    assert totals(shop) == sums(shop)
    assert [event.level for event in told if "foreseen" in event.message] == ["debug"]


class Overreaching(Orders):
    def derived_data(self, rows: Rows) -> pl.DataFrame:
        return super().derived_data(rows).with_columns(status=pl.lit("paid"))


def test_a_column_that_is_not_derived_is_refused(shop: Database) -> None:
    summary, _ = run(shop, *ALL[:2], Overreaching(), Lines())

    (result,) = [one for one in summary.results if one.seeder == "Overreaching"]
    assert (result.exit_code, result.records_inserted) == (4, 0)
    assert "derived_data returns status, which no derivation computes." in result.error


class Stopped(Lines):
    def generate_data(self, rows: Rows) -> pl.DataFrame:
        if rows.index.max() >= 90:
            raise KeyboardInterrupt
        return super().generate_data(rows)


def test_they_are_updated_where_somebody_has_replaced_a_row(shop: Database) -> None:
    done: list[OrderLine] = []

    def swap(event: Any) -> None:
        if event.operation == "phase" and event.message == "derive" and not done:
            lines = OrderLine.objects.using(shop.alias)
            done.append(lines.latest("pk"))
            lines.filter(pk=done[0].pk).delete()
            lines.create(
                order=Order.objects.using(shop.alias).earliest("pk"), product=done[0].product, quantity=1, unit_price=9
            )

    run(shop, *ALL, listen=swap)

    assert done
    assert totals(shop) == sums(shop)


class Odd(OrderLineSeeder):
    """A project's own: its class is elsewhere than the seeder of the orders."""

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        odd = pl.Series(rows.index % 1_000 == 170)
        return super().generate_data(rows).with_columns(quantity=pl.when(odd).then(9).otherwise("quantity"))


def test_nothing_is_foreseen_of_what_a_seeder_of_another_package_makes(shop: Database) -> None:
    with updates(shop) as made:
        run(shop, *ALL[:2], OrderSeeder(), Odd())

    assert made
    assert totals(shop) == sums(shop)


class Guarded(Orders):
    """Derives only where there are lines."""

    def derivations(self, dataset: Dataset) -> tuple[Derivation, ...]:
        lines = Exists(OrderLine.objects.filter(order=OuterRef("pk")))
        return tuple(replace(one, where=lines) for one in super().derivations(dataset))


def test_nothing_is_foreseen_that_an_update_might_not_reach(shop: Database) -> None:
    run(shop, *ALL[:2], Guarded(), Failing())

    assert set(totals(shop).values()) == {Decimal(0)}


def refusing(shop: Database, table: str) -> None:
    """A trigger for which nothing may be written to the table."""
    body = "UPDATE shop_customer SET name = 'changed' WHERE email = 'ann@example.com'"
    each = "" if shop.server == "sqlite" else "FOR EACH ROW"
    shop.query(f"CREATE TRIGGER meddling AFTER UPDATE ON {table} {each} BEGIN {body}; END")


def test_nothing_is_foreseen_of_a_table_that_is_refused(shop: Database) -> None:
    body = "UPDATE shop_product SET name = name WHERE 1 = 0"
    each = "" if shop.server == "sqlite" else "FOR EACH ROW"
    shop.query(f"CREATE TRIGGER meddling AFTER INSERT ON shop_orderline {each} BEGIN {body}; END")

    summary, _ = run(shop, *ALL)

    assert summary.exit_code == 3
    assert set(totals(shop).values()) == {Decimal(0)}


def test_a_table_that_is_only_derived_again_is_looked_at_like_the_others(shop: Database) -> None:
    with pytest.raises(KeyboardInterrupt):
        run(shop, *ALL[:3], Stopped(), batch_size=30)
    real = Customer.objects.using(shop.alias).create(name="Ann", email="ann@example.com", joined_at="2026-01-01T00:00Z")
    refusing(shop, "shop_order")

    summary, _ = run(shop, *ALL, tables=["shop_product"])

    real.refresh_from_db()
    assert (real.name, summary.exit_code) == ("Ann", 5)
    assert "meddling" in next(one.error for one in summary.results if one.table == "shop_order")


def test_what_could_not_be_derived_is_due_until_it_is(shop: Database) -> None:
    with pytest.raises(KeyboardInterrupt):
        run(shop, *ALL[:3], Stopped(), batch_size=30)
    refusing(shop, "shop_order")
    run(shop, *ALL, tables=["shop_product"])
    shop.query("DROP TRIGGER meddling")
    assert totals(shop) != sums(shop)

    run(shop, ProductSeeder())  # which knows of no orders
    assert totals(shop) != sums(shop)
    summary, _ = run(shop, *ALL, tables=["shop_product"])

    assert (totals(shop), summary.exit_code) == (sums(shop), 0)


def test_after_a_run_that_was_stopped_whatever_runs_next_updates_them(shop: Database) -> None:
    with pytest.raises(KeyboardInterrupt):
        run(shop, *ALL[:3], Stopped(), batch_size=30)
    before = totals(shop)
    assert before != sums(shop)

    run(shop, *ALL, tables=["shop_product"])

    assert OrderLine.objects.using(shop.alias).count() == 90
    assert totals(shop) == sums(shop)
