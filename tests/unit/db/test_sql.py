"""Pieces of statements that take parameters."""

from __future__ import annotations

import pytest
from django.db import connections
from django.db.models import Count, Max, Min
from django.test.utils import CaptureQueriesContext

from seeding.db import sql
from seeding.db.sql import aggregates, count_rows, counts, quoted, quoted_plainly
from seeding.example.models import Customer, Product
from tests.support.databases import ROOT, Database


def test_a_name_is_in_quotes_and_its_percent_sign_stands_for_itself(shop: Database) -> None:
    connection = connections[shop.alias]
    name = quoted(connection, "50% off")

    assert name == '"50%% off"'
    assert shop.query(f"SELECT %s AS {name}", 7) == [(7,)]


def test_rows_of_any_table_are_counted(shop: Database) -> None:
    connection = connections[shop.alias]
    shop.query('CREATE TABLE "50% off" (id INTEGER)')
    before = count_rows(connection, "50% off")
    shop.query('INSERT INTO "50% off" VALUES (1), (2)')

    assert (before, count_rows(connection, "50% off")) == (0, 2)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ('say "hi"', '"say ""hi"""'),
        ("it's `so`: a.b {0}", '"it\'s `so`: a.b {0}"'),
        ('"schema"."table"', '"schema"."table"'),  # in quotes already
    ],
)
def test_quotes_within_a_name_are_doubled(shop: Database, name: str, shown: str) -> None:
    assert quoted_plainly(connections[shop.alias], name) == shown


def test_rows_of_many_tables_are_counted_in_one_statement(shop: Database) -> None:
    shop.query("INSERT INTO shop_product (id, name, price) VALUES (1, 'cup', 5), (3, 'pot', 7)")
    products = Product.objects.using(shop.alias)

    with CaptureQueriesContext(connections[shop.alias]) as queries:
        found = counts([products, Customer.objects.using(shop.alias), products.filter(pk__gt=1).order_by("name")])

    assert (found, len(queries)) == ([2, 0, 1], 1)
    assert counts([products]) == [2]
    assert counts([]) == []


def test_aggregates_of_many_querysets_keep_their_order(shop: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sql, "PARTS", 2)
    shop.query("INSERT INTO shop_product (id, name, price) VALUES (1, 'cup', 5), (3, 'pot', 7)")
    products = Product.objects.using(shop.alias)

    found = aggregates([(products.filter(pk__lte=key), (Count("pk"), Min("pk"), Max("pk"))) for key in range(5)])

    assert found == [(0, None, None), (1, 1, 1), (1, 1, 1), (2, 1, 3), (2, 1, 3)]


def test_no_manager_decides_which_rows_are_looked_at() -> None:
    sources = {path: path.read_text(encoding="utf-8") for path in (ROOT / "seeding").rglob("*.py")}

    assert len(sources) > 400
    assert [str(path) for path, text in sources.items() if "_base_manager" in text or "_default_manager" in text] == []
