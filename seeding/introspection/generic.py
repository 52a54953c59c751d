"""Tables as Django's own introspection tells them: SQLite, PostgreSQL."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

from seeding.schema import Check, ColumnSchema, ForeignKey, Kind, TableSchema

KINDS = {
    "BooleanField": Kind.BOOLEAN,
    "DecimalField": Kind.DECIMAL,
    "FloatField": Kind.FLOAT,
    "CharField": Kind.TEXT,
    "TextField": Kind.TEXT,
    "DateTimeField": Kind.DATETIME,
    "DateField": Kind.DATE,
    "JSONField": Kind.JSON,
}
MEMBERS = re.compile(r'CHECK \("(?P<column>\w+)" IN \((?P<values>[^)]*)\)\)')
"""How an enumeration is declared where there is no type for it."""
NAMED_CHECK = re.compile(r'CONSTRAINT "(?P<name>\w+)" CHECK \((?P<clause>.*?)\)\s*(?:,\n|\n\))', re.DOTALL)
VALUE = re.compile(r"'((?:[^']|'')*)'")


def read_tables(connection: BaseDatabaseWrapper, names: Collection[str]) -> dict[str, TableSchema]:
    """Those of the tables `names` that there are."""
    with connection.cursor() as cursor:
        present = set(connection.introspection.table_names(cursor))
        return {name: _table(connection, cursor, name) for name in names if name in present}


def _table(connection: BaseDatabaseWrapper, cursor: Any, name: str) -> TableSchema:
    introspection = connection.introspection
    constraints = introspection.get_constraints(cursor, name)
    text = _declaration(connection, cursor, name)
    members = {found["column"]: tuple(VALUE.findall(found["values"])) for found in MEMBERS.finditer(text)}
    description = introspection.get_table_description(cursor, name)
    primary_key = introspection.get_primary_key_column(cursor, name) or ""
    return TableSchema(
        name=name,
        columns={row.name: _column(introspection, row, members.get(row.name, ())) for row in description},
        primary_key=primary_key,
        unique=tuple(
            tuple(one["columns"]) for one in constraints.values() if one["unique"] and not one["primary_key"] and one["columns"]
        ),
        foreign_keys=tuple(
            ForeignKey(column=one["columns"][0], table=one["foreign_key"][0])
            for one in constraints.values()
            if one["foreign_key"] and len(one["columns"]) == 1
        ),
        checks=tuple(_checks(text)),
    )


def _column(introspection: Any, row: Any, values: tuple[str, ...]) -> ColumnSchema:
    try:
        field_type = introspection.get_field_type(row.type_code, row)
    except KeyError:
        field_type = "unknown"
    integer = field_type.endswith(("IntegerField", "AutoField"))
    kind = Kind.INTEGER if integer else KINDS.get(field_type, Kind.OTHER)
    return ColumnSchema(
        name=row.name,
        kind=kind,
        nullable=bool(row.null_ok),
        has_default=row.default is not None,
        length=row.display_size if field_type == "CharField" and row.display_size else None,
        values=values,
    )


def _checks(text: str) -> Iterator[Check]:
    for found in NAMED_CHECK.finditer(text):
        yield Check(name=found["name"], clause=found["clause"])


def _declaration(connection: BaseDatabaseWrapper, cursor: Any, name: str) -> str:
    if connection.vendor != "sqlite":
        return ""
    cursor.execute("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = %s", [name])
    return str(cursor.fetchone()[0])
