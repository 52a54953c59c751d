"""Pieces of statements that take parameters."""

from __future__ import annotations

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

from seeding.keysets import KeySet

Condition = tuple[str, list[Any]]
"""SQL with its parameters."""


def quoted(connection: BaseDatabaseWrapper, name: str) -> str:
    """The name of a table or column: in quotes, and a percent sign stands for itself."""
    return connection.ops.quote_name(name).replace("%", "%%")


def ranges(column: str, keys: KeySet) -> Condition:
    """A condition on the quoted `column` that holds for `keys`; see KeySet.pieces for how many there may be."""
    bounds = keys.ranges
    return f"({' OR '.join(f'{column} BETWEEN %s AND %s' for _ in bounds)})", [edge for one in bounds for edge in one]
