"""Keys of several columns, and why one does not say which rows are seeded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.db import connections

from seeding.example.models import Product
from seeding.safety.whole_keys import composite, listed
from seeding.schema.tables import ColumnSchema, Kind, TableSchema
from tests.support.databases import Database


def column(name: str, kind: Kind = Kind.INTEGER, **facts: Any) -> ColumnSchema:
    return ColumnSchema(name=name, kind=kind, nullable=False, has_default=False, **facts)


COLUMNS = {one.name: one for one in (column("shop"), column("id", counts=True), column("name", Kind.TEXT), column("price"))}
TABLE = TableSchema(name="shop_product", columns=COLUMNS, key=("shop", "id"), unique=())
KEYED = replace(TABLE, key=("name", "id"))
Causes = Callable[..., list[str]]


@pytest.fixture
def causes(shop: Database) -> Causes:
    def find(table: TableSchema, *, inserts: bool = True) -> list[str]:
        return [cause for cause, _ in composite(connections[shop.alias], table, [Product], inserts=inserts)]

    return find


def changed(**columns: ColumnSchema) -> TableSchema:
    return replace(KEYED, columns={**COLUMNS, **columns})


def test_one_column_counts_and_the_others_are_the_models(causes: Causes) -> None:
    assert (KEYED.primary_key, causes(KEYED)) == ("id", [])
    assert causes(TABLE) == ["has the primary key (shop, id), and the model Product lacks shop"]
    assert causes(TABLE, inserts=False) == []
    has = "has the primary key (name, id)"
    assert causes(changed(name=column("name", counts=True))) == [f"{has}, and the server counts in several of its columns"]


def test_the_others_stay_and_find_their_rows_again(causes: Causes) -> None:
    has = "has the primary key (name, id)"
    assert causes(changed(name=column("name", Kind.TEXT, on_update=True))) == [
        f"{has}, and name changes with every update of the row"
    ]
    (generated,) = causes(changed(name=column("name", Kind.TEXT, is_generated=True)))
    assert generated.startswith(f"{has}, and name is generated")


def test_the_model_counts_where_the_server_does(causes: Causes) -> None:
    other = replace(TABLE, key=("price", "id"), columns={**COLUMNS, "id": column("id"), "price": column("price", counts=True)})

    assert causes(other) == [
        "has the primary key (price, id), of which the server counts in price, and the model Product in id"
    ]
    assert (listed(()), listed(("a", "b"))) == ("no primary key", "the primary key (a, b)")
