"""Pieces of statements that take parameters."""

from __future__ import annotations

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

Condition = tuple[str, list[Any]]
"""SQL with its parameters."""


def quoted(connection: BaseDatabaseWrapper, name: str) -> str:
    """The name of a table or column: in quotes, and a percent sign stands for itself."""
    return connection.ops.quote_name(name).replace("%", "%%")
