"""Rows that break a rule because of what somebody has edited or inserted, told from those that only seeding can have broken."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import polars as pl
import pytest
from django.db.models import Count, F, QuerySet

from seeding import Registry, Rows, Seeded
from seeding.example.models import Customer, Order, OrderLine, Product, Review
from seeding.example.seeders.catalogue import ReviewSeeder
from seeding.verification.changed_since import Reading
from seeding.verification.invariants import Invariant
from seeding.verification.results import Verdict
from seeding.verification.rule_checks import check
from tests.support.databases import Database


def verdict(shop: Database, breaking: Any, model: Any, *reads: Any) -> Verdict:
    rule = Invariant(name="a-rule", sentence="It holds.", model=model, reads=reads, breaking=breaking)
    ((found,), failed) = check(shop.alias, [rule], Registry.discover())
    assert failed == []
    return found


def counted(shop: Database, breaking: Any, model: Any, *reads: Any) -> tuple[int, int]:
    """How many rows only seeding can have broken, and how many somebody else."""
    found = verdict(shop, breaking, model, *reads)
    return found.broken, found.changed


def priced(seeded: Seeded) -> QuerySet[Any]:
    return seeded.rows.filter(product__price__gt=0)


def with_total(seeded: Seeded) -> QuerySet[Any]:
    return seeded.rows.filter(total__gt=0)


def test_what_nobody_has_changed_is_seeding_s(shop: Database) -> None:
    shop.seed()

    assert counted(shop, priced, Review, Product) == (30, 0)


def test_a_row_that_was_edited_is_counted_apart_and_named(shop: Database) -> None:
    shop.seed()
    shop.query("UPDATE shop_review SET stars = 6 - stars, product_id = 3 WHERE id IN (4, 6)")

    found = verdict(shop, priced, Review, Product)

    assert (found.looked_at, found.broken, found.changed) == (30, 28, 2)
    assert (found.examples, found.changed_examples) == (("1", "2", "3", "5", "7"), ("4", "6"))


@pytest.mark.parametrize(("column", "apart"), [("price = price + 1", 3), ("name = 'x'", 0)])
def test_an_edited_row_above_counts_in_the_columns_that_the_rule_names(shop: Database, column: str, apart: int) -> None:
    shop.seed()
    shop.query(f"UPDATE shop_product SET {column} WHERE id = 2")  # noqa: S608 - of this test

    assert counted(shop, priced, Review, Product) == (30 - apart, apart)


def test_an_edit_in_a_column_that_the_rule_does_not_name_excuses_no_row(shop: Database) -> None:
    shop.seed()
    shop.query("UPDATE shop_review SET author = 'Zoe' WHERE id = 4")

    assert counted(shop, lambda seeded: seeded.rows.filter(stars__gt=0), Review) == (30, 0)


def test_a_derived_column_that_is_wrong_is_seeding_s_unless_a_real_row_is_derived_from(shop: Database) -> None:
    shop.seed()
    shop.query("UPDATE shop_order SET total = total + 1 WHERE id IN (5, 6)")
    assert counted(shop, with_total, Order) == (60, 0)

    shop.query("INSERT INTO shop_orderline (order_id, product_id, quantity, unit_price) VALUES (6, 1, 1, 2)")

    found = verdict(shop, with_total, Order)
    assert (found.broken, found.changed, found.changed_examples) == (59, 1, ("6",))


def test_nor_if_a_row_that_it_is_derived_from_was_edited(shop: Database) -> None:
    shop.seed()
    shop.query("UPDATE shop_orderline SET quantity = quantity + 1 WHERE id = 1")

    assert verdict(shop, with_total, Order).changed_examples == ("1",)


def test_a_real_row_below_counts_if_the_rule_reads_its_table(shop: Database) -> None:
    shop.seed()
    shop.query("INSERT INTO shop_order (customer_id, status, ordered_at, total) VALUES (2, 'paid', '2026-03-03', 0)")

    def all_rows(seeded: Seeded) -> QuerySet[Any]:
        return seeded.rows.filter(name__gt="")

    assert counted(shop, all_rows, Customer) == (20, 0)
    assert counted(shop, all_rows, Customer, Order) == (19, 1)


def test_real_siblings_count_only_for_a_rule_that_compares_rows_with_each_other(shop: Database) -> None:
    shop.seed()
    shop.query("INSERT INTO shop_review (product_id, author, stars, text, written_at) VALUES (2, 'Al', 1, '', '2026-03-03')")

    assert counted(shop, priced, Review, Product) == (30, 0)
    assert counted(shop, priced, Review, Product, Review) == (27, 3)


def test_what_is_beside_counts_and_what_is_below_that_does_not(shop: Database) -> None:
    shop.seed()
    product = shop.query("SELECT product_id FROM shop_orderline WHERE id = 1")[0][0]
    orders = {one for (one,) in shop.query("SELECT DISTINCT order_id FROM shop_orderline WHERE product_id = %s", product)}

    def of_products(seeded: Seeded) -> QuerySet[Any]:
        return seeded.rows.filter(orderline__product__price__gt=0).distinct()

    shop.query("INSERT INTO shop_review (product_id, author, stars, text, written_at) VALUES (%s, 'Al', 1, '', 'x')", product)
    assert counted(shop, of_products, Order, OrderLine, Product, Review) == (60, 0)
    shop.query("UPDATE shop_product SET price = price + 1 WHERE id = %s", product)

    assert counted(shop, of_products, Order, OrderLine, Product, Review) == (60 - len(orders), len(orders))


def test_a_group_is_changed_if_one_of_its_rows_is(shop: Database) -> None:
    shop.seed()
    shop.query("UPDATE shop_review SET stars = 6 - stars, product_id = 3 WHERE id = 4")

    def groups(seeded: Seeded) -> Any:
        return seeded.rows.order_by().values("product").annotate(stars_given=Count("pk"), named=F("product__price"))

    assert counted(shop, groups, Review, Product) == (9, 1)


def test_a_value_is_not_taken_for_a_key(shop: Database) -> None:
    shop.seed()
    shop.query("UPDATE shop_review SET stars = 6 - stars WHERE id = 2")

    def products(seeded: Seeded) -> Any:
        return seeded.rows.filter(product__gt=1, stars__gt=0).order_by().values_list("product", flat=True).distinct()

    found = verdict(shop, products, Review)
    assert (found.broken, found.changed, found.examples[0]) == (9, 0, "product=2")

    shop.query("UPDATE shop_review SET stars = 6 - stars WHERE id = 4")
    assert counted(shop, products, Review) == (8, 1)


def test_nor_is_the_key_of_another_table(shop: Database) -> None:
    shop.seed()
    shop.query("UPDATE shop_review SET stars = 6 - stars WHERE id = 2")

    def products(seeded: Seeded) -> Any:
        return Product.objects.using(seeded.rows.db).filter(review__stars__gt=0).distinct()

    assert counted(shop, products, Review, Product) == (10, 0)


def test_a_group_without_a_column_of_the_table_is_seeding_s(shop: Database) -> None:
    shop.seed()
    shop.query("UPDATE shop_review SET stars = 6 - stars, product_id = 3")

    assert counted(shop, lambda _: [{"of": "nothing"}, "text", None], Review) == (3, 0)


def test_rows_that_cannot_be_compared_are_seeding_s(shop: Database) -> None:
    shop.seed()
    shop.query("UPDATE shop_review SET stars = 6 - stars, product_id = 3 WHERE id = 4")
    shop.query("UPDATE seeding_metadata SET generator_version = 'other'")

    assert counted(shop, priced, Review, Product) == (30, 0)


def test_nor_are_those_edited_that_receivers_may_have_changed(shop: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.seed()
    shop.query("UPDATE shop_review SET stars = 6 - stars, product_id = 3 WHERE id = 4")
    monkeypatch.setattr(ReviewSeeder, "config", replace(ReviewSeeder.config, signals=True))

    assert counted(shop, priced, Review, Product) == (30, 0)


def test_what_differs_in_every_row_nobody_has_edited(shop: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.seed()
    generate = ReviewSeeder.generate_data

    def otherwise(seeder: ReviewSeeder, rows: Rows) -> Any:
        return generate(seeder, rows).with_columns(stars=pl.col("stars") % 5 + 1)

    monkeypatch.setattr(ReviewSeeder, "generate_data", otherwise)  # as mended since, without another version
    shop.query("UPDATE shop_review SET author = 'Zoe' WHERE id = 4")

    def starred(seeded: Seeded) -> QuerySet[Any]:
        return seeded.rows.filter(stars__gt=0, author__gt="")

    assert counted(shop, starred, Review) == (29, 1)


def test_nothing_is_compared_where_every_rule_holds(shop: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.seed()
    monkeypatch.setattr("seeding.verification.rule_checks.ChangedSince", lambda *_: pytest.fail("compared"))

    assert counted(shop, lambda _: [], Review) == (0, 0)


def test_the_columns_of_an_alias_that_means_two_tables_are_those_of_both() -> None:
    sql = (
        'SELECT COUNT(*) FROM "a" INNER JOIN "b" ON ("a"."b_id" = "b"."id") WHERE EXISTS(SELECT 1 FROM "c" U0 WHERE U0."x" = 1)'
        ' AND EXISTS(SELECT 1 FROM "d" U0 INNER JOIN "b" U1 ON (U0."y" = U1."z") WHERE "odd"."w" = "b"."v")'
    )

    assert Reading(tables=("a",), statements=(sql,), quote='"').columns == {
        "a": {"b_id"}, "b": {"id", "z", "v"}, "c": {"x", "y"}, "d": {"x", "y"},
    }  # fmt: skip
