"""Which tables no draft can fill, by the engine's own word: what it would refuse is not drafted."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl
from django.db import models

from seeding.generation.rows import Rows
from seeding.generation.seeders import BaseSeeder, RecordCount, SeederConfig, misdeclared_seeders_tolerated
from seeding.safety import Touch, survey, told, touched


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
