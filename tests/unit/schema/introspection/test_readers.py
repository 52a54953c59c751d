"""Whose reader is asked, and what is made of its answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any, cast

import pytest
from django.db import connections

from seeding.example.models import Customer, Product, Review
from seeding.schema.introspection import all_tables, keys_from_elsewhere, lacking, mysql, postgresql, read_tables
from seeding.schema.tables import ForeignKey
from tests.support.databases import Database


def test_the_tables_that_are_there_are_read_by_sqlites_own_reader(shop: Database) -> None:
    tables = read_tables(connections[shop.alias], {"shop_review", "nowhere"})

    assert list(tables) == ["shop_review"]
    assert [check.name for check in tables["shop_review"].checks] == ["shop_review_check_1", "one_to_five_stars"]


def test_a_server_without_a_reader_is_read_by_djangos(shop: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections[shop.alias], "vendor", "unheard of")

    tables = read_tables(connections[shop.alias], {"shop_review"})

    assert tables["shop_review"].checks == ()  # Django tells none
    assert tables["shop_review"].primary_key == "id"


def test_every_table_is_read(shop: Database) -> None:
    names = {
        name for (name,) in shop.query("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%%'")
    }

    assert all_tables(connections[shop.alias]).keys() == names
    assert {"shop_product", "seeding_run"} <= names


def test_what_a_table_lacks_for_a_query(shop: Database) -> None:
    shop.query("DROP TABLE shop_review")
    shop.query("ALTER TABLE shop_product RENAME COLUMN stars TO rating")
    shop.query("ALTER TABLE shop_product RENAME COLUMN price TO cost")

    assert lacking(connections[shop.alias], [Customer, Product, Review]) == {
        "shop_customer": (),
        "shop_product": ("shop_product.price", "shop_product.stars"),
        "shop_review": ("shop_review",),
    }


class Answering:
    """A connection to a server that is not there; it answers one statement."""

    def __init__(self, vendor: str, rows: Sequence[tuple[str, ...]]) -> None:
        self.vendor, self.mysql_server_data = vendor, {"lower_case_table_names": 0}
        self.asked: list[str] = []
        self.ops = SimpleNamespace(quote_name="<{}>".format)
        self._rows = rows

    @contextmanager
    def cursor(self) -> Iterator[Any]:
        yield SimpleNamespace(execute=self.asked.append, fetchall=lambda: self._rows)


@pytest.mark.parametrize(("vendor", "statement"), [("mysql", mysql.FROM_ELSEWHERE), ("postgresql", postgresql.FROM_ELSEWHERE)])
def test_keys_of_other_schemas_are_grouped_by_table(vendor: str, statement: str) -> None:
    rows = [
        ("stock", "item", "product_id", "shop_product", "id", "one"),
        ("stock", "item", "order_id", "shop_order", "id", "two"),
        ("old", "item", "product_id", "shop_product", "id", "one"),
    ]
    server = Answering(vendor, rows)

    assert keys_from_elsewhere(cast("Any", server), ()) == {
        "<stock>.<item>": (
            ForeignKey(column="product_id", table="shop_product", key="id"),
            ForeignKey(column="order_id", table="shop_order", key="id"),
        ),
        "<old>.<item>": (ForeignKey(column="product_id", table="shop_product", key="id"),),
    }
    assert server.asked == [statement]


def test_sqlite_has_no_other_schemas(shop: Database) -> None:
    assert keys_from_elsewhere(connections[shop.alias], ()) == {}
