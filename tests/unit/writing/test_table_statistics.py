"""What the planner is told of tables that have grown."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any

import pytest
from django.db import OperationalError, connections

from seeding.example.models import Product
from seeding.telemetry.events import Event
from seeding.writing.table_statistics import refresh
from tests.support.databases import Database


def told_of(database: Database, error: Exception | None, *tables: str) -> tuple[list[str], list[Event]]:
    """The statements and the events, where the database answers every statement with the error."""
    statements: list[str] = []
    events: list[Event] = []

    def answer(execute: Callable[..., Any], sql: str, *rest: Any) -> None:
        statements.append(sql)
        if error is not None:
            raise error

    with connections[database.alias].execute_wrapper(answer):
        refresh(database.alias, tables, events.append)
    return statements, events


@pytest.mark.parametrize(
    ("vendor", "statements"),
    [
        ("mysql", ['ANALYZE NO_WRITE_TO_BINLOG TABLE "shop_product", "shop_review"']),
        ("postgresql", ['ANALYZE "shop_product", "shop_review"']),
        ("sqlite", []),
        ("oracle", []),
    ],
)
def test_every_server_counts_its_tables_in_its_own_words(
    shop: Database, monkeypatch: pytest.MonkeyPatch, vendor: str, statements: list[str]
) -> None:
    monkeypatch.setattr(connections[shop.alias], "vendor", vendor)

    assert told_of(shop, None, "shop_product", "shop_review") == (statements, [])


def test_no_tables_are_not_counted(shop: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections[shop.alias], "vendor", "postgresql")

    assert told_of(shop, None) == ([], [])


def test_the_statement_counts_the_rows(shop: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    Product.objects.using(shop.alias).bulk_create(Product(name=name, price=1) for name in "abc")
    monkeypatch.setattr(connections[shop.alias], "vendor", "postgresql")  # whose ANALYZE of one table is SQLite's too

    refresh(shop.alias, ["shop_product"], lambda event: pytest.fail(str(event)))

    assert {row[0].split()[0] for row in shop.query("SELECT stat FROM sqlite_stat1 WHERE tbl = 'shop_product'")} == {"3"}


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (OperationalError(1142, "ANALYZE command denied"), sqlite3.Connection),
        (OperationalError(2013, "Lost connection"), type(None)),
    ],
    ids=["no right", "no connection"],
)
def test_a_database_that_does_not_count_is_told_of_and_stops_nothing(
    shop: Database, monkeypatch: pytest.MonkeyPatch, error: OperationalError, kind: type
) -> None:
    connection = connections[shop.alias]
    connection.ensure_connection()
    monkeypatch.setattr(connection, "vendor", "mysql")

    _, events = told_of(shop, error, "shop_product")

    (event,) = events
    assert (event.operation, event.level, event.error) == ("analyze", "debug", error)
    assert event.message == f"The planner was not informed: {error}"
    assert isinstance(connection.connection, kind)
