"""Primary keys of several columns: which of them say exactly which rows are seeded, and which seeders may fill their tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from seeding.generation.seeders import BaseSeeder, Dataset
from seeding.schema.references import attributes, column_name
from seeding.schema.row_keys import row_key
from seeding.schema.tables import TableSchema

LEFT_OUT = "leave the table out"


def listed(key: Sequence[str]) -> str:
    """The key in words."""
    return f"the primary key ({', '.join(key)})" if key else "no primary key"


def composite(
    connection: BaseDatabaseWrapper, table: TableSchema, mirrors: Sequence[type[models.Model]], *, inserts: bool
) -> Iterator[tuple[str, str]]:
    """Why rows of a table with a key of several columns cannot be told apart by it: (cause, remedy).

    One of its columns numbers rows, and every other is stored as it can be read and given back.
    """
    has = f"has {listed(table.key)}"
    counting = sum(table.columns[name].counts for name in table.key)
    if counting != 1:
        yield (
            f"{has}, and the server counts in {'several' if counting else 'none'} of its columns",
            "give one a counter (AUTO_INCREMENT, an identity, a sequence), or leave the table out",
        )
        return
    for model in mirrors:
        key = model._meta.pk
        if isinstance(key, models.AutoField) and column_name(key) in {*table.key} - {table.primary_key}:
            counted = f"the server counts in {table.primary_key}, and the model {model.__name__} in {key.column}"
            yield f"{has}, of which {counted}", "bring model and table together"
    for one in row_key(connection, table).columns:
        if one.name == table.primary_key:
            continue
        if one.problem:
            yield f"{has}, and {one.name} {one.problem}", LEFT_OUT
        elif table.columns[one.name].on_update:
            yield f"{has}, and {one.name} changes with every update of the row", LEFT_OUT
        for model in mirrors if inserts else ():
            if one.name not in attributes(model):
                yield f"{has}, and the model {model.__name__} lacks {one.name}", "add it to the model"


def unfit(seeder: BaseSeeder, table: TableSchema, dataset: Dataset) -> str:
    """Why a seeder may not fill a table with such a key; empty if it may."""
    if table.has_row_key:
        return ""
    fields = seeder.config.model._meta.concrete_fields
    updated = {name for one in seeder.derivations(dataset) for name in (*one.values, *one.touches)}
    changed = {column_name(field) for field in fields if {field.name, field.attname} & updated} | {*seeder.config.postponed}
    others = set(table.key) - {table.primary_key}
    if both := sorted(changed & others):
        return f"{seeder.name} changes {', '.join(both)} after rows are written, and rows are found by {listed(table.key)}."
    natural = set(seeder.config.natural_key)
    if natural and not others <= natural and (table.primary_key,) not in table.unique:
        return (
            f"{seeder.name} adopts real rows by ({', '.join(seeder.config.natural_key)}), and {table.name} has "
            f"{listed(table.key)}: other rows may have their numbers. Add {', '.join(sorted(others - natural))} to natural_key."
        )
    return ""
