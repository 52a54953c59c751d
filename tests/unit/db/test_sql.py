"""Pieces of statements that take parameters."""

from __future__ import annotations

from django.db import connections

from seeding.db.sql import count_rows, quoted
from tests.support.databases import Database


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
