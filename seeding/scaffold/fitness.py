"""Which tables no draft can fill, by the engine's own word: what it would refuse is not drafted."""

from __future__ import annotations

import polars as pl
from django.db import connections, models

from seeding.generation.rows import Rows
from seeding.generation.seeders import BaseSeeder, RecordCount, SeederConfig, misdeclared_seeders_tolerated
from seeding.safety import Touch, survey, told, touched
from seeding.schema.references import generic_references
from seeding.schema.tables import expected


def unfit(using: str, table: str, model: type[models.Model] | None) -> str:
    """Why the engine would not seed the table, whatever its seeder generates; empty if it would."""
    if model is None:
        return told(survey(using, {table: Touch.INSERT | Touch.DELETE}).refusals.get(table, ()))
    with misdeclared_seeders_tolerated():
        probe: type[BaseSeeder] = type(model.__name__, (Probe,), {"config": _config(model)})
    if probe.misdeclared is not None:
        return f"{table} cannot be seeded: {probe.misdeclared}"
    if found := told(survey(using, touched([probe()])).refusals.get(table, ())):
        return found
    seeded = as_seeded(model)
    required = expected(seeded, connections[using]).required
    for _, column, _ in generic_references(seeded):
        if column in required:
            return (
                f"{table}.{column} refers to a row of any table (GenericForeignKey), and row indexes do not become keys there; "
                "let the column be empty (null=True), or create these rows by the application's own code."
            )
    return ""


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
