"""Tables as frozen values, declared by a model or read from a database."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from seeding.schema.kinds import Kind, base_of, converts, kind_of_field, largest_decimal, length_of
from seeding.schema.references import column_name, counts_keys, key_columns, references

__all__ = [
    "Check",
    "ColumnSchema",
    "ForeignKey",
    "Kind",
    "RelationKind",
    "TableSchema",
    "bare",
    "expected",
    "mirrored_tables",
]


class RelationKind(StrEnum):
    """Kinds of relations in a schema, in plain words."""

    TABLE = "table"
    VERSIONED = "system-versioned table"
    """A table of MariaDB that also keeps the rows of before, which only `FOR SYSTEM_TIME` shows."""
    PARTITION = "partition"
    FOREIGN = "foreign table"
    VIEW = "view"
    """An updatable view, which stands for a table."""
    REPORT = "view that only shows"
    """A read-only view, which has no rows of its own; a materialised one."""
    INDEX = "virtual table"
    """A virtual table of SQLite, which indexes other tables."""
    SEQUENCE = "sequence"
    OTHER = "relation of an unknown kind"


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnSchema:
    """One column."""

    name: str
    kind: Kind
    nullable: bool
    has_default: bool
    type_name: str = field(default="", compare=False)
    """The type as the server spells it; empty if it is a model's column."""
    is_generated: bool = field(default=False, compare=False)
    """Whether the server computes the value from other columns."""
    counts: bool = field(default=False, compare=False)
    """Whether the server numbers new rows in it: AUTO_INCREMENT, an identity, the next value of a sequence."""
    is_named: bool = field(default=False, compare=False)
    """Whether it refers to a row by anything but a key of one integer: a seeder fills it with row indexes all the same."""
    is_single: bool = field(default=False, compare=False)
    """Whether its floating-point numbers have single precision."""
    is_padded: bool = field(default=False, compare=False)
    """Whether spaces at the end of a text mean nothing: those of a CHAR(n)."""
    is_converted: bool = field(default=False, compare=False)
    """Whether the model's field makes other values of those that it is given, so that the column may have another type."""
    holds_keys: bool = field(default=False, compare=False)
    """Whether its numbers are primary keys, of this table or of another one: seeded ones are positive."""
    default: str | None = None
    """The database's default as SQL; None if there is none, or if it is more than an expression."""
    length: int | None = None
    """Characters."""
    octets: int | None = None
    """Bytes."""
    character_octets: int | None = None
    """Maximum bytes of one character: 3 in MySQL's old utf8."""
    character_set: str = field(default="", compare=False)
    """As MySQL and MariaDB name it; empty elsewhere."""
    values: tuple[str, ...] = ()
    """The members of an enumeration."""
    scale: int | None = None
    """Digits after the decimal point, of decimals, times and durations; of floating-point numbers if the column rounds them."""
    low: int | Decimal | date | datetime | None = None
    on_update: bool = False
    """Whether the database sets it by itself whenever the row is changed."""
    high: int | Decimal | date | datetime | None = None
    """The smallest and the largest number (or moment) the column holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignKey:
    """A reference that the database itself enforces."""

    column: str
    table: str
    """The referenced table."""
    key: str
    """The referenced column; empty if the declaration leaves it out, which means the primary key."""
    constraint: str = field(default="", compare=False)
    """The constraint's name: the columns of a composite key, each a ForeignKey here, share it."""
    partition: str = ""
    """The partition that alone declares it; empty if the whole table does. As it is written in a statement."""
    target_partition: str = ""
    """The partition of `table` that it references; empty if it references the whole table."""
    required: bool = field(default=False, compare=False)
    """Whether that partition's column is NOT NULL, whatever the table's is."""

    @property
    def is_whole(self) -> bool:
        """Whether it holds between whole tables, not partitions."""
        return not (self.partition or self.target_partition)


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A CHECK constraint."""

    name: str
    clause: str
    """SQL, as the database reports it; empty if only the name is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableSchema:
    """One table."""

    name: str
    columns: dict[str, ColumnSchema]
    key: tuple[str, ...]
    """The columns of the primary key, in its order; empty if there is none."""
    unique: tuple[tuple[str, ...], ...]
    foreign_keys: tuple[ForeignKey, ...] = ()
    checks: tuple[Check, ...] = ()
    own_clauses: frozenset[str] = frozenset()
    """Django's own checks of a model's fields (`"stars" >= 0`), whose names the database makes up; as `bare` clauses."""
    keeps_history: bool = False
    """Whether the database keeps deleted and overwritten rows as history (MariaDB's system versioning)."""

    @property
    def primary_key(self) -> str:
        """The column of the primary key in which the server numbers rows, else its first; empty if there is no key."""
        counting = (name for name in self.key if name in self.columns and self.columns[name].counts)
        return next(counting, self.key[0] if self.key else "")

    @property
    def has_row_key(self) -> bool:
        """Whether that column is the whole primary key, so that its value identifies one row."""
        return len(self.key) == 1

    @property
    def auto_updated(self) -> list[str]:
        """Columns that the database changes whenever any other column changes."""
        return [column.name for column in self.columns.values() if column.on_update]

    @property
    def required(self) -> frozenset[str]:
        """Columns that a row must provide: neither nullable nor defaulted, and not the primary key."""
        return frozenset(
            column.name
            for column in self.columns.values()
            if not column.nullable and not column.has_default and column.name != self.primary_key
        )


def mirrored_tables(models_of_seeders: Iterable[type[models.Model]]) -> frozenset[str]:
    """The tables of the models, and those that their foreign keys reference."""
    tables: set[str] = set()
    for model in models_of_seeders:
        tables.add(model._meta.db_table)
        tables |= {
            field.related_model._meta.db_table for field in model._meta.concrete_fields if isinstance(field, models.ForeignKey)
        }
    return frozenset(tables)


def expected(model: type[models.Model], connection: BaseDatabaseWrapper) -> TableSchema:
    """The table as the model declares it, with the number ranges of `connection`'s database."""
    meta = model._meta
    key = key_columns(model)
    keys = {one.column for one in references(model) if not (one.json_key or one.by)} | (
        set(key) if counts_keys(model) else set()
    )
    described = (_column(field, connection) for field in meta.concrete_fields)
    columns = {one.name: replace(one, holds_keys=one.name in keys and one.kind is Kind.INTEGER) for one in described}
    unique: list[tuple[str, ...]] = [
        (column_name(field),) for field in meta.concrete_fields if field.unique and not field.primary_key
    ]
    together = [
        constraint.fields
        for constraint in meta.constraints
        if isinstance(constraint, models.UniqueConstraint) and constraint.condition is None and constraint.fields
    ]
    if not counts_keys(model):
        unique.append(key)
    unique += [tuple(column_name(_field(model, name)) for name in names) for names in (*meta.unique_together, *together)]
    declared = [
        field
        for field in meta.concrete_fields
        if isinstance(field, models.ForeignKey) and getattr(field, "db_constraint", True)
    ]
    return TableSchema(
        name=meta.db_table,
        columns=columns,
        key=key,
        unique=tuple(unique),
        foreign_keys=tuple(
            ForeignKey(column=column_name(one), table=one.related_model._meta.db_table, key=column_name(one.target_field))
            for one in declared
        ),
        checks=tuple(
            Check(name=constraint.name, clause="")
            for constraint in meta.constraints
            if isinstance(constraint, models.CheckConstraint)
        ),
        own_clauses=frozenset(bare(clause) for field in meta.concrete_fields if (clause := field.db_check(connection))),
    )


def bare(clause: str) -> str:
    """A CHECK's clause without what each database writes differently: quotes of names, parentheses, spaces."""
    return re.sub(r'[`"()\s]', "", clause).lower()


def _column(field: models.Field[Any, Any], connection: BaseDatabaseWrapper) -> ColumnSchema:
    target = base_of(field)
    kind = kind_of_field(target, connection)
    low: int | Decimal | None = None
    high: int | Decimal | None = None
    scale: int | None = None
    if kind is Kind.INTEGER:
        low, high = connection.ops.integer_field_range(target.get_internal_type())
        for validator in target.validators:  # a TINYINT, say, for which Django has no field
            if isinstance(validator, MinValueValidator) and isinstance(validator.limit_value, int) and low is not None:
                low = max(low, validator.limit_value)
            elif isinstance(validator, MaxValueValidator) and isinstance(validator.limit_value, int) and high is not None:
                high = min(high, validator.limit_value)
    elif isinstance(target, models.DecimalField):
        scale = target.decimal_places or 0
        high = largest_decimal(target.max_digits or 0, scale)
        low = high.copy_negate()
    return ColumnSchema(
        name=column_name(field),
        kind=kind,
        is_named=isinstance(field, models.ForeignKey) and not (field.target_field.primary_key and kind is Kind.INTEGER),
        nullable=field.null,
        is_generated=field.generated,
        has_default=field.generated or field.db_default is not models.NOT_PROVIDED or field.has_default(),
        length=length_of(target, kind, connection),
        is_converted=converts(target),
        values=tuple(str(value) for value, _ in target.flatchoices) if kind is Kind.TEXT else (),
        scale=scale,
        low=low,
        high=high,
    )


def _field(model: type[models.Model], name: str) -> models.Field[Any, Any]:
    field = model._meta.get_field(name)
    assert isinstance(field, models.Field)  # a constraint names columns
    return field
