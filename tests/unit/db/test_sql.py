"""Pieces of statements that take parameters."""

from __future__ import annotations

import pytest
from django.db import connections

from seeding.db.sql import count_rows, quoted, quoted_plainly
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
