"""Live tables as TableSchemas; the differences between databases are hidden here."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from django.db import DatabaseError, models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from seeding.db.retries import is_of_no_table
from seeding.db.sql import quoted_plainly
from seeding.schema.introspection import generic, mysql, postgresql, sqlite
from seeding.schema.letter_case import Spelling
from seeding.schema.references import column_name
from seeding.schema.tables import ForeignKey, RelationKind, TableSchema

__all__ = [
    "all_tables",
    "collated_alike",
    "keys_from_elsewhere",
    "lacking",
    "other_schemas",
    "out_of_sight",
    "qualified",
    "read_kinds",
    "read_schemas",
    "read_tables",
    "schemas_with",
]

QUALIFIED = re.compile(r"""["`]?([^"`]+)["`]\.["`]([^"`]+)["`]?""")
"""How `db_table` names a table of another schema: Django puts quotation marks around what has none."""
HOLDING = frozenset({RelationKind.TABLE, RelationKind.VERSIONED, RelationKind.INDEX})
"""Kinds that have rows of their own. A partition's rows are its table's; a foreign table's are in another database."""


def read_kinds(connection: BaseDatabaseWrapper, known: Collection[str]) -> Mapping[str, RelationKind]:
    """Every relation of the schema that rows can be read from, and every sequence, by name.

    As models or the `known` names spell it, where the server ignores letter case.
    """
    readers = {"mysql": mysql.read_kinds, "postgresql": postgresql.read_kinds, "sqlite": sqlite.read_kinds}
    kinds, spelling = readers.get(connection.vendor, generic.read_kinds)(connection), Spelling(connection, known)
    return {spelling.of(name): kind for name, kind in kinds.items()}


def read_tables(connection: BaseDatabaseWrapper, names: Collection[str]) -> Mapping[str, TableSchema]:
    """Those of the tables `names` that exist, by name."""
    readers = {"mysql": mysql.read_tables, "postgresql": postgresql.read_tables, "sqlite": sqlite.read_tables}
    return readers.get(connection.vendor, generic.read_tables)(connection, names)


def all_tables(connection: BaseDatabaseWrapper, known: Collection[str] = ()) -> Mapping[str, TableSchema]:
    """Every table of the schema, by name, with every foreign key between them, also those that only partitions declare.

    As models or the `known` names spell it, where the server ignores letter case.
    """
    kinds = read_kinds(connection, known)
    tables = read_tables(connection, [name for name, kind in kinds.items() if kind in HOLDING])
    return {name: replace(one, keeps_history=kinds[name] is RelationKind.VERSIONED) for name, one in tables.items()}


def other_schemas(connection: BaseDatabaseWrapper, names: Collection[str]) -> Mapping[str, str]:
    """Those of the `names` that tables or views of other schemas of this database have → such a schema."""
    if connection.vendor != "postgresql" or not names:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(postgresql.ELSEWHERE, [sorted(names)])
        return dict(cursor.fetchall())


def collated_alike(connection: BaseDatabaseWrapper, column: tuple[str, str], target: tuple[str, str]) -> str:
    """SQL of the (table, column) `column`, `{0}`, as it compares with the column `target` under the collation of that one.

    Servers refuse to compare columns of different collations, or choose the one that tells more texts apart.
    """
    statement = {"mysql": mysql.COLLATION, "postgresql": postgresql.COLLATION}.get(connection.vendor)
    if statement is None:
        return "{0}"  # SQLite takes the collation of the left side, which is the target
    with connection.cursor() as cursor:
        cursor.execute(statement, column)
        own = cursor.fetchone()
        cursor.execute(statement, target)
        wanted = cursor.fetchone()
    if own is None or wanted is None or own == wanted:
        return "{0}"
    charset, collation = wanted
    return f"CONVERT({{0}} USING {charset}) COLLATE {collation}" if charset else f"{{0}} COLLATE {collation}"


def out_of_sight(connection: BaseDatabaseWrapper) -> tuple[str, ...]:
    """The schemas of this database whose tables the connection does not find by their names."""
    if connection.vendor != "postgresql":
        return ()
    with connection.cursor() as cursor:
        cursor.execute(postgresql.OUT_OF_SIGHT)
        return tuple(name for (name,) in cursor.fetchall())


def keys_from_elsewhere(connection: BaseDatabaseWrapper, there: Collection[str]) -> Mapping[str, tuple[ForeignKey, ...]]:
    """Tables of other schemas, by their quoted names → their foreign keys to the tables `there` of this one."""
    statement = {"mysql": mysql.FROM_ELSEWHERE, "postgresql": postgresql.FROM_ELSEWHERE}.get(connection.vendor)
    if statement is None:
        return {}
    spelling = Spelling(connection, there)
    found: dict[str, tuple[ForeignKey, ...]] = {}
    with connection.cursor() as cursor:
        cursor.execute(statement)
        for schema, table, column, target, key, constraint, partition in cursor.fetchall():
            name = f"{quoted_plainly(connection, schema)}.{quoted_plainly(connection, table)}"
            one = ForeignKey(
                column=column, table=spelling.of(target), key=key, constraint=constraint, target_partition=partition
            )
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


def qualified(connection: BaseDatabaseWrapper, mirrors: Iterable[type[models.Model]]) -> Mapping[str, str]:
    """`db_table` of models that name its schema (`"crm"."contact"`) → the table's name, or its quoted one in another schema.

    Only tables that are there. Raises the database's error for one that this account may not read.
    """
    found, mark = dict[str, str](), quoted_plainly(connection, "a")[0]
    for name in {model._meta.db_table for model in mirrors}:
        parts = QUALIFIED.fullmatch(name)
        if parts is None or f"{mark}.{mark}" not in name:  # the models of other servers are written otherwise
            continue
        schema, table = parts.groups()
        whole = f"{quoted_plainly(connection, schema)}.{quoted_plainly(connection, table)}"
        if _own_schema(connection, table) == schema:
            found[name] = table
        elif _is_readable(connection, whole):
            found[name] = whole
    return found


def _own_schema(connection: BaseDatabaseWrapper, table: str) -> str | None:
    """The schema of the table that this name alone means."""
    if connection.vendor == "postgresql":
        return read_schemas(connection).get(table)
    if connection.vendor != "mysql":
        return "main"
    with connection.cursor() as cursor:
        cursor.execute("SELECT DATABASE()")
        return str(cursor.fetchone()[0])


def _is_readable(connection: BaseDatabaseWrapper, table: str) -> bool:
    """Whether the quoted table is there."""
    try:
        with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
            cursor.execute(f"SELECT 1 FROM {table} WHERE 1 = 0")  # noqa: S608 - quoted
    except DatabaseError as error:
        if is_of_no_table(error):
            return False
        raise
    return True


def lacking(
    connection: BaseDatabaseWrapper, of: Iterable[type[models.Model]], there: Mapping[str, TableSchema] | None = None
) -> Mapping[str, tuple[str, ...]]:
    """Per table of the models, what a query would miss: the table itself, or columns (`table.column`); usually nothing.

    `there` holds their live tables if they have been read.
    """
    mirrored = {model._meta.db_table: model for model in of}
    there = read_tables(connection, mirrored.keys()) if there is None else there
    return {
        table: tuple(
            f"{table}.{name}" for name in map(column_name, model._meta.concrete_fields) if name not in there[table].columns
        )
        if table in there
        else (table,)
        for table, model in mirrored.items()
    }
