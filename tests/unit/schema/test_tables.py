"""Tables as the models declare them."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from django.db import connections, models

from seeding.example.models import OrderLine, Product, Review
from seeding.schema.tables import Check, ColumnSchema, ForeignKey, Kind, TableSchema, bare, expected, mirrored_tables
from tests.support.databases import Database
from tests.unit.schema.models import Label, Measured, Pair

PLAIN = ColumnSchema(name="", kind=Kind.TEXT, nullable=False, has_default=False)
INT64 = {"low": -(2**63), "high": 2**63 - 1}


def declared(model: type[models.Model], database: Database) -> TableSchema:
    return expected(model, connections[database.alias])


def test_a_table_of_the_shop(shop: Database) -> None:
    reviews = declared(Review, shop)

    assert (reviews.name, reviews.primary_key, reviews.unique) == ("shop_review", "id", ())
    assert list(reviews.columns) == ["id", "product_id", "author", "stars", "text", "written_at"]
    assert reviews.columns["author"] == replace(PLAIN, name="author", length=80)
    assert reviews.columns["text"] == replace(PLAIN, name="text")
    assert reviews.foreign_keys == (ForeignKey(column="product_id", table="shop_product", key="id"),)
    assert reviews.checks == (Check(name="one_to_five_stars", clause=""),)
    assert reviews.own_clauses == {"stars>=0"}
    assert reviews.has_row_key


def test_a_foreign_key_has_the_type_of_what_it_names(shop: Database) -> None:
    label = declared(Label, shop)

    assert label.columns["of"] == replace(PLAIN, name="of", length=80)
    assert label.columns["review_id"].kind is Kind.INTEGER
    assert label.columns["review_id"].nullable
    assert label.foreign_keys == (ForeignKey(column="review_id", table="shop_review", key="id"),)  # the other is not declared


@pytest.mark.parametrize(
    "column",
    [
        ColumnSchema(name="active", kind=Kind.BOOLEAN, nullable=False, has_default=True),
        ColumnSchema(name="level", kind=Kind.INTEGER, nullable=False, has_default=False, low=-128, high=127),
        ColumnSchema(name="share", kind=Kind.INTEGER, nullable=False, has_default=False, low=-(10**9), high=10**9),
        ColumnSchema(name="count", kind=Kind.INTEGER, nullable=True, has_default=False, low=0, high=2**63 - 1),
        ColumnSchema(
            name="price",
            kind=Kind.DECIMAL,
            nullable=False,
            has_default=False,
            scale=2,
            low=Decimal("-9999.99"),
            high=Decimal("9999.99"),
        ),
        ColumnSchema(name="weight", kind=Kind.FLOAT, nullable=False, has_default=False),
        ColumnSchema(name="state", kind=Kind.TEXT, nullable=False, has_default=False, length=8, values=("open", "done")),
        ColumnSchema(name="day", kind=Kind.DATE, nullable=False, has_default=True),
        ColumnSchema(name="at", kind=Kind.DATETIME, nullable=False, has_default=False),
        ColumnSchema(name="more", kind=Kind.JSON, nullable=False, has_default=True),
    ],
    ids=lambda column: str(column.name),
)
def test_a_column_of_each_kind(shop: Database, column: ColumnSchema) -> None:
    # SQLite's integers are all of 64 bits: the validators of a model narrow them, and never widen.
    assert declared(Measured, shop).columns[column.name] == column


def test_what_a_row_must_give(shop: Database) -> None:
    assert declared(Measured, shop).required == {"level", "share", "price", "weight", "state", "text", "at"}
    assert declared(Product, shop).required == {"name", "price"}


def test_unique_keys_are_those_that_hold_for_every_row(shop: Database) -> None:
    assert declared(Pair, shop).unique == (("left_id",), ("code", "left_id"), ("to_the_right", "code"))
    assert declared(Product, shop).unique == (("name",),)


def test_the_checks_of_a_model_are_known_by_name(shop: Database) -> None:
    assert declared(Pair, shop).checks == (Check(name="not_empty", clause=""),)


def test_the_mirrored_tables_are_those_of_the_models_and_what_they_refer_to() -> None:
    assert mirrored_tables([OrderLine, Review]) == {"shop_orderline", "shop_order", "shop_product", "shop_review"}
    assert mirrored_tables([]) == frozenset()


@pytest.mark.parametrize("clause", ['"stars" >= 0', "(`stars` >= 0)", "((Stars)\n>= (0))", "stars>=0"])
def test_a_bare_clause_is_the_same_on_every_server(clause: str) -> None:
    assert bare(clause) == "stars>=0"
