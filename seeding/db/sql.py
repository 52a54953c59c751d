"""Pieces of statements that take parameters."""

from __future__ import annotations

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

Condition = tuple[str, list[Any]]
"""SQL with its parameters."""


def quoted(connection: BaseDatabaseWrapper, name: str) -> str:
    """The quoted name of a table or column, with percent signs escaped."""
    return connection.ops.quote_name(name).replace("%", "%%")


def count_rows(connection: BaseDatabaseWrapper, table: str) -> int:
    """How many rows a table holds."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT COUNT(*) FROM {connection.ops.quote_name(table)}")  # noqa: S608 - the name is quoted
        return int(cursor.fetchone()[0])
