"""The rows of a database, read without the code that wrote them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import connections

from tests.support.databases import Database
from tests.support.rows import business_data, ledgered_keys


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """What was read."""

    business: dict[str, list[dict[str, Any]]]
    """Every row without its primary key; references as the position of their target."""
    unledgered: dict[str, set[int]]
    """Keys that are in a table and not in the ledger."""
    absent: dict[str, set[int]]
    """Keys that the ledger holds for rows that are not there."""

    @classmethod
    def of(cls, database: Database) -> Rows:
        """Read everything; the ledger must not change meanwhile."""
        unledgered, absent = {}, {}
        for model in apps.get_app_config("terpseed").get_models():
            table = model._meta.db_table
            there = {row[0] for row in database.query(f"SELECT id FROM {_quoted(database, table)}")}  # noqa: S608 - quoted
            ledgered = ledgered_keys(database, table)
            if there - ledgered:
                unledgered[table] = there - ledgered
            if ledgered - there:
                absent[table] = ledgered - there
        return cls(business=business_data(database), unledgered=unledgered, absent=absent)


def assert_as_undisturbed(rows: Rows, expected: dict[str, list[dict[str, Any]]]) -> None:
    """The rows are those of a run to which nothing happened, and the ledger holds exactly them."""
    assert (rows.unledgered, rows.absent) == ({}, {})
    assert {table: len(found) for table, found in rows.business.items()} == {
        table: len(found) for table, found in expected.items()
    }
    assert rows.business == expected


def _quoted(database: Database, table: str) -> str:
    return str(connections[database.alias].ops.quote_name(table))
