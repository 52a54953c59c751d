"""Tables as Django's introspection reports them, for a server without a reader of its own here."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

from seeding.schema.tables import ColumnSchema, ForeignKey, Kind, RelationKind, TableSchema

KINDS = {
    "BooleanField": Kind.BOOLEAN,
    "DecimalField": Kind.DECIMAL,
    "FloatField": Kind.FLOAT,
    "CharField": Kind.TEXT,
    "TextField": Kind.TEXT,
    "DateTimeField": Kind.DATETIME,
    "DateField": Kind.DATE,
    "JSONField": Kind.JSON,
    "TimeField": Kind.TIME,
    "DurationField": Kind.DURATION,
    "UUIDField": Kind.UUID,
    "BinaryField": Kind.BINARY,
    "GenericIPAddressField": Kind.ADDRESS,
}


def kind_of(field_type: str) -> Kind:
    """The kind of column of a Django field of that type."""
    return Kind.INTEGER if field_type.endswith(("IntegerField", "AutoField")) else KINDS.get(field_type, Kind.OTHER)


def read_kinds(connection: BaseDatabaseWrapper) -> dict[str, RelationKind]:
    """See `introspection.read_kinds`."""
    kinds = {"t": RelationKind.TABLE, "v": RelationKind.VIEW, "p": RelationKind.PARTITION}
    with connection.cursor() as cursor:
        return {one.name: kinds.get(one.type, RelationKind.OTHER) for one in connection.introspection.get_table_list(cursor)}


def read_tables(connection: BaseDatabaseWrapper, names: Collection[str]) -> dict[str, TableSchema]:
    """Those of the tables `names` that exist."""
    with connection.cursor() as cursor:
        present = set(connection.introspection.table_names(cursor))
        return {name: _table(connection, cursor, name) for name in names if name in present}


def _table(connection: BaseDatabaseWrapper, cursor: Any, name: str) -> TableSchema:
    introspection = connection.introspection
    constraints = introspection.get_constraints(cursor, name).values()
    return TableSchema(
        name=name,
        columns={row.name: _column(introspection, row) for row in introspection.get_table_description(cursor, name)},
        key=tuple(introspection.get_primary_key_columns(cursor, name) or ()),
        unique=tuple(
            tuple(one["columns"])
            for one in constraints
            if one["unique"] and not one["primary_key"] and one["columns"] and None not in one["columns"]
        ),
        foreign_keys=tuple(
            ForeignKey(column=one["columns"][0], table=one["foreign_key"][0], key=one["foreign_key"][1])
            for one in constraints
            if one["foreign_key"] and len(one["columns"]) == 1
        ),
    )


def _column(introspection: Any, row: Any) -> ColumnSchema:
    try:
        field_type = introspection.get_field_type(row.type_code, row)
    except KeyError:
        field_type = "unknown"
    return ColumnSchema(
        name=row.name,
        kind=kind_of(field_type),
        nullable=bool(row.null_ok),
        has_default=row.default is not None,
        default=None if row.default is None else str(row.default),
        length=row.display_size if field_type == "CharField" and row.display_size else None,
    )
