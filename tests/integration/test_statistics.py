from __future__ import annotations

from typing import Any

import pytest
from django.db import connections

from seeding.telemetry.events import Event
from seeding.writing import table_statistics
from tests.support.databases import Database


def test_the_database_counts_the_tables_that_have_grown(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []

    def watch(execute: Any, sql: str, *rest: Any) -> Any:
        told.extend([sql] if sql.startswith("ANALYZE") else [])
        return execute(sql, *rest)

    monkeypatch.setattr(table_statistics, "WORTH", 5)
    with connections[database.alias].execute_wrapper(watch):
        results = database.seed(table="grades,accounts,users")["results"]

    grown = sorted(result["table"] for result in results if result["records_inserted"] >= 5)
    assert grown == ["accounts", "users"]
    assert (
        told
        == {
            "sqlite": [],
            "mariadb": ["ANALYZE NO_WRITE_TO_BINLOG TABLE `accounts`, `users`"],
            "mysql": ["ANALYZE NO_WRITE_TO_BINLOG TABLE `accounts`, `users`"],
            "postgresql": ['ANALYZE "accounts", "users"'],
        }[database.server]
    )


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_table_that_cannot_be_counted_stops_nothing(database: Database) -> None:
    told: list[Event] = []

    table_statistics.refresh(database.alias, ["gone"], told.append)

    assert [(event.operation, event.level) for event in told] == [("analyze", "debug")]
    assert database.query("SELECT 1") == [(1,)]
