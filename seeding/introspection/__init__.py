"""Live tables as TableSchemas; what differs between databases ends here."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from django.db.backends.base.base import BaseDatabaseWrapper

from seeding.introspection import generic, mysql
from seeding.schema import TableSchema

__all__ = ["read_tables"]


def read_tables(connection: BaseDatabaseWrapper, names: Collection[str]) -> Mapping[str, TableSchema]:
    """Those of the tables `names` that there are, by name."""
    read = mysql.read_tables if connection.vendor == "mysql" else generic.read_tables
    return read(connection, names)
