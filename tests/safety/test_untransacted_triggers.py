"""Triggers whose rows a rolled-back transaction leaves behind: the row that reserves keys would be noted for good."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.safety.forms import PRODUCTS
from tests.shop.conftest import INSTALLED
from tests.support.databases import Database
from tests.support.runs import run

with INSTALLED:
    from seeding.example.seeders.catalogue import ProductSeeder

NOTES = {
    "a table without transactions": ("CREATE TABLE notes (name varchar(99)) ENGINE=MyISAM", 3),
    "a view": ("CREATE VIEW notes AS SELECT name FROM others", 3),
    "a table with transactions": ("CREATE TABLE notes (name varchar(99)) ENGINE=InnoDB", 0),
}


@pytest.mark.parametrize("kind", NOTES)
def test_a_trigger_that_writes_where_nothing_is_rolled_back_is_refused(products: Callable[..., Database], kind: str) -> None:
    notes, code = NOTES[kind]
    database = products(
        "mariadb",
        f"CREATE TABLE shop_product ({PRODUCTS['mariadb']})",
        "CREATE TABLE others (name varchar(99)) ENGINE=MyISAM",
        notes,
        "CREATE TRIGGER noting AFTER INSERT ON shop_product FOR EACH ROW INSERT INTO notes (name) VALUES (NEW.name)",
    )

    with INSTALLED:
        summary, told = run(database, ProductSeeder(), size="small")

    assert summary.exit_code == code
    assert database.query("SELECT COUNT(*) FROM notes") == database.query("SELECT COUNT(*) FROM shop_product")
    if code:
        sentence = "has the trigger noting (AFTER INSERT), which may write to a table without transactions"
        assert sentence in f"{told} {summary}"
        assert database.query("SELECT COUNT(*) FROM notes") == [(0,)]
