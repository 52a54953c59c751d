"""DDL for the mirrored tables, generated from the models alone.

Django's schema editor cannot write it: it does not support ON DELETE, ON UPDATE or index names over 30 characters.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from graphlib import TopologicalSorter
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import OperationalError, connections, models
from django.db.backends.base.base import BaseDatabaseWrapper

from seeding import Environment
from seeding.exceptions import ConfigurationError, DatabaseUnavailableError, RefusedError
from seeding.ledger.queries import Ledger
from seeding.runs.lifecycle import production
from seeding.schema.references import column_name

from .models.fields import CurrentTimestamp, EnumField, Key, TerpIndex, TimestampField

BOOLEAN = {True: "TRUE", False: "FALSE"}


def create_tables(tables: Iterable[type[models.Model]], using: str, environment: Environment) -> str:
    """Create the tables of the models in `tables`, parents first, and return the database's name.

    Raises RefusedError in production, in a database that counts as such, or if a table already exists, and
    DatabaseUnavailableError without a connection.
    """
    wanted = parents_first(tables)
    if environment is Environment.PRODUCTION:
        raise RefusedError("terp_schema never runs in production: there the tables belong to TERP's own migrations.")
    if using not in connections:
        raise ConfigurationError(f"--database={using}: there are only {', '.join(connections)}.")
    connection = connections[using]
    name = str(connection.settings_dict["NAME"])
    try:
        with connection.cursor() as cursor:
            present = set(connection.introspection.table_names(cursor))
    except OperationalError as error:
        raise DatabaseUnavailableError(f"The database {name} cannot be reached: {error}") from error
    if words := production(using, environment, has_ledger=Ledger(using).is_there()):
        raise RefusedError(f"{words} terp_schema never runs there.")
    taken = [model._meta.db_table for model in wanted if model._meta.db_table in present]
    if taken:
        raise RefusedError(f"{name} already has {', '.join(taken)}; terp_schema only fills an empty database.")
    with connection.constraint_checks_disabled(), connection.cursor() as cursor:
        for model in wanted:
            for statement in create_table(model, connection):
                cursor.execute(statement)
    return name


def parents_first(tables: Iterable[type[models.Model]]) -> list[type[models.Model]]:
    """The models, sorted so that each comes after the ones its declared foreign keys reference."""
    graph = {model: {field.remote_field.model for field in _declared_keys(model)} - {model} for model in tables}
    return list(TopologicalSorter(graph).static_order())


def create_table(model: type[models.Model], connection: BaseDatabaseWrapper) -> list[str]:
    """The statements that create `model`'s table with its indexes and foreign keys, in the order to run them."""
    quote = connection.ops.quote_name
    mysql = connection.vendor == "mysql"
    meta = model._meta
    lines = [_column(field, connection) for field in meta.local_concrete_fields]
    if mysql:
        lines.append(f"PRIMARY KEY ({quote(column_name(_primary_key(model)))})")
    for constraint in meta.constraints:
        if isinstance(constraint, models.UniqueConstraint):
            word = "UNIQUE KEY" if mysql else "CONSTRAINT"
            columns = _columns(model, constraint.fields, connection)
            lines.append(f"{word} {quote(constraint.name)} {'' if mysql else 'UNIQUE '}({columns})")
    if mysql:
        lines += [f"KEY {quote(index.terp_name)} ({_columns(model, index.fields, connection)})" for index in _indexes(model)]
    else:
        lines += foreign_keys(model, connection)
    table = f"CREATE TABLE {quote(meta.db_table)} (\n  " + ",\n  ".join(lines) + "\n)"
    if mysql:
        added = ", ".join(f"ADD {key}" for key in foreign_keys(model, connection))
        # Foreign keys are added with ALTER and checks disabled, as when TERP's own schema is loaded. Only then does MariaDB's
        # information_schema report RESTRICT and NO ACTION, which are the same to InnoDB, in the same words.
        alter = [f"ALTER TABLE {quote(meta.db_table)} {added}"] if added else []
        return [f"{table} ENGINE=InnoDB DEFAULT CHARSET=utf8mb4", *alter]
    # Elsewhere index names must be unique in the whole database, and TERP's repeat across tables.
    # So use Django's names, which begin with the model's.
    return [table] + [
        f"CREATE INDEX {quote(index.name)} ON {quote(meta.db_table)} ({_columns(model, index.fields, connection)})"
        for index in _indexes(model)
    ]


def foreign_keys(model: type[models.Model], connection: BaseDatabaseWrapper) -> Iterator[str]:
    """The constraints for the keys that TERP declares, as CREATE TABLE and ALTER TABLE … ADD take them."""
    quote = connection.ops.quote_name
    for field in _declared_keys(model):
        target = field.remote_field.model
        yield (
            f"CONSTRAINT {quote(str(field.constraint))} FOREIGN KEY ({quote(column_name(field))})"
            f" REFERENCES {quote(target._meta.db_table)} ({quote(column_name(_primary_key(target)))})"
            f" ON DELETE {field.rule} ON UPDATE NO ACTION"
        )


def _primary_key(model: type[models.Model]) -> models.Field[Any, Any]:
    assert model._meta.pk is not None  # Django gives every model one
    return model._meta.pk


def _indexes(model: type[models.Model]) -> list[TerpIndex]:
    return [index for index in model._meta.indexes if isinstance(index, TerpIndex)]


def _columns(model: type[models.Model], names: Sequence[str], connection: BaseDatabaseWrapper) -> str:
    columns = []
    for name in names:
        field = model._meta.get_field(name)
        if not isinstance(field, models.Field):
            raise FieldDoesNotExist(f"{model.__name__}.{name} is no column")
        columns.append(connection.ops.quote_name(column_name(field)))
    return ", ".join(columns)


def _column(field: models.Field[Any, Any], connection: BaseDatabaseWrapper) -> str:
    quote = connection.ops.quote_name
    kind = field.db_type(connection) or ""
    if field.primary_key and connection.vendor == "sqlite":
        return f"{quote(column_name(field))} {kind} NOT NULL PRIMARY KEY AUTOINCREMENT"
    parts = [quote(column_name(field)), kind]
    if field.primary_key:  # MySQL's type already says AUTO_INCREMENT
        return " ".join(
            parts if connection.vendor == "mysql" else [*parts, field.db_type_suffix(connection) or "", "PRIMARY KEY"]
        )
    parts.append("NULL" if field.null else "NOT NULL")
    if field.db_default is not models.NOT_PROVIDED:
        parts.append(f"DEFAULT {_literal(field)}")
    if connection.vendor == "mysql":
        if isinstance(field, TimestampField) and field.on_update:
            parts.append("ON UPDATE CURRENT_TIMESTAMP")
    elif isinstance(field, EnumField):
        values = ", ".join(f"'{value}'" for value in field.values)
        parts.append(f"CHECK ({quote(column_name(field))} IN ({values}))")
    return " ".join(parts)


def _literal(field: models.Field[Any, Any]) -> str:
    default = field.db_default
    if isinstance(default, CurrentTimestamp):
        return CurrentTimestamp.template
    if isinstance(default, bool):
        return BOOLEAN[default]
    return "'{}'".format(str(default).replace("'", "''"))


def _declared_keys(model: type[models.Model]) -> list[Key[Any, Any]]:
    return [field for field in model._meta.local_concrete_fields if isinstance(field, Key) and field.constraint]
