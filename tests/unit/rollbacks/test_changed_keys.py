"""A table that has another primary key than when it was seeded: its numbers are those of other rows."""

from __future__ import annotations

import pytest

from seeding import RollbackConfig, api
from seeding.exceptions import SchemaError
from tests.support.databases import Database

REBUILT = """
CREATE TABLE guest ({}, name TEXT);
INSERT INTO guest SELECT id, 100 + id, 'seeded' FROM shop_product;
INSERT INTO guest VALUES (901, 1, 'real'), (902, 2, 'real');
DELETE FROM shop_product;
UPDATE seeding_metadata SET table_name = 'guest';
"""
"""Seeded rows in a table that no model mirrors, beside real ones whose `number` is the `id` of a seeded row."""


def rebuilt(shop: Database, columns: str) -> None:
    shop.seed(table="shop_product")
    for statement in REBUILT.format(columns).split(";"):
        if statement.strip():
            shop.query(statement)


@pytest.mark.parametrize("dry_run", [False, True])
def test_rows_under_the_numbers_of_another_column_stay(shop: Database, *, dry_run: bool) -> None:
    rebuilt(shop, "id INTEGER, number INTEGER PRIMARY KEY")
    before = shop.query("SELECT * FROM guest")

    words = r"guest: rows were seeded under the primary key \(id\), and it is \(number\) now"
    with pytest.raises(SchemaError, match=words):
        api.rollback(RollbackConfig(database=shop.alias, force=True, dry_run=dry_run))
    assert shop.query("SELECT * FROM guest") == before


def test_the_same_column_in_other_letters_is_the_same_key(shop: Database) -> None:
    rebuilt(shop, "ID INTEGER PRIMARY KEY, number INTEGER")

    summary = api.rollback(RollbackConfig(database=shop.alias, force=True))

    assert (summary.exit_code, summary.records_deleted) == (0, 10)
    assert shop.query("SELECT name FROM guest") == [("real",), ("real",)]


def test_what_release_0_1_has_seeded_is_rolled_back(shop: Database) -> None:
    rebuilt(shop, "id INTEGER PRIMARY KEY, number INTEGER")
    shop.query("UPDATE seeding_metadata SET key_columns = '[]'")

    assert api.rollback(RollbackConfig(database=shop.alias, force=True)).records_deleted == 10
