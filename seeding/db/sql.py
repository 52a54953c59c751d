"""Pieces of statements that take parameters."""

from __future__ import annotations

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

Condition = tuple[str, list[Any]]
"""SQL with its parameters."""


def quoted(connection: BaseDatabaseWrapper, name: str) -> str:
    """The quoted name of a table or column, with percent signs escaped: for statements that take parameters."""
    return quoted_plainly(connection, name).replace("%", "%%")


def quoted_plainly(connection: BaseDatabaseWrapper, name: str) -> str:
    """The quoted name of a table or column, for statements without parameters. A name in quotes stays as it is.

    Other than Django's, it doubles quotes within the name: tables that the project does not know may have any name.
    """
    name_in_quotes = connection.ops.quote_name(name)
    if name_in_quotes == name:
        return name
    return name_in_quotes[0] + name.replace(name_in_quotes[0], 2 * name_in_quotes[0]) + name_in_quotes[-1]


def count_rows(connection: BaseDatabaseWrapper, table: str) -> int:
    """How many rows a table holds."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT COUNT(*) FROM {quoted_plainly(connection, table)}")  # noqa: S608 - the name is quoted
        return int(cursor.fetchone()[0])
