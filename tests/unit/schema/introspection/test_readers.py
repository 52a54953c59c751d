"""Whose reader is asked, and what is made of its answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any, cast

import pytest
from django.db import DatabaseError, OperationalError, connections

from seeding.example.models import Customer, Product, Review
from seeding.schema.introspection import (
    all_tables,
    keys_from_elsewhere,
    lacking,
    mysql,
    other_schemas,
    out_of_sight,
    postgresql,
    qualified,
    read_kinds,
    read_schemas,
    read_tables,
    schemas_with,
)
from seeding.schema.tables import ForeignKey, RelationKind
from tests.support.databases import Database
from tests.unit.safety.answers import Answers


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
        ("stock", "item", "product_id", "shop_product", "id", "one", ""),
        ("stock", "item", "order_id", "shop_order", "id", "two", "shop_order_1"),
        ("old", "item", "product_id", "shop_product", "id", "one", ""),
    ]
    server = Answering(vendor, rows)

    assert keys_from_elsewhere(cast("Any", server), ()) == {
        "<stock>.<item>": (
            ForeignKey(column="product_id", table="shop_product", key="id"),
            ForeignKey(column="order_id", table="shop_order", key="id", target_partition="shop_order_1"),
        ),
        "<old>.<item>": (ForeignKey(column="product_id", table="shop_product", key="id"),),
    }
    assert server.asked == [statement]


def test_sqlite_has_no_other_schemas(shop: Database) -> None:
    assert keys_from_elsewhere(connections[shop.alias], ()) == {}
    assert other_schemas(connections[shop.alias], ["shop_review"]) == {}
    assert read_schemas(connections[shop.alias]) == {}
    assert schemas_with(connections[shop.alias], "shop_review") == frozenset()
    assert out_of_sight(connections[shop.alias]) == ()


def named(*tables: str) -> Any:
    """Models as far as their tables' names."""
    return [SimpleNamespace(_meta=SimpleNamespace(db_table=table)) for table in tables]


def test_a_model_may_name_its_tables_schema(shop: Database) -> None:
    connection = connections[shop.alias]
    shop.query("ATTACH ':memory:' AS crm")
    shop.query("CREATE TABLE crm.contact (id integer)")
    mirrors = named(
        "shop_review", '"main"."shop_review"', '"crm"."contact"', '"crm"."gone"', "`crm`.`contact`", 'crm"."contact'
    )

    try:
        assert qualified(connection, mirrors) == {
            '"main"."shop_review"': "shop_review",
            '"crm"."contact"': '"crm"."contact"',
            'crm"."contact': '"crm"."contact"',
        }
    finally:
        shop.query("DETACH crm")


@pytest.mark.parametrize(
    ("vendor", "statement", "answer"),
    [
        ("postgresql", postgresql.SCHEMAS, [("contact", "crm"), ("item", "stock")]),
        ("mysql", "SELECT DATABASE()", [("crm",)]),
    ],
)
def test_a_servers_own_schema_needs_no_name(vendor: str, statement: str, answer: list[tuple[str, ...]]) -> None:
    connection: Any = Answers(vendor, {statement: answer})
    connection.ops = SimpleNamespace(quote_name='"{}"'.format)

    assert qualified(connection, named('"crm"."contact"')) == {'"crm"."contact"': "contact"}


def test_a_table_that_may_not_be_read_is_not_called_missing(shop: Database) -> None:
    connection = connections[shop.alias]

    def refuse(*_: Any) -> None:
        raise OperationalError("permission denied")

    with connection.execute_wrapper(refuse), pytest.raises(DatabaseError, match="permission denied"):
        qualified(connection, named('"crm"."contact"'))


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("CREATE TABLE t (id integer)", RelationKind.TABLE),
        ("CREATE VIEW t AS SELECT * FROM shop_product", RelationKind.VIEW),
        ("CREATE VIEW t AS SELECT count (*) FROM shop_product", RelationKind.REPORT),
        ("CREATE VIEW t AS SELECT p.* FROM shop_product p JOIN shop_review", RelationKind.REPORT),
        ("CREATE VIEW t AS SELECT price FROM shop_product GROUP BY price", RelationKind.REPORT),
        ("CREATE VIEW t AS SELECT name AS summary FROM shop_product", RelationKind.VIEW),
        ("CREATE VIRTUAL TABLE t USING fts5(name)", RelationKind.INDEX),
    ],
)
def test_a_relation_of_sqlite_has_a_kind(shop: Database, statement: str, kind: RelationKind) -> None:
    shop.query(statement)

    assert read_kinds(connections[shop.alias], ())["t"] is kind


def test_of_a_server_without_a_reader_django_tells_the_kinds(shop: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.query("CREATE VIEW seen AS SELECT count (*) FROM shop_product")
    monkeypatch.setattr(connections[shop.alias], "vendor", "unheard of")

    kinds = read_kinds(connections[shop.alias], ())

    assert (kinds["shop_product"], kinds["seen"]) == (RelationKind.TABLE, RelationKind.VIEW)


@pytest.mark.parametrize(
    ("told", "kind"),
    [
        ("BASE TABLE", RelationKind.TABLE),
        ("SYSTEM VERSIONED", RelationKind.VERSIONED),
        ("SEQUENCE", RelationKind.SEQUENCE),
        ("VIEW", RelationKind.VIEW),
        ("REPORT", RelationKind.REPORT),
        ("something new", RelationKind.OTHER),
    ],
)
def test_a_relation_of_mysql_has_a_kind(told: str, kind: RelationKind) -> None:
    connection: Any = Answers("mysql", {mysql.RELATIONS: [("t", told)]})

    assert read_kinds(connection, ()) == {"t": kind}


def test_kinds_have_the_known_names_where_the_server_ignores_letter_case() -> None:
    connection: Any = Answers("mysql", {mysql.RELATIONS: [("oldorders", "BASE TABLE"), ("plain", "VIEW")]})
    connection.mysql_server_data = {"lower_case_table_names": 1}

    assert read_kinds(connection, ["oldOrders"]) == {"oldOrders": RelationKind.TABLE, "plain": RelationKind.VIEW}


@pytest.mark.parametrize(
    ("told", "kind"),
    [
        ("r", RelationKind.TABLE),
        ("p", RelationKind.TABLE),
        ("v", RelationKind.VIEW),
        ("m", RelationKind.REPORT),
        ("f", RelationKind.FOREIGN),
        ("partition", RelationKind.PARTITION),
    ],
)
def test_a_relation_of_postgresql_has_a_kind(told: str, kind: RelationKind) -> None:
    connection: Any = Answers("postgresql", {postgresql.RELATIONS: [("t", told)]})

    assert read_kinds(connection, ()) == {"t": kind}
