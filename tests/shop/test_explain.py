"""`seed_explain` says where a row comes from, what it holds otherwise than it was seeded, and who refers to it."""

from __future__ import annotations

import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from django.core.management import CommandError, call_command
from django.db.models import Model

from seeding import RecordCount, Rows, SeedConfig, SeederConfig, api, numerals
from seeding.conf import ExplainConfig
from seeding.explanation.results import ExplainedColumn, ParentRow, Role, RowExplanation
from seeding.generation.registry import Registry
from seeding.generation.seeders import BaseSeeder
from tests.shop.conftest import INSTALLED
from tests.support.databases import AS_OF, Database

with INSTALLED:
    from seeding.example.models import Customer, Order, OrderLine, Product, Review
    from seeding.example.seeders.catalogue import ProductSeeder

MARKUP = "[red]<script>alert(1)</script>[/red]"


def keys(model: type[Model], database: Database) -> list[int]:
    """The primary keys, in order: servers may begin anywhere."""
    return list(model._base_manager.using(database.alias).order_by("pk").values_list("pk", flat=True))


def change(model: type[Model], database: Database, key: int, **values: Any) -> None:
    model._base_manager.using(database.alias).filter(pk=key).update(**values)


def explained(database: Database, model: type[Model], key: int | str, registry: Registry | None = None) -> RowExplanation:
    config = ExplainConfig(table=model._meta.db_table, key=str(key), database=database.alias)
    return api.explain(config, registry=registry)


def column(of: RowExplanation, name: str) -> ExplainedColumn:
    return next(one for one in of.columns if one.column == name)


def said(database: Database, *arguments: Any, **options: Any) -> tuple[int, str]:
    """The exit code, and what is printed, its white space in one form."""
    out, code = StringIO(), 0
    try:
        call_command("seed_explain", *map(str, arguments), database=database.alias, stdout=out, stderr=out, **options)
    except CommandError as error:
        code, _ = error.returncode, out.write(str(error))
    return code, " ".join(out.getvalue().split())


def test_a_row_that_is_as_it_was_seeded(shop: Database) -> None:
    shop.seed()
    order, customer = keys(Order, shop)[4], keys(Customer, shop)[1]
    lines = keys(OrderLine, shop)[12:15]

    one = explained(shop, Order, order)

    assert (one.table, one.key, one.index, one.seeder, one.origin) == ("shop_order", str(order), 4, "OrderSeeder", "generated")
    assert (one.run, one.command, one.seed, one.as_of, one.obstacle, one.is_there) == (1, "seed", 42, AS_OF, "", True)
    assert {each.column: (each.role, each.is_same) for each in one.columns} == {
        "id": (Role.KEY, None),
        "customer_id": (Role.REFERENCE, True),
        "status": (Role.GENERATED, True),
        "ordered_at": (Role.GENERATED, True),
        "total": (Role.DERIVED, True),
    }
    assert column(one, "customer_id").parents == (ParentRow(table="shop_customer", index=1, key=str(customer), is_there=True),)
    assert (column(one, "total").note, list(one.differing)) == ("from shop_orderline", [])
    (referring,) = one.referring
    assert (referring.table, referring.column, referring.seeded, referring.real) == ("shop_orderline", "order_id", 3, 0)
    assert referring.seeded_keys == tuple(map(str, lines))


def test_a_row_that_somebody_has_edited(shop: Database) -> None:
    shop.seed()
    order, customer = keys(Order, shop)[4], keys(Customer, shop)[1]
    real = Customer.objects.using(shop.alias).create(name="Real", email="real@person.test", joined_at="2026-01-01T00:00Z")
    for values in ({"customer": keys(Customer, shop)[7]}, {"customer": real.pk, "total": 5}):
        change(Order, shop, order, **values)
        if "total" not in values:
            other = column(explained(shop, Order, order), "customer_id").found_parent
    change(Customer, shop, customer, name=MARKUP)
    Order.objects.using(shop.alias).create(customer_id=customer, status="paid", ordered_at="2026-01-01T00:00Z")

    one, buyer = explained(shop, Order, order), explained(shop, Customer, customer)

    assert other == ParentRow(table="shop_customer", index=7, key=str(keys(Customer, shop)[7]), is_there=True)
    assert [each.column for each in one.differing] == ["customer_id", "total"]
    assert column(one, "customer_id").found_parent == ParentRow(
        table="shop_customer", index=None, key=str(real.pk), is_there=True
    )
    assert (column(one, "total").found, column(one, "total").expected) != ("5.00", "5.00")
    assert [each.column for each in buyer.differing] == ["name"]
    assert (column(buyer, "name").found, column(buyer, "name").is_withheld) == ("[redacted]", True)
    assert column(buyer, "email").found == column(buyer, "email").expected == "customer2@example.com"
    assert [(each.seeded, each.real) for each in buyer.referring] == [(2, 1)]
    assert MARKUP not in said(shop, "shop_customer", customer, json=True)[1] + said(shop, "shop_customer", customer)[1]


def test_what_is_stored_is_printed_as_it_is_written(shop: Database) -> None:
    shop.seed(table="shop_product")
    key = keys(Product, shop)[2]
    change(Product, shop, key, name=MARKUP)

    code, text = said(shop, "shop_product", key)

    assert (code, MARKUP in text) == (0, True)
    assert f"shop_product {key}: seeded; not as seeded: name" in text
    assert "Nothing refers to it." in text


def test_a_row_that_is_gone_and_what_referred_to_it(shop: Database) -> None:
    shop.seed(table="shop_review")
    product, review = keys(Product, shop)[2], keys(Review, shop)[7]
    shop.query("DELETE FROM shop_review WHERE id = %s", review)
    other = keys(Review, shop)[6]
    off, on = ("PRAGMA foreign_keys=OFF", "PRAGMA foreign_keys=ON") if shop.server == "sqlite" else (
        "SET SESSION foreign_key_checks = 0", "SET SESSION foreign_key_checks = 1"
    )  # fmt: skip
    shop.query(off)
    shop.query("DELETE FROM shop_product WHERE id = %s", product)
    shop.query(on)

    gone, orphan = explained(shop, Review, review), explained(shop, Review, other)
    code, text = said(shop, "shop_review", review)

    assert (gone.is_there, gone.index, column(gone, "stars").found, column(gone, "stars").is_same) == (False, 7, None, None)
    assert column(gone, "stars").expected in {"1", "2", "3", "4", "5"}
    assert column(orphan, "product_id").parents == (ParentRow(table="shop_product", index=2, key=str(product), is_there=False),)
    assert (code, f"shop_review {review}: seeded; in the database: missing" in text) == (0, True)
    assert ", which is gone" in said(shop, "shop_review", other)[1]
    shop.query("UPDATE seeding_metadata SET live = NULL WHERE table_name = 'shop_product'")
    lost = column(explained(shop, Review, other), "product_id")
    assert (lost.is_known, lost.is_same, lost.parents[0].index, lost.parents[0].is_there) == (False, None, 2, False)
    assert lost.note == "the row that it referred to is not in the ledger any more"


def test_a_row_whose_values_nobody_can_make_again(shop: Database) -> None:
    shop.seed(table="shop_review")
    key = keys(Review, shop)[3]

    def obstacle(sql: str) -> RowExplanation:
        shop.query(f"UPDATE {sql}")
        return explained(shop, Review, key)

    old = obstacle("seeding_metadata SET generator_version = '1.9' WHERE table_name = 'shop_review'")
    lost = obstacle("seeding_metadata SET seeder_name = 'GoneSeeder' WHERE table_name = 'shop_review'")
    made = obstacle("seeding_metadata SET origin = 'receiver' WHERE table_name = 'shop_review'")
    text = said(shop, "shop_review", key)[1]
    again = obstacle(
        "seeding_metadata SET origin = 'generated', seeder_name = 'ReviewSeeder', generator_version = '1.1' "
        "WHERE table_name = 'shop_review'"
    )
    faker = obstacle("seeding_run SET faker_version = '1.0'")

    assert old.obstacle == "version 1.9 of ReviewSeeder made it, and it is version 1.1 now"
    assert (lost.obstacle, lost.version_now) == ("GoneSeeder is not there any more", "")
    assert made.obstacle == "a receiver of the application created it"
    assert (again.obstacle, faker.obstacle.startswith("it was made with Faker 1.0, and Faker ")) == ("", True)
    for one in (old, lost, made):
        assert (column(one, "stars").role, column(one, "stars").is_same) == (Role.UNKNOWN, None)
        assert column(one, "stars").found in {"1", "2", "3", "4", "5"}
        assert (column(one, "author").found, column(one, "text").found) == ("[redacted]", "[redacted]")
        assert column(one, "product_id").parents[0].index == 1
    assert "cannot be repeated: a receiver of the application created it" in text


def test_a_seeder_that_fails_now(shop: Database) -> None:
    class Failing(BaseSeeder):
        config = ProductSeeder.config

        def generate_data(self, rows: Rows) -> pl.DataFrame:
            raise ValueError("no [b]more")

    shop.seed(table="shop_product")
    Failing.__name__ = "ProductSeeder"

    one = explained(shop, Product, keys(Product, shop)[0], Registry([Failing()]))

    assert (one.obstacle, column(one, "name").found) == ("ProductSeeder fails: no [b]more", "Product 1")


def test_a_row_that_was_loaded_from_a_file(shop: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEEDING_MASKING_KEY", "sixteen characters and more")
    folder = tmp_path / "export"
    folder.mkdir()
    (folder / "shop_product.csv").write_text("id,name,price\n7,Chair,12.50\n9,Table,99.00\n", encoding="utf-8")
    (folder / "shop_review.csv").write_text(
        "product_id,author,stars,text,written_at\n9,Jane Doe,4,Fine,2026-01-01T00:00:00Z\n", encoding="utf-8"
    )
    shop.seed(source=str(folder))
    review = explained(shop, Review, keys(Review, shop)[0])
    code, text = said(shop, "shop_review", keys(Review, shop)[0])

    assert (review.origin, review.obstacle) == ("source", "it was loaded from files")
    assert column(review, "stars").role is Role.LOADED
    assert column(review, "product_id").parents == (
        ParentRow(table="shop_product", index=1, key=str(keys(Product, shop)[1]), is_there=True),
    )
    assert (column(review, "author").found, column(review, "stars").found) == ("[redacted]", "4")
    assert (column(review, "author").note, column(review, "stars").note) == ("masked when it was loaded", "")
    assert (code, "origin loaded from files" in text) == (0, True)


def test_a_column_that_a_profile_gives(shop: Database, tmp_path: Path) -> None:
    class NamedProductSeeder(BaseSeeder):
        config = SeederConfig(
            model=Product, record_count=RecordCount.fixed(5), not_pii=("name",), adjustable=("price", "stars")
        )

        def generate_data(self, rows: Rows) -> pl.DataFrame:
            return pl.DataFrame({"name": "Product " + numerals(rows.index), "price": pl.Series([1.0] * len(rows)),
                                 "stars": pl.Series([2.0] * len(rows))})  # fmt: skip

    file = tmp_path / "cheap.toml"
    file.write_text('[tables.shop_product.columns.price]\nvalue = "3.25"\n', encoding="utf-8")
    registry = Registry([NamedProductSeeder()])
    summary = api.seed(SeedConfig(database=shop.alias, profile=str(file), today=AS_OF), registry=registry)
    assert summary.exit_code == 0

    one = explained(shop, Product, keys(Product, shop)[1], registry)

    price, stars = column(one, "price"), column(one, "stars")
    assert (price.role, price.is_same, price.found, "3.25" in price.rule) == (Role.PROFILE, True, "3.25", True)
    assert (stars.role, stars.rule, stars.is_same, bool(one.profile)) == (Role.GENERATED, "", True, True)


def test_a_row_that_was_rolled_back(shop: Database) -> None:
    shop.seed(table="shop_product")
    key = keys(Product, shop)[2]
    shop.rollback()

    one = explained(shop, Product, key)

    assert (one.rolled_back_in, one.index, one.is_there, one.columns) == (2, 2, None, ())
    assert f"shop_product {key}: seeded, and rolled back by run 2 at " in said(shop, "shop_product", key)[1]


def test_what_was_not_seeded_is_one_sentence(shop: Database) -> None:
    shop.seed(table="shop_product")
    real = Product.objects.using(shop.alias).create(name="Real", price=1).pk

    for arguments, words in {
        ("shop_product", real): f"No row of shop_product with the key {real} was seeded: it is a real one.",
        ("shop_product", 99_999): "No row of shop_product with the key 99999 was seeded, and the table has none.",
        ("shop_product", MARKUP): f"No row of shop_product with the key {MARKUP} was seeded; it is no key of that table.",
        ("shop_customer", 1): "No row of shop_customer with the key 1 was seeded, and the table has none.",
        ("shop_products", 1): "There is no table 'shop_products'. Did you mean shop_product?",
    }.items():
        code, text = said(shop, *arguments)
        assert (code, text.startswith(words.removesuffix("?"))) == (1, True), text
    assert json.loads(said(shop, "shop_product", real, json=True)[1].split("}")[0] + "}")["exit_code"] == 1
    assert said(shop, "shop_product", keys(Product, shop)[0], verbosity=0) == (0, "")


def test_a_table_that_is_gone(make_database: Callable[..., Database]) -> None:
    database = make_database("sqlite", ready=False)
    call_command("migrate", database=database.alias, verbosity=0)
    database.seed(table="shop_review")
    key = keys(Review, database)[0]
    database.query("DROP TABLE shop_review")

    code, text = said(database, "shop_review", key)

    assert (code, "Its columns are not shown: the table shop_review is gone." in text) == (0, True)
    assert "in the database: missing" in text
