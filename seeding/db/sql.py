"""Pieces of statements that take parameters."""

from __future__ import annotations

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

Condition = tuple[str, list[Any]]
"""SQL with its parameters."""


def quoted(connection: BaseDatabaseWrapper, name: str) -> str:
    """The name of a table or column: in quotes, and a percent sign stands for itself."""
    return connection.ops.quote_name(name).replace("%", "%%")


def count_rows(connection: BaseDatabaseWrapper, table: str) -> int:
    """How many rows a table holds."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT COUNT(*) FROM {connection.ops.quote_name(table)}")  # noqa: S608 - the name is quoted
        return int(cursor.fetchone()[0])
