"""Which columns a seeder refers to rows by, changes after the rows are there, or writes at all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import polars as pl
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from seeding.arrays import Integers
from seeding.exceptions import GenerationError
from seeding.generation.datasets import Dataset
from seeding.generation.own_tables import own_table
from seeding.generation.seeders import BaseSeeder
from seeding.schema.references import Reference, column_name, references
from seeding.schema.tables import TableSchema, expected


def seeded_references(seeder: BaseSeeder) -> tuple[Reference, ...]:
    """Every reference whose row indexes become keys: those that the model declares, and those that the seeder does."""
    fields = {column_name(one): one for one in seeder.config.model._meta.concrete_fields}
    said = (
        Reference(column=column, target=own_table(target), textual=not isinstance(fields[column], models.IntegerField))
        for column, target in seeder.config.refers.items()
    )
    return (*references(seeder.config.model), *said)


def shared_key(seeder: BaseSeeder) -> Reference | None:
    """The reference by which the seeder's rows have the keys of other rows; None if they have their own."""
    target, key = seeder.config.key_target, seeder.config.model._meta.pk
    return None if target is None or key is None else Reference(column=column_name(key), target=own_table(target))


def filled_table(seeder: BaseSeeder, connection: BaseDatabaseWrapper) -> TableSchema:
    """The table as the model has it; columns that the seeder lets refer to rows of a model take row indexes."""
    table = expected(seeder.config.model, connection)
    columns = {name: replace(one, is_named=name in seeder.config.refers or one.is_named) for name, one in table.columns.items()}
    return replace(table, columns=columns)


def changed_columns(seeder: BaseSeeder, dataset: Dataset) -> frozenset[str]:
    """The columns that a derivation changes after the row is seeded."""
    return columns_of(seeder, (name for one in seeder.derivations(dataset) for name in (*one.values, *one.touches)))


def derived_columns(seeder: BaseSeeder, dataset: Dataset) -> frozenset[str]:
    """The columns that a derivation computes."""
    return columns_of(seeder, (name for one in seeder.derivations(dataset) for name in one.values))


def generated(seeder: BaseSeeder, dataset: Dataset, index: Integers, *, with_derived: bool) -> pl.DataFrame:
    """The rows `index` as the seeder generates them, and their derived columns as it foresees them.

    Raises GenerationError if it foresees a column that it does not derive.
    """
    rows = dataset.rows(seeder, index)
    data = dataset.columns(seeder, rows)
    if not with_derived:
        return data
    foreseen = seeder.derived_data(rows)
    if strange := sorted(set(foreseen.columns) - derived_columns(seeder, dataset)):
        raise GenerationError(f"{seeder.name}: derived_data returns {', '.join(strange)}, which no derivation computes.")
    return data.with_columns(foreseen)


def columns_of(seeder: BaseSeeder, fields: Iterable[str]) -> frozenset[str]:
    """The columns of fields of the seeder's model, which are named as in queries."""
    names = set(fields)
    concrete = seeder.config.model._meta.concrete_fields
    return frozenset(field.column for field in concrete if field.column and {field.name, field.attname} & names)


def written_columns(seeders: Iterable[BaseSeeder], dataset: Dataset) -> frozenset[str] | None:
    """The columns that get a value from the seeders of one table or from the model; None if a seeder generates no row."""
    written: set[str] = set()
    for seeder in seeders:
        derived = {name for one in seeder.derivations(dataset) for name in (*one.values, *one.touches)}
        fields = seeder.config.model._meta.concrete_fields
        written |= {
            field.column or ""
            for field in fields
            if field.primary_key or field.has_default() or {field.name, field.attname} & derived
        }
        try:
            written.update(dataset.generate(seeder, np.arange(1)).columns)
        except Exception:  # noqa: BLE001 - external code; whoever seeds is told
            return None
    return frozenset(written)
