"""From row indexes to primary keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl
import pytest
from django.apps.registry import Apps
from django.db import connections, models

from seeding import BaseSeeder, Dataset, RecordCount, Registry, Rows, SeederConfig
from seeding.example.models import Order, OrderLine, Product, Review
from seeding.example.seeders.catalogue import ProductSeeder, ReviewSeeder
from seeding.exceptions import GenerationError, MisdeclaredSeederError
from seeding.keys import KeyMap
from seeding.ledger import reference_resolution as resolution
from seeding.ledger.natural_keys import Match, chosen
from seeding.ledger.parent_values import NotKnownYetError
from seeding.ledger.queries import Ledger
from seeding.ledger.reference_resolution import Resolver
from seeding.schema.references import ReferencingJSONField, TypedReferenceField
from tests.support.databases import AS_OF, Database
from tests.unit.ledger.entries import NOW, a_batch, a_run

COUNT = RecordCount.fixed(5)
NOTHING = KeyMap.of(())
DATASET = Dataset(seed=1, as_of=AS_OF)


class Made(BaseSeeder):
    """Whose rows nobody generates here."""

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        raise AssertionError("no row is generated")


class ReferenceProducts(BaseSeeder):
    """Products that are adopted where the shop has them: Tea 0, Tea 1, …"""

    config = SeederConfig(model=Product, record_count=COUNT, natural_key=("name",))

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        return pl.DataFrame({"name": [f"Tea {index}" for index in rows.index], "price": [1] * len(rows)})


class RatedProducts(Made):
    """Products that are known by their name and stars."""

    config = SeederConfig(model=Product, record_count=COUNT, natural_key=("name", "stars"))


class ReferenceReviews(Made):
    """Reviews that are known by their product and author."""

    config = SeederConfig(
        model=Review, record_count=COUNT, natural_key=("product_id", "author"), dependencies=("shop_product",)
    )


class OrphanReviews(Made):
    config = SeederConfig(model=Review, record_count=COUNT)


class OtherProducts(Made):
    config = SeederConfig(model=Product, record_count=COUNT)


class ReviewsOfOtherProducts(Made):
    config = SeederConfig(model=Review, record_count=COUNT, dependencies=("OtherProducts",))


class PostponedReviews(Made):
    config = SeederConfig(model=Review, record_count=COUNT, postponed=("product_id",))


class Lines(Made):
    """Of whose products any will do."""

    config = SeederConfig(
        model=OrderLine, record_count=COUNT, dependencies=("shop_order", "shop_product"), any_parent=("product_id",)
    )


class Orders(Made):
    config = SeederConfig(model=Order, record_count=COUNT)


class Note(models.Model):
    """What names its rows in three more ways."""

    id = models.BigAutoField(primary_key=True)
    before = models.ForeignKey("self", models.CASCADE, null=True)
    kind = models.CharField(max_length=9)
    about = TypedReferenceField(kind="kind", targets={"PRODUCT": "shop.Product", "ORDER": "shop.Order"})
    items = ReferencingJSONField(targets={"product": "shop.Product"})

    class Meta:
        app_label = "notes"
        apps = Apps()


class Notes(Made):
    config = SeederConfig(model=Note, record_count=COUNT, dependencies=("shop_product", "shop_order"))


class NotesOnProducts(Made):
    config = SeederConfig(model=Note, record_count=COUNT, dependencies=("shop_product",))


SEEDERS: tuple[BaseSeeder, ...] = (ProductSeeder(), ReviewSeeder(), Orders(), Lines(), Notes())


def resolver(database: Database, *seeders: BaseSeeder) -> Resolver:
    return Resolver(Registry(seeders or SEEDERS), Ledger(database.alias), DATASET)


def in_ledger(database: Database, seeder: BaseSeeder, *ranges: list[int]) -> None:
    a_batch(a_run(database.alias), *ranges, seeder_name=seeder.name, table_name=seeder.config.table_name)


def in_shop(database: Database, names: Mapping[int, str]) -> None:
    """Products of the application's own: key → name."""
    Product.objects.using(database.alias).bulk_create(Product(id=key, name=name, price=1) for key, name in names.items())


def resolved(
    database: Database, seeder: BaseSeeder, column: str, values: list[Any], own: KeyMap = NOTHING
) -> tuple[list[Any], dict[str, list[bool]]]:
    """The keys of one column, and per broken reference which rows are broken."""
    found = resolver(database).resolve(seeder, pl.DataFrame({column: values}, schema_overrides={column: pl.Int64}), own)
    return found.data[column].to_list(), {str(reference): rows.to_list() for reference, rows in found.broken.items()}


def test_row_indexes_become_the_keys_of_the_ledger(shop: Database) -> None:
    in_ledger(shop, ProductSeeder(), [0, 2, 100], [2, 2, 200])

    assert resolved(shop, ReviewSeeder(), "product_id", [3, 0, 0, 2]) == ([201, 100, 100, 200], {})


def test_rows_that_refer_to_a_row_that_is_not_there_are_broken(shop: Database) -> None:
    in_ledger(shop, ProductSeeder(), [0, 2, 100])

    keys, broken = resolved(shop, ReviewSeeder(), "product_id", [0, 2, None, -1])

    assert keys == [100, None, None, None]
    assert broken == {"product_id": [False, True, False, True]}


def test_what_refers_to_nothing_stays_as_it_is(shop: Database) -> None:
    data = pl.DataFrame({"product_id": [None, None], "author": ["a", "b"]})

    found = resolver(shop).resolve(OrphanReviews(), data, NOTHING)

    assert found.data.equals(data)
    assert found.broken == {}
    assert resolved(shop, OrphanReviews(), "product_id", [None]) == ([None], {})


def test_rows_that_have_just_come_are_known_until_the_ledger_is_read_again(shop: Database) -> None:
    in_ledger(shop, ProductSeeder(), [0, 1, 100])
    keys = resolver(shop)

    keys.learn(ProductSeeder(), KeyMap.of([[1, 2, 300]]))
    assert keys.keys(ProductSeeder()).as_lists() == [[0, 1, 100], [1, 2, 300]]

    keys.forget(ProductSeeder())
    assert keys.keys(ProductSeeder()).as_lists() == [[0, 1, 100]]
    keys.forget(ReviewSeeder())  # which was never asked for


def test_rows_of_the_same_table_are_found_among_the_own_ones(shop: Database) -> None:
    assert resolved(shop, Notes(), "before_id", [None, 0, 1], KeyMap.of([[0, 2, 50]])) == ([None, 50, 51], {})


def test_a_reference_that_depends_on_a_kind_counts_only_for_that_kind(shop: Database) -> None:
    in_ledger(shop, ProductSeeder(), [0, 3, 100])
    in_ledger(shop, Orders(), [0, 1, 900])
    data = pl.DataFrame({"kind": ["PRODUCT", "ORDER", "OTHER", None, "ORDER"], "about": [2, 0, 7, 8, 5]})

    found = resolver(shop).resolve(Notes(), data, NOTHING)

    assert found.data["about"].to_list() == [102, 900, 7, 8, None]
    (reference,) = found.broken
    assert reference.when == ("kind", "ORDER")
    assert found.broken[reference].to_list() == [False, False, False, False, True]


def test_a_kind_that_no_row_is_of_needs_no_dependency(shop: Database) -> None:
    in_ledger(shop, ProductSeeder(), [0, 1, 100])
    data = pl.DataFrame({"kind": ["PRODUCT", "OTHER"], "about": [0, 0]})

    found = resolver(shop).resolve(NotesOnProducts(), data, NOTHING)

    assert found.data["about"].to_list() == [100, 0]


def test_references_in_lists_of_objects_are_resolved_where_they_stand(shop: Database) -> None:
    in_ledger(shop, ProductSeeder(), [0, 3, 100])
    lists = [[{"product": 2, "n": 1}, {"product": 0, "n": 2}], [], None, [{"product": 1, "n": 3}, {"product": 9, "n": 4}]]

    found = resolver(shop).resolve(Notes(), pl.DataFrame({"items": lists}), NOTHING)

    assert found.data["items"].to_list() == [
        [{"product": 102, "n": 1}, {"product": 100, "n": 2}],
        [],
        None,
        [{"product": 101, "n": 3}, {"product": None, "n": 4}],
    ]
    assert {str(one): rows.to_list() for one, rows in found.broken.items()} == {"items[].product": [False, False, False, True]}


@pytest.mark.parametrize("dtype", [None, pl.Object])
def test_references_in_objects_are_resolved_where_they_stand(shop: Database, dtype: Any) -> None:
    in_ledger(shop, ProductSeeder(), [0, 3, 100])
    values: list[Any] = [{"product": 2, "n": 1.5}, None, {"product": None, "n": 2.5}, {"product": 9, "n": 3.5}]

    found = resolver(shop).resolve(Notes(), pl.DataFrame({"items": pl.Series(values, dtype=dtype)}), NOTHING)

    assert found.data["items"].to_list() == [{**values[0], "product": 102}, None, values[2], {**values[3], "product": None}]
    assert {str(one): rows.to_list() for one, rows in found.broken.items()} == {"items[].product": [False, False, False, True]}


def test_lists_whose_objects_have_keys_of_their_own_change_in_nothing_but_the_reference(shop: Database) -> None:
    in_ledger(shop, ProductSeeder(), [0, 3, 100])
    lists: list[Any] = [
        [{"product": 2, "n": "5"}, {"n": 5}, {"product": None}],
        [],
        None,
        [{}],
        [{"product": 1}, {"product": 9, "n": True}],
    ]

    found = resolver(shop).resolve(Notes(), pl.DataFrame({"items": pl.Series(lists, dtype=pl.Object)}), NOTHING)

    assert found.data["items"].to_list() == [
        [{"product": 102, "n": "5"}, {"n": 5}, {"product": None}],
        [],
        None,
        [{}],
        [{"product": 101}, {"product": None, "n": True}],
    ]
    broken = {str(one): rows.to_list() for one, rows in found.broken.items()}
    assert broken == {"items[].product": [False, False, False, False, True]}


def test_any_parent_that_is_near_stands_in_for_one_that_is_not_there(shop: Database) -> None:
    in_ledger(shop, ProductSeeder(), [1, 1, 100], [4, 1, 200])

    assert resolved(shop, Lines(), "product_id", [0, 1, 3, 4, 9]) == ([100, 100, 100, 200, 200], {})


def test_nothing_stands_in_where_no_parent_was_meant(shop: Database) -> None:
    in_ledger(shop, ProductSeeder(), [1, 1, 100])

    keys, broken = resolved(shop, Lines(), "product_id", [None, 0, -1])

    assert keys == [None, 100, None]
    assert broken == {"product_id": [False, False, True]}


def test_no_parent_stands_in_where_there_is_none_or_where_that_would_not_be_exact(shop: Database) -> None:
    assert resolved(shop, Lines(), "product_id", [0]) == ([None], {"product_id": [True]})

    in_ledger(shop, ProductSeeder(), [1, 1, 100])
    found = resolver(shop).resolve(Lines(), pl.DataFrame({"product_id": [0, 1]}), NOTHING, exact=True)

    assert found.data["product_id"].to_list() == [None, 100]
    assert [rows.to_list() for rows in found.broken.values()] == [[True, False]]


def test_another_parent_stands_in_only_where_any_will_do(shop: Database) -> None:
    in_ledger(shop, Orders(), [1, 1, 100])

    assert resolved(shop, Lines(), "order_id", [0, 1]) == ([None, 100], {"order_id": [True, False]})


def test_a_reference_to_a_table_that_is_no_dependency_is_an_error_of_the_seeder(shop: Database) -> None:
    with pytest.raises(GenerationError) as refused:
        resolved(shop, OrphanReviews(), "product_id", [0])

    assert str(refused.value) == (
        "OrphanReviews generates product_id, which refers to shop_product, and does not depend on that table. "
        "Add 'shop_product' to its dependencies."
    )


def test_of_two_sources_of_a_table_the_seeder_must_name_one(shop: Database) -> None:
    in_ledger(shop, OtherProducts(), [0, 1, 500])
    keys = resolver(shop, ProductSeeder(), OtherProducts(), ReviewSeeder(), ReviewsOfOtherProducts())
    data = pl.DataFrame({"product_id": [0]})

    with pytest.raises(MisdeclaredSeederError) as refused:
        keys.resolve(ReviewSeeder(), data, NOTHING)

    assert str(refused.value) == (
        "ReviewSeeder.product_id refers to shop_product, which is filled by ProductSeeder and OtherProducts: "
        "name the intended one in its dependencies, instead of the table."
    )
    assert keys.resolve(ReviewsOfOtherProducts(), data, NOTHING).data["product_id"].to_list() == [500]


def test_a_postponed_reference_needs_no_dependency(shop: Database) -> None:
    in_ledger(shop, ProductSeeder(), [0, 1, 100])

    assert resolved(shop, PostponedReviews(), "product_id", [0]) == ([100], {})


def adopted(database: Database, index: list[int], data: pl.DataFrame | None = None) -> list[list[int]]:
    products = ReferenceProducts()
    return resolver(database, products).adopted(products, np.array(index, dtype=np.int64), data).as_lists()


def test_real_rows_that_hold_a_natural_key_are_adopted(shop: Database) -> None:
    in_shop(shop, {70: "Tea 3", 71: "Coffee", 72: "Tea 1"})

    assert adopted(shop, [0, 1, 2, 3]) == [[1, 1, 72], [3, 1, 70]]


def test_rows_that_have_been_generated_already_are_not_generated_again(shop: Database) -> None:
    in_shop(shop, {71: "Coffee"})

    assert adopted(shop, [4, 9], pl.DataFrame({"name": ["Milk", "Coffee"]})) == [[9, 1, 71]]


def test_a_row_whose_natural_key_is_null_in_part_is_nobody_elses(shop: Database) -> None:
    in_shop(shop, {71: "Coffee", 72: "Tea"})
    shop.query("UPDATE shop_product SET stars = 4.5 WHERE id = 72")
    rated = RatedProducts()
    data = pl.DataFrame({"name": ["Coffee", "Tea", "Tea"], "stars": [None, 4.5, None]})

    found = resolver(shop, rated).adopted(rated, np.arange(3), data)

    assert found.as_lists() == [[1, 1, 72]]


def test_only_reference_data_is_adopted(shop: Database) -> None:
    in_shop(shop, {70: "Product 1"})

    assert resolver(shop).adopted(ProductSeeder(), np.arange(3)).as_lists() == []
    assert adopted(shop, []) == []


def test_what_is_adopted_is_remembered(shop: Database) -> None:
    in_shop(shop, {70: "Tea 0", 71: "Tea 1"})
    products = ReferenceProducts()
    keys = resolver(shop, products)
    keys.adopted(products, np.array([0]))
    shop.query("DELETE FROM shop_product WHERE id = 70")

    assert keys.adopted(products, np.array([0])).as_lists() == [[0, 1, 70]]
    assert keys.adopted(products, np.array([1])).as_lists() == [[0, 2, 70]]


def test_references_to_adopted_rows_are_resolved(shop: Database) -> None:
    in_shop(shop, {70: "Tea 2"})
    products = ReferenceProducts()
    in_ledger(shop, products, [0, 2, 100])

    found = resolver(shop, products, ReviewSeeder()).resolve(
        ReviewSeeder(), pl.DataFrame({"product_id": [0, 2, 3, 1]}), NOTHING
    )

    assert found.data["product_id"].to_list() == [100, 70, None, 101]
    assert [rows.to_list() for rows in found.broken.values()] == [[False, False, True, False]]


def test_a_natural_key_that_holds_a_reference_is_looked_up_by_key(shop: Database) -> None:
    in_shop(shop, {100: "Tea", 101: "Milk"})
    in_ledger(shop, ProductSeeder(), [0, 2, 100])
    for key, product, author in ((1, 100, "Ada"), (2, 101, "Ada"), (3, 101, "Eve")):
        Review.objects.using(shop.alias).create(id=key, product_id=product, author=author, stars=5, written_at=NOW)
    data = pl.DataFrame({"product_id": [1, 0, 1], "author": ["Ada", "Eve", "Eve"]})
    reviews = ReferenceReviews()

    found = resolver(shop, ProductSeeder(), reviews).adopted(reviews, np.arange(3), data)

    assert found.as_lists() == [[0, 1, 2], [2, 1, 3]]


def test_natural_keys_are_asked_for_in_portions(shop: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resolution, "LOOKUP_CHUNK", 2)
    in_shop(shop, {70: "Tea 0", 71: "Tea 2", 72: "Tea 4"})
    asked: list[str] = []

    def watch(execute: Any, sql: str, *rest: Any) -> Any:
        asked.extend([sql] if 'FROM "shop_product"' in sql else [])
        return execute(sql, *rest)

    with connections[shop.alias].execute_wrapper(watch):
        found = adopted(shop, [0, 1, 2, 3, 4])

    assert found == [[0, 1, 70], [2, 1, 71], [4, 1, 72]]
    assert [sql.count("%s") for sql in asked] == [2, 2, 1]


@pytest.mark.parametrize(
    ("matches", "found"),
    [
        ([(0, 7, False)], {0: 7}),
        ([(0, 8, True), (0, 7, False)], {0: 8}),
        ([(0, 8, False), (0, 7, False)], {0: 7}),
        ([(0, 8, True), (0, 7, True)], {0: 7}),
        ([(0, 7, False), (1, 7, False)], {}),
        ([(0, 7, False), (1, 7, True)], {1: 7}),
        ([(0, 7, False), (1, 7, False), (1, 8, True)], {0: 7, 1: 8}),
        ([], {}),
    ],
)
def test_the_row_that_is_written_alike_goes_first(matches: list[tuple[int, int, bool]], found: dict[int, int]) -> None:
    assert chosen(Match(row=row, key=key, exact=exact) for row, key, exact in matches) == found


def test_all_planned_rows_decide_whose_a_real_row_is_that_is_written_otherwise(shop: Database) -> None:
    shop.query("DROP TABLE shop_product")
    shop.query("CREATE TABLE shop_product (id integer PRIMARY KEY, name text COLLATE NOCASE UNIQUE, price int, stars real)")
    in_shop(shop, {70: "tea 0", 71: "Tea 1", 72: "TEA 2"})

    class Twins(ReferenceProducts):
        def generate_data(self, rows: Rows) -> pl.DataFrame:
            return pl.DataFrame({"name": [["Tea 0", "TEA 1", "Tea 2", "Tea 1", "tea 2"][index] for index in rows.index]})

    products = Twins()
    keys = Resolver(Registry([products]), Ledger(shop.alias), DATASET, {products.name: 5})

    assert keys.adopted(products, np.array([1])).as_lists() == [[0, 1, 70], [3, 1, 71]]
    with connections[shop.alias].execute_wrapper(lambda *_: pytest.fail("it is known")):
        assert keys.adopted(products, np.array([2])).as_lists() == [[0, 1, 70], [3, 1, 71]]
        assert keys.offline().adopted(products, np.array([2])).as_lists() == [[0, 1, 70], [3, 1, 71]]


def test_an_offline_resolver_knows_what_the_other_knows_now_and_later(shop: Database) -> None:
    in_shop(shop, {70: "Tea 0"})
    products = ReferenceProducts()
    online = resolver(shop, products)
    offline = online.offline()

    with pytest.raises(NotKnownYetError):
        offline.keys(products)
    with pytest.raises(NotKnownYetError):
        offline.adopted(products, np.array([0]))

    online.learn(products, KeyMap.of([[1, 1, 100]]))
    online.adopted(products, np.array([0]))
    assert offline.keys(products).as_lists() == [[1, 1, 100]]
    assert offline.adopted(products, np.array([0])).as_lists() == [[0, 1, 70]]


def test_an_offline_resolver_asks_nothing(shop: Database) -> None:
    online = resolver(shop)
    online.keys(ProductSeeder())
    data = pl.DataFrame({"product_id": [0]})

    with connections[shop.alias].execute_wrapper(lambda *_: pytest.fail("the database was asked")):
        assert online.offline().resolve(ReviewSeeder(), data, NOTHING).broken
        with pytest.raises(NotKnownYetError):
            resolver(shop).offline().resolve(ReviewSeeder(), data, NOTHING)
