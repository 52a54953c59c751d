"""Which tables no draft can fill: those that the engine would refuse, and those whose references nobody can tell."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import polars as pl
from django.db import models

from seeding.exceptions import SchemaError
from seeding.generation.rows import Rows
from seeding.generation.seeders import BaseSeeder, RecordCount, SeederConfig, misdeclared_seeders_tolerated
from seeding.safety import Touch, survey, told, touched
from seeding.schema.relations import telling
from seeding.schema.tables import ColumnSchema, TableSchema


def unfit(using: str, tables: Mapping[str, type[models.Model] | None]) -> dict[str, str]:
    """Table → why the engine would not seed it, whatever its seeder generates; empty if it would.

    `tables` maps tables of the database `using` to their models; None if no model mirrors one.
    """
    found: dict[str, str] = {}
    touches: dict[str, Touch] = {}
    for table, model in tables.items():
        if model is None:
            touches[table] = Touch.INSERT | Touch.DELETE
            continue
        with misdeclared_seeders_tolerated():
            probe: type[BaseSeeder] = type(model.__name__, (Probe,), {"config": _config(model)})
        if probe.misdeclared is not None:
            found[table] = f"{table} cannot be seeded: {probe.misdeclared}"
        else:
            touches |= touched([probe()])
    refusals = survey(using, touches).refusals if touches else {}
    return {table: found.get(table) or told(refusals.get(table, ())) for table in tables}


def without_unknown_references(
    columns: Mapping[str, ColumnSchema], schema: TableSchema, there: Mapping[str, TableSchema], known: Collection[str]
) -> dict[str, ColumnSchema]:
    """The `columns` that are no foreign key of the table `schema`, or one of the `known`; the others stay empty.

    Any value that is guessed for one of those would be a real row's. Raises SchemaError for one that cannot stay empty.
    """
    unknown = {one.column: one for one in telling(schema.foreign_keys, there) if one.column not in known}
    filled = [columns[name] for name in unknown if name in columns]
    if wrong := [one.name for one in filled if not one.nullable or one.has_default]:
        told = "; ".join(f"{name} refers to {unknown[name].table}.{unknown[name].key}".rstrip(".") for name in wrong)
        raise SchemaError(
            f"{schema.name} cannot be drafted: {told} by a foreign key that its model does not declare, or that is not to a "
            "primary key. Declare it in the model, and write the seeder by hand."
        )
    return {name: one for name, one in columns.items() if name not in unknown}


def as_seeded(model: type[models.Model]) -> type[models.Model]:
    """The model whose columns a seeder of `model` fills."""
    return _config(model).model


def _config(model: type[models.Model]) -> SeederConfig:
    return SeederConfig(model=model, record_count=RecordCount.fixed(1))


class Probe(BaseSeeder):
    """A seeder that generates no column, to find out whether its model can be seeded."""

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        """No column."""
        return pl.DataFrame(height=len(rows))
