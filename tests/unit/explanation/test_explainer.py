"""What is said of columns that are made in other ways than most, and of rows that cannot be read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl
import pytest
from django.db import DatabaseError
from django.db.models import F, Q, Value

from seeding import Dataset, Derivation, RecordCount, Rows, SeederConfig, decimals, numerals
from seeding.example.models import Customer, Order, Product, Review
from seeding.example.seeders.catalogue import ProductSeeder, ReviewSeeder
from seeding.explanation.explainer import explain, find
from seeding.explanation.results import ExplainedColumn, Role, RowExplanation
from seeding.explanation.values import dashed, text_of
from seeding.generation.registry import Registry
from seeding.generation.seeders import BaseSeeder
from seeding.verification.referring_rows import Pairs, Tracer
from tests.support.databases import Database
from tests.support.runs import run


class EchoSeeder(BaseSeeder):
    """Customers whose names follow from their addresses: of all but the first."""

    config = SeederConfig(
        model=Customer, record_count=RecordCount.fixed(3), pii_fields={"name": "person_name", "email": "email"}
    )

    def derivations(self, dataset: Dataset) -> tuple[Derivation, ...]:
        return (Derivation(values={"name": F("email")}, where=~Q(email="0@example.com"), reads=()),)

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        return pl.DataFrame({"name": numerals(rows.index), "email": numerals(rows.index) + "@example.com",
                             "joined_at": rows.moments(rows.uniform("joined", -9, 0))})  # fmt: skip


class RatedSeeder(BaseSeeder):
    """Products with stars that are the same for all but the first."""

    config = SeederConfig(model=Product, record_count=RecordCount.fixed(3), not_pii=("name",))

    def derivations(self, dataset: Dataset) -> tuple[Derivation, ...]:
        return (Derivation(values={"stars": Value(4.0)}, where=~Q(name="P0"), reads=("shop_review",)),)

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        return pl.DataFrame({"name": "P" + numerals(rows.index), "price": decimals(rows.index + 100, 2),
                             "stars": pl.Series([1.5] * len(rows))})  # fmt: skip


def explained(shop: Database, table: str, key: int, *seeders: BaseSeeder, **options: Any) -> RowExplanation:
    registry = Registry(seeders)
    return explain(shop.alias, registry, find(shop.alias, registry, table, str(key)), **options)


def column(of: RowExplanation, name: str) -> ExplainedColumn:
    return next(one for one in of.columns if one.column == name)


def test_a_personal_value_that_is_derived_is_not_shown(shop: Database) -> None:
    run(shop, EchoSeeder())
    Customer.objects.using(shop.alias).filter(email="1@example.com").update(email="jane@real.test")
    keys = list(Customer.objects.using(shop.alias).order_by("pk").values_list("pk", flat=True))

    edited, whole = (explained(shop, "shop_customer", key, EchoSeeder()) for key in keys[1:])

    assert [(one.column, one.expected, one.found) for one in edited.differing] == [
        ("name", "[redacted]", "[redacted]"),
        ("email", "1@example.com", "[redacted]"),
    ]
    assert (list(whole.differing), column(whole, "name").is_same, column(whole, "name").found) == ([], True, "[redacted]")


def test_a_row_that_no_derivation_is_for_keeps_what_was_generated(shop: Database) -> None:
    run(shop, RatedSeeder())
    first, second, _ = Product.objects.using(shop.alias).order_by("pk").values_list("pk", flat=True)

    kept, derived = (column(explained(shop, "shop_product", key, RatedSeeder()), "stars") for key in (first, second))
    shop.query("DROP TABLE shop_review")
    lacking = column(explained(shop, "shop_product", second, RatedSeeder()), "stars")

    assert (kept.role, kept.expected, kept.is_same) == (Role.DERIVED, "1.5", True)
    assert kept.note == "no derivation is for this row, which keeps what was generated"
    assert (derived.expected, derived.is_same, derived.note) == ("4.0", True, "from shop_review")
    assert (lacking.is_known, lacking.is_same, lacking.note) == (False, None, "from shop_review; gone: shop_review")


def test_a_column_that_the_model_lacks_is_named_and_not_read(shop: Database) -> None:
    run(shop, ProductSeeder())
    shop.query("ALTER TABLE shop_product ADD COLUMN legacy varchar(20) DEFAULT 'x'")

    legacy = column(explained(shop, "shop_product", 1, ProductSeeder()), "legacy")

    assert (legacy.role, legacy.found, legacy.note) == (Role.UNKNOWN, None, "the model lacks it, so it was not read")


def test_a_reference_to_rows_that_no_seeder_makes_any_more(shop: Database) -> None:
    run(shop, ProductSeeder(), ReviewSeeder())

    one = explained(shop, "shop_review", 1, ReviewSeeder())

    assert "no seeded table and no seeder" in one.obstacle
    assert (column(one, "product_id").parents[0].index, column(one, "stars").role) == (0, Role.UNKNOWN)


def test_rows_that_cannot_be_read_are_said_not_to_be_counted(shop: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    run(shop, ProductSeeder(), ReviewSeeder())

    def denied(*_: Any, **__: Any) -> Iterator[Pairs]:
        raise DatabaseError(1142, "SELECT command denied for table 'shop_review'")

    monkeypatch.setattr(Tracer, "referring", denied)

    told = {one.table: one.problem for one in explained(shop, "shop_product", 1, ProductSeeder(), ReviewSeeder()).referring}

    assert told.keys() == {"shop_orderline", "shop_review"}
    assert all(words.startswith("not counted: ") and "The account lacks a right" in words for words in told.values())


def test_keys_of_real_rows_that_are_personal_are_not_shown(shop: Database) -> None:
    class KeyedReviews(BaseSeeder):
        config = SeederConfig(model=Review, record_count=RecordCount.fixed(0), pii_fields={"id": "person_name"})

        def generate_data(self, rows: Rows) -> pl.DataFrame:
            return pl.DataFrame()

    run(shop, ProductSeeder())
    Review.objects.using(shop.alias).create(product_id=1, author="a", stars=1, text="", written_at="2026-01-01T00:00Z")

    (one,) = explained(shop, "shop_product", 1, ProductSeeder(), KeyedReviews()).referring

    assert (one.table, one.real, one.real_keys) == ("shop_review", 1, ("[redacted]",))


def test_without_the_model_only_the_origin_is_told(shop: Database) -> None:
    run(shop, ProductSeeder())
    shop.query("CREATE TABLE old_product AS SELECT * FROM shop_product")
    shop.query("UPDATE seeding_metadata SET table_name = 'old_product'")

    one = explained(shop, "old_product", 1)

    assert (one.is_there, one.columns, one.note) == (None, (), "no model describes old_product")
    assert Order.objects.using(shop.alias).count() == 0


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, None),
        (True, "True"),
        ({"a": ["ö"]}, '{"a": ["ö"]}'),
        (b"\x00\xff", "0x00ff"),
        (1.5, "1.5"),
    ],
)
def test_values_have_one_text(value: Any, text: str | None) -> None:
    assert text_of(value) == text


def test_uuids_get_their_dashes() -> None:
    assert dashed("0b8164eb321347c687240b8164cf7ee2, 2") == "0b8164eb-3213-47c6-8724-0b8164cf7ee2, 2"
