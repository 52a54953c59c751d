"""Live tables as TableSchemas; what differs between databases ends here."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from seeding.introspection import generic, mysql, postgresql, sqlite
from seeding.references import column_name
from seeding.schema import TableSchema

__all__ = ["all_tables", "lacking", "read_tables"]


def read_tables(connection: BaseDatabaseWrapper, names: Collection[str]) -> Mapping[str, TableSchema]:
    """Those of the tables `names` that there are, by name."""
    readers = {"mysql": mysql.read_tables, "postgresql": postgresql.read_tables, "sqlite": sqlite.read_tables}
    return readers.get(connection.vendor, generic.read_tables)(connection, names)


def all_tables(connection: BaseDatabaseWrapper) -> Mapping[str, TableSchema]:
    """Every table of the database, by name."""
    with connection.cursor() as cursor:
        names = connection.introspection.table_names(cursor)
    return read_tables(connection, names)


def lacking(connection: BaseDatabaseWrapper, of: Iterable[type[models.Model]]) -> Mapping[str, tuple[str, ...]]:
    """Per table of the models what it lacks for a query: the table itself, or columns (`table.column`); nothing, as a rule."""
    mirrored = {model._meta.db_table: model for model in of}
    there = read_tables(connection, mirrored.keys())
    return {
        table: tuple(
            f"{table}.{name}" for name in map(column_name, model._meta.concrete_fields) if name not in there[table].columns
        )
        if table in there
        else (table,)
        for table, model in mirrored.items()
    }
