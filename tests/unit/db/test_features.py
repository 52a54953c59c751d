"""What each kind of server can do and needs."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connections

from seeding.db.features import ServerFeatures, assigns_from_left_to_right, features
from seeding.db.sql import count_rows
from tests.support.databases import Database


def server(vendor: str, **values: Any) -> Any:
    return SimpleNamespace(vendor=vendor, **values)


def test_a_server_of_no_known_kind_is_trusted_with_nothing_special() -> None:
    plain = replace(
        features(server("sqlite")), as_text="CAST({0} AS TEXT)", unusual_collation="", unreadable_date="", unreadable_dates=""
    )
    assert features(server("oracle")) == plain == ServerFeatures()


@pytest.mark.parametrize(("vendor", "concurrent", "suspends", "truncates"), [
    ("mysql", True, True, True), ("postgresql", True, False, False), ("sqlite", False, False, False),
])  # fmt: skip
def test_only_mysql_switches_foreign_keys_off_and_truncates(
    vendor: str, *, concurrent: bool, suspends: bool, truncates: bool
) -> None:
    found = features(server(vendor))

    assert (found.is_concurrent, found.suspends_foreign_keys, found.truncates) == (concurrent, suspends, truncates)


def test_postgresql_counts_the_rows_that_it_locks_in_a_subquery() -> None:
    assert features(server("postgresql")).locking_count.format("FROM a FOR UPDATE") == (
        "SELECT COUNT(*) FROM (SELECT 1 FROM a FOR UPDATE) AS locked"
    )
    assert features(server("mysql")).locking_count.format("FROM a FOR UPDATE") == "SELECT COUNT(*) FROM a FOR UPDATE"


@pytest.mark.parametrize(("connection", "expected"), [
    (server("mysql", sql_mode={"TRADITIONAL"}), True), (server("mysql", sql_mode={"SIMULTANEOUS_ASSIGNMENT"}), False),
    (server("postgresql"), False), (server("sqlite"), False),
])  # fmt: skip
def test_an_update_of_mysql_sees_what_it_has_assigned_unless_its_mode_says_otherwise(
    connection: Any, *, expected: bool
) -> None:
    assert assigns_from_left_to_right(connection) is expected


def test_rows_are_counted_in_a_table_of_any_name(shop: Database) -> None:
    shop.query('CREATE TABLE "odd %s name" (id INTEGER)')
    shop.query('INSERT INTO "odd %s name" VALUES (1), (2)')

    assert count_rows(connections[shop.alias], "odd %s name") == 2
