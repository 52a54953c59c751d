"""Tables as Django's introspection tells them, here of SQLite, which stands for a server without a reader."""

from __future__ import annotations

import pytest
from django.db import connections

from seeding.schema.introspection.generic import kind_of, read_tables
from seeding.schema.tables import ColumnSchema, ForeignKey, Kind
from tests.support.databases import Database


@pytest.mark.parametrize(
    ("field_type", "kind"),
    [
        ("IntegerField", Kind.INTEGER),
        ("PositiveBigIntegerField", Kind.INTEGER),
        ("BigAutoField", Kind.INTEGER),
        ("BooleanField", Kind.BOOLEAN),
        ("DecimalField", Kind.DECIMAL),
        ("FloatField", Kind.FLOAT),
        ("CharField", Kind.TEXT),
        ("TextField", Kind.TEXT),
        ("DateField", Kind.DATE),
        ("DateTimeField", Kind.DATETIME),
        ("JSONField", Kind.JSON),
        ("UUIDField", Kind.UUID),
        ("unknown", Kind.OTHER),
    ],
)
def test_the_kind_of_a_field(field_type: str, kind: Kind) -> None:
    assert kind_of(field_type) is kind


def test_a_table_as_django_reads_it(shop: Database) -> None:
    shop.query(
        "CREATE TABLE things (id integer NOT NULL PRIMARY KEY, name varchar(5) NOT NULL DEFAULT 'new', "
        "product_id integer REFERENCES shop_product (id), badge integer UNIQUE, place point)"
    )

    things = read_tables(connections[shop.alias], ["things", "nowhere"])

    assert list(things) == ["things"]
    assert things["things"].columns == {
        "id": ColumnSchema(name="id", kind=Kind.INTEGER, nullable=False, has_default=False),
        "name": ColumnSchema(name="name", kind=Kind.TEXT, nullable=False, has_default=True, default="'new'", length=5),
        "product_id": ColumnSchema(name="product_id", kind=Kind.INTEGER, nullable=True, has_default=False),
        "badge": ColumnSchema(name="badge", kind=Kind.INTEGER, nullable=True, has_default=False),
        "place": ColumnSchema(name="place", kind=Kind.OTHER, nullable=True, has_default=False),
    }
    assert things["things"].primary_key == "id"
    assert things["things"].has_row_key
    assert things["things"].unique == (("badge",),)
    assert things["things"].foreign_keys == (ForeignKey(column="product_id", table="shop_product", key="id"),)


def test_a_unique_index_on_an_expression_is_no_unique_key(shop: Database) -> None:
    shop.query("CREATE UNIQUE INDEX folded ON shop_customer (name, lower(email))")

    customers = read_tables(connections[shop.alias], {"shop_customer"})["shop_customer"]

    assert customers.unique == (("email",),)


def test_the_primary_key_is_none_of_the_unique_keys(shop: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    # As the introspection of a server tells it; that of SQLite does not call its key unique.
    key = {"columns": ["id"], "unique": True, "primary_key": True, "foreign_key": None}
    monkeypatch.setattr(connections[shop.alias].introspection, "get_constraints", lambda *_: {"pk": key})

    assert read_tables(connections[shop.alias], {"shop_product"})["shop_product"].unique == ()


@pytest.mark.parametrize(("key", "primary_key"), [("PRIMARY KEY (one, other)", "one"), ("UNIQUE (one, other)", "")])
def test_a_table_whose_rows_no_single_column_names(shop: Database, key: str, primary_key: str) -> None:
    shop.query(f"CREATE TABLE things (one integer, other integer, CONSTRAINT k {key})")

    things = read_tables(connections[shop.alias], {"things"})["things"]

    assert (things.primary_key, things.has_row_key) == (primary_key, False)
