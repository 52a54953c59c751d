"""Live tables as TableSchemas; the differences between databases are hidden here."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from seeding.schema.introspection import generic, mysql, postgresql, sqlite
from seeding.schema.letter_case import Spelling
from seeding.schema.references import column_name
from seeding.schema.tables import ForeignKey, TableSchema

__all__ = ["all_tables", "keys_from_elsewhere", "lacking", "read_schemas", "read_tables", "schemas_with"]


def read_tables(connection: BaseDatabaseWrapper, names: Collection[str]) -> Mapping[str, TableSchema]:
    """Those of the tables `names` that exist, by name."""
    readers = {"mysql": mysql.read_tables, "postgresql": postgresql.read_tables, "sqlite": sqlite.read_tables}
    return readers.get(connection.vendor, generic.read_tables)(connection, names)


def all_tables(connection: BaseDatabaseWrapper, known: Collection[str] = ()) -> Mapping[str, TableSchema]:
    """Every table of the database, by name: as models or the `known` names spell it, where the server ignores letter case."""
    spelling = Spelling(connection, known)
    with connection.cursor() as cursor:
        names = [spelling.of(name) for name in connection.introspection.table_names(cursor)]
    return read_tables(connection, names)


def keys_from_elsewhere(connection: BaseDatabaseWrapper, there: Collection[str]) -> Mapping[str, tuple[ForeignKey, ...]]:
    """Tables of other schemas, by their quoted names → their foreign keys to the tables `there` of this one."""
    statement = {"mysql": mysql.FROM_ELSEWHERE, "postgresql": postgresql.FROM_ELSEWHERE}.get(connection.vendor)
    if statement is None:
        return {}
    spelling = Spelling(connection, there)
    found: dict[str, tuple[ForeignKey, ...]] = {}
    with connection.cursor() as cursor:
        cursor.execute(statement)
        for schema, table, column, target, key, constraint in cursor.fetchall():
            name = f"{connection.ops.quote_name(schema)}.{connection.ops.quote_name(table)}"
            one = ForeignKey(column=column, table=spelling.of(target), key=key, constraint=constraint)
            found[name] = (*found.get(name, ()), one)
    return found


def read_schemas(connection: BaseDatabaseWrapper) -> Mapping[str, str]:
    """Every table → its schema, where a connection finds tables in several; empty elsewhere."""
    if connection.vendor != "postgresql":
        return {}
    with connection.cursor() as cursor:
        cursor.execute(postgresql.SCHEMAS)
        return dict(cursor.fetchall())


def schemas_with(connection: BaseDatabaseWrapper, table: str) -> frozenset[str]:
    """The schemas of the database that have such a table; empty where a connection does not find tables in several."""
    if connection.vendor != "postgresql":
        return frozenset()
    with connection.cursor() as cursor:
        cursor.execute(postgresql.EVERY_SCHEMA, [table])
        return frozenset(name for (name,) in cursor.fetchall())


def lacking(connection: BaseDatabaseWrapper, of: Iterable[type[models.Model]]) -> Mapping[str, tuple[str, ...]]:
    """Per table of the models, what a query would miss: the table itself, or columns (`table.column`); usually nothing."""
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
