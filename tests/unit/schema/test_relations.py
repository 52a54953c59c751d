"""Which columns of a database name rows of which tables, and in which order their rows can be deleted."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.db import connections
from django.test import override_settings

from seeding.example.models import Order, OrderLine, Product, Review
from seeding.schema.references import content_types
from seeding.schema.relations import Relation, deletion_order, relations, telling
from seeding.schema.tables import ColumnSchema, ForeignKey, Kind, TableSchema
from tests.support.databases import Database
from tests.unit.schema.models import Comment, Label, Movement, Note


def table(called: str, /, *keys: ForeignKey, texts: tuple[str, ...] = (), key: str = "id", **columns: bool) -> TableSchema:
    """A table; `columns` are its columns besides the key, and whether each may be null; those in `texts` hold texts."""
    made = {
        one: ColumnSchema(name=one, kind=Kind.TEXT if one in texts else Kind.INTEGER, nullable=null, has_default=False)
        for one, null in {key: False, **columns}.items()
    }
    return TableSchema(name=called, columns=made, key=(key,), unique=(), foreign_keys=keys)


def there(*tables: TableSchema) -> dict[str, TableSchema]:
    return {one.name: one for one in tables}


PRODUCTS, REVIEWS, ORDERS, CUSTOMERS = (
    table("shop_product", name=False),
    table("shop_review", ForeignKey(column="product_id", table="shop_product", key="id"), product_id=False),
    table("shop_order"),
    table("shop_customer", email=False),
)
OF_PRODUCT = Relation(
    table="shop_review",
    key="id",
    column="product_id",
    target="shop_product",
    target_key="id",
    target_column="id",
    declared=True,
    nullable=False,
)


# What the database declares


def test_a_declared_key_that_the_model_has_too_is_one_relation() -> None:
    assert relations(there(PRODUCTS, REVIEWS), [Review]) == (OF_PRODUCT,)


def test_a_key_of_the_model_that_the_database_does_not_declare_is_a_relation_too() -> None:
    undeclared = replace(REVIEWS, foreign_keys=())

    assert relations(there(PRODUCTS, undeclared), [Review]) == (replace(OF_PRODUCT, declared=False),)
    assert relations(there(PRODUCTS, undeclared), []) == ()


@pytest.mark.parametrize(("own", "target"), [("shop_review_1", ""), ("", "shop_product_1")])
def test_a_key_of_a_partition_is_a_relation_besides_the_one_of_the_whole_table(own: str, target: str) -> None:
    (key,) = REVIEWS.foreign_keys
    parted = replace(REVIEWS, foreign_keys=(replace(key, partition=own, target_partition=target),))

    assert relations(there(PRODUCTS, parted), [Review]) == (
        replace(OF_PRODUCT, partition=own, target_partition=target),
        replace(OF_PRODUCT, declared=False),
    )


def test_a_relation_of_a_partition_is_named_and_read_by_it() -> None:
    parted = replace(OF_PRODUCT, partition="shop_review_1")

    assert (parted.source, str(parted)) == ("shop_review_1", "shop_review_1.product_id")
    assert (OF_PRODUCT.source, str(OF_PRODUCT)) == ("shop_review", "shop_review.product_id")


def test_a_column_that_a_partition_requires_is_not_nullable() -> None:
    key = ForeignKey(column="product_id", table="shop_product", key="id", partition="p", required=True)

    (link,) = relations(there(PRODUCTS, table("shop_review", key, product_id=True)), [])

    assert not link.nullable


def test_a_key_to_a_table_that_is_not_there_is_no_relation() -> None:
    assert relations(there(REVIEWS), [Review]) == ()
    assert relations({}, [Review], {"other.t": [ForeignKey(column="a", table="shop_product", key="id")]}) == ()


def test_a_key_without_a_column_means_the_primary_key() -> None:
    one, other = (table("a", ForeignKey(column="b_id", table="b", key=key), b_id=True) for key in ("", "code"))
    target = table("b", code=False)

    assert [one.target_column for one in relations(there(one, target), [])] == ["id"]
    assert [one.target_column for one in relations(there(other, target), [])] == ["code"]


@pytest.mark.parametrize(
    ("key", "texts", "textual"), [("id", (), False), ("id", ("b_id",), True), ("", ("b_id",), True), ("code", ("b_id",), False)]
)
def test_a_text_that_holds_a_key_is_read_here(key: str, texts: tuple[str, ...], *, textual: bool) -> None:
    child = table("a", ForeignKey(column="b_id", table="b", key=key), b_id=True, texts=texts)

    (one,) = relations(there(child, table("b", code=False)), [])

    assert (one.textual, one.is_read_here) == (textual, textual)


def test_rows_that_no_single_column_names_cannot_be_read_page_by_page() -> None:
    child = replace(REVIEWS, key=("id", "product_id"))

    assert [one.pages for one in relations(there(PRODUCTS, child), [])] == [False]


def test_of_a_composite_key_the_column_tells_that_names_the_primary_key() -> None:
    tenant = ForeignKey(column="tenant", table="b", key="tenant", constraint="c")
    of_key = ForeignKey(column="b_id", table="b", key="ID", constraint="c")
    code = ForeignKey(column="code", table="b", key="code", constraint="c")
    tables = there(table("b"))

    assert list(telling([tenant, of_key, code], tables)) == [of_key]
    assert list(telling([tenant, code], tables)) == [code]  # else the last
    assert list(telling([tenant, code], {})) == []


def test_keys_of_one_column_each_are_told_apart() -> None:
    keys = [ForeignKey(column=column, table="b", key="id", constraint="") for column in ("first", "second")]

    assert list(telling(keys, there(table("b")))) == keys


def test_a_table_of_another_schema_refers_too() -> None:
    key = ForeignKey(column="product", table="shop_product", key="id", constraint="c")

    assert relations(there(PRODUCTS), [], {'"stock"."item"': [key]}) == (
        replace(OF_PRODUCT, table='"stock"."item"', key="", column="product"),
    )


# What the models add


def test_names_and_typed_references_and_lists_are_relations() -> None:
    movements = table(
        "unit_movement", kind=False, subject=True, items=False, named=False, buyer=False, texts=("kind", "named", "buyer")
    )

    found = relations(there(PRODUCTS, REVIEWS, ORDERS, CUSTOMERS, movements), [Movement])

    assert [(str(one), one.target, one.target_column, one.when, one.textual) for one in found if not one.declared] == [
        ("unit_movement.subject", "shop_product", "id", ("kind", "PRODUCT"), False),
        ("unit_movement.subject", "shop_order", "id", ("kind", "ORDER"), False),
        ("unit_movement.items[].product", "shop_product", "id", None, False),
        ("unit_movement.items[].review", "shop_review", "id", None, False),
        ("unit_movement.named", "shop_product", "name", None, False),
        ("unit_movement.buyer", "shop_customer", "email", ("kind", "ORDER"), False),
    ]
    assert [one.is_read_here for one in found if not one.declared] == [False, False, True, True, False, False]


def test_an_older_database_may_lack_a_column_or_the_one_that_tells_its_meaning() -> None:
    movements = table("unit_movement", subject=True, named=False)

    found = relations(there(PRODUCTS, ORDERS, movements), [Movement])

    assert [one.column for one in found] == ["named"]


def test_names_are_found_whatever_their_letter_case() -> None:
    movements = table("UNIT_MOVEMENT", Kind=False, Subject=True)

    (one,) = relations(there(table("Shop_Order", key="Id"), movements), [Movement])

    assert (str(one), one.target, one.target_column) == ("UNIT_MOVEMENT.Subject", "Shop_Order", "Id")
    assert one.when == ("Kind", "ORDER")


def test_a_table_of_the_very_name_goes_before_one_of_another_case() -> None:
    found = relations(there(table("SHOP_PRODUCT"), PRODUCTS, replace(REVIEWS, foreign_keys=())), [Review])

    assert [one.target for one in found] == ["shop_product"]


def test_a_model_whose_table_is_not_there_adds_nothing() -> None:
    assert relations(there(PRODUCTS), [Label, Comment, Movement], content_types={1: Product}) == ()


def test_a_generic_reference_is_one_relation_for_each_content_type() -> None:
    comments = table("unit_comment", content_type_id=False, object=False)
    notes = table("unit_note", content_type_id=False, object_id=False, texts=("object_id",))

    found = relations(
        there(PRODUCTS, ORDERS, comments, notes), [Comment, Note], content_types={7: Product, 9: Order, 11: OrderLine}
    )

    assert [(str(one), one.target, one.when, one.is_read_here) for one in found] == [
        ("unit_comment.object", "shop_product", ("content_type_id", "7"), False),
        ("unit_comment.object", "shop_order", ("content_type_id", "9"), False),
        ("unit_note.object_id", "shop_product", ("content_type_id", "7"), True),
        ("unit_note.object_id", "shop_order", ("content_type_id", "9"), True),
    ]


def test_content_types_are_read_where_there_are_some(shop: Database) -> None:
    connection, tables = connections[shop.alias], there(table("django_content_type"))
    shop.query("CREATE TABLE django_content_type (id INTEGER PRIMARY KEY, app_label TEXT, model TEXT)")
    shop.query("INSERT INTO django_content_type VALUES (7, 'shop', 'product'), (8, 'shop', 'gone'), (9, 'shop', 'orderline')")

    assert content_types(connection, tables) == {7: Product, 9: OrderLine}
    assert content_types(connection, {}) == {}
    with override_settings(INSTALLED_APPS=["seeding", "seeding.example"]):
        assert content_types(connection, tables) == {}


# The order of deletion


def link(child: str, parent: str, *, declared: bool = True, nullable: bool = False) -> Relation:
    return replace(OF_PRODUCT, table=child, target=parent, declared=declared, nullable=nullable)


def test_children_go_before_parents_and_otherwise_the_alphabet_decides() -> None:
    between = [link("lines", "orders"), link("orders", "customers"), link("lines", "products")]

    assert deletion_order({"orders", "products", "customers", "lines"}, between) == ("lines", "orders", "products", "customers")
    assert deletion_order({"b", "c", "a"}, []) == ("a", "b", "c")
    assert deletion_order([], between) == ()


def test_a_table_that_refers_to_itself_or_to_one_that_stays_waits_for_nothing() -> None:
    assert deletion_order(["a", "b"], [link("b", "b"), link("b", "elsewhere"), link("elsewhere", "a")]) == ("a", "b")


@pytest.mark.parametrize(
    ("opened", "kept"),
    [
        ({"declared": False}, {"declared": True, "nullable": True}),
        ({"declared": True, "nullable": True}, {"declared": True, "nullable": False}),
        ({"declared": False}, {"declared": True, "nullable": False}),
    ],
)
def test_a_circle_is_opened_where_the_database_needs_the_order_least(opened: dict[str, bool], kept: dict[str, bool]) -> None:
    assert deletion_order(["a", "b"], [link("a", "b", **kept), link("b", "a", **opened)]) == ("a", "b")
    assert deletion_order(["a", "b"], [link("a", "b", **opened), link("b", "a", **kept)]) == ("b", "a")


def test_a_circle_is_not_opened_at_what_is_seeded_after_another() -> None:
    between = [link("a", "b", declared=False), link("b", "a")]

    assert deletion_order(["a", "b"], between, seeded_after={("a", "b")}) == ("a", "b")
    assert deletion_order(["a", "b"], between, seeded_after={("a", "b"), ("b", "a")}) == ("b", "a")


def test_of_parallel_links_the_strongest_counts() -> None:
    between = [link("a", "b", declared=False), link("a", "b"), link("b", "a", nullable=True)]

    assert deletion_order(["a", "b"], between) == ("a", "b")


def test_every_circle_is_opened() -> None:
    between = [link("a", "b"), link("b", "a", declared=False), link("b", "c"), link("c", "a", declared=False)]

    assert deletion_order(["c", "b", "a"], between) == ("a", "b", "c")
