"""A few rows of the shop, written by hand, and planners of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime

import pytest
from django.apps import apps
from django.db import connections

from seeding.keys import KeySet
from seeding.rollbacks.plan import Planner, SeededRows
from seeding.rollbacks.referring_rows import Tracer
from seeding.schema.introspection import all_tables
from seeding.schema.relations import relations
from tests.support.databases import Database

NOW = datetime(2026, 3, 2, tzinfo=UTC)
ROWS = """
INSERT INTO shop_product (id, name, price) VALUES (1, 'cup', 5), (2, 'jar', 6), (3, 'mug', 7);
INSERT INTO shop_review (id, product_id, author, stars, text, written_at)
    VALUES (1, 1, 'Ann', 5, '', '2026-03-02'), (2, 1, 'Ben', 4, '', '2026-03-02'), (3, 2, 'Cid', 3, '', '2026-03-02');
INSERT INTO shop_customer (id, name, email, joined_at)
    VALUES (1, 'Dan', 'dan@example.com', '2026-03-02'), (2, 'Eve', 'eve@example.com', '2026-03-02');
INSERT INTO shop_order (id, customer_id, status, ordered_at, total)
    VALUES (1, 1, 'paid', '2026-03-02', 0), (2, 1, 'paid', '2026-03-02', 0), (3, 2, 'paid', '2026-03-02', 0);
INSERT INTO shop_orderline (id, order_id, product_id, quantity, unit_price)
    VALUES (1, 1, 1, 1, 5), (2, 1, 2, 1, 6), (3, 2, 1, 1, 5), (4, 3, 3, 1, 7);
"""
"""Orders 1 and 2 are Dan's, of lines 1 and 2, and 3; order 3 is Eve's, of line 4. Cup and jar have been reviewed."""
SEEDED = {
    ("Products", "shop_product"): (1, 2, 3),
    ("Reviews", "shop_review"): (1, 2, 3),
    ("Customers", "shop_customer"): (1, 2),
    ("Orders", "shop_order"): (1, 2, 3),
    ("Lines", "shop_orderline"): (1, 2, 3, 4),
}

MakePlanner = Callable[..., Planner]


def keys(*numbers: int) -> KeySet:
    return KeySet.of((number, number) for number in numbers)


def told(rows: Mapping[str, KeySet]) -> dict[str, list[int]]:
    """Rows as plain lists, those of tables that have some."""
    return {table: one.first(len(one)) for table, one in sorted(rows.items()) if one}


def script(shop: Database, statements: str) -> None:
    """Run statements that a semicolon at the end of a line separates."""
    for statement in statements.split(";\n"):
        if statement.strip():
            shop.query(statement)


@pytest.fixture
def make_planner(shop: Database) -> MakePlanner:
    """A planner of the rows above; all of them are seeded unless told otherwise."""
    script(shop, ROWS)

    def make(
        companions: Collection[Collection[str]] = (),
        followed: Mapping[str, Collection[str]] | None = None,
        seeded: Mapping[tuple[str, str], tuple[int, ...]] = SEEDED,
    ) -> Planner:
        rows = SeededRows(
            of_seeder={name: keys(*numbers) for name, numbers in seeded.items()},
            companions=tuple(frozenset(group) for group in companions),
            followed=followed or {},
        )
        there = all_tables(connections[shop.alias])
        links = relations(there, apps.get_app_config("shop").get_models())
        return Planner(rows, there, tuple(sorted(links, key=str)), Tracer(shop.alias))

    return make
