"""Primary keys that the ledger holds: which of them say exactly which rows are seeded, and which seeders may fill a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import polars as pl
from django.db import connections, models
from django.db.backends.base.base import BaseDatabaseWrapper

from seeding.generation.datasets import Dataset
from seeding.generation.seeder_columns import changed_columns
from seeding.generation.seeders import BaseSeeder
from seeding.schema.references import attributes, column_name, counts_keys, references
from seeding.schema.row_keys import row_key
from seeding.schema.tables import Kind, TableSchema

GIVEN = (Kind.INTEGER, Kind.TEXT, Kind.DATE, Kind.BOOLEAN)
"""Of key columns whose values a seeder may give, besides UUIDs."""
LEFT_OUT = "leave the table out"


def listed(key: Sequence[str]) -> str:
    """The key in words."""
    return f"the primary key ({', '.join(key)})" if key else "no primary key"


def composite(
    connection: BaseDatabaseWrapper, table: TableSchema, mirrors: Sequence[type[models.Model]], *, inserts: bool
) -> Iterator[tuple[str, str]]:
    """Why rows of a table cannot be told apart by a key that is more than a number: (cause, remedy).

    The server numbers rows in one of its columns, or the ledger does; every other column is stored as it can be read and given
    back.
    """
    has = f"has {listed(table.key)}"
    counting = sum(table.columns[name].counts for name in table.key)
    if counting > 1:
        yield f"{has}, and the server counts in several of its columns", LEFT_OUT
        return
    if uncounted := next(_counted_elsewhere(table, mirrors), None):
        cause, remedy = uncounted
        yield f"{has}, {cause}", remedy
        return
    for one in row_key(connection, table).columns:
        if table.columns[one.name].counts:
            continue
        if one.problem:
            yield f"{has}, and {one.name} {one.problem}", LEFT_OUT
        elif table.columns[one.name].on_update:
            yield f"{has}, and {one.name} changes with every update of the row", LEFT_OUT
        for model in mirrors if inserts else ():
            if one.name not in attributes(model):
                yield f"{has}, and the model {model.__name__} lacks {one.name}", "add it to the model"


def _counted_elsewhere(table: TableSchema, mirrors: Sequence[type[models.Model]]) -> Iterator[tuple[str, str]]:
    """Why the server does not count where a model does: (cause, remedy)."""
    counts = bool(table.primary_key) and table.columns[table.primary_key].counts
    for model in mirrors:
        key = model._meta.pk
        if isinstance(key, models.AutoField) and column_name(key) in {*table.key} - {table.primary_key}:
            if not counts:
                yield "and the server counts in none of its columns", "give one a counter"
            where = f"the server counts in {table.primary_key}, and the model {model.__name__} in {key.column}"
            yield f"of which {where}", "bring model and table together"


def unfit(using: str, seeder: BaseSeeder, table: TableSchema, dataset: Dataset) -> str:
    """Why a seeder may not fill a table whose key is more than a number that the server counts; empty if it may."""
    model, key = seeder.config.model, f"{table.name} has {listed(table.key)}"
    is_given = not counts_keys(model)
    if table.has_row_key and not is_given:
        return ""
    changed = changed_columns(seeder, dataset) | {*seeder.config.postponed}
    others = set(table.key) - (set() if is_given else {table.primary_key})
    if both := sorted(changed & others):
        return f"{seeder.name} changes {', '.join(both)} after rows are written, and rows are found by {listed(table.key)}."
    if is_given:
        return next((f"{key}, and {words}." for words in _ungivable(using, seeder, table)), "")
    if not table.columns[table.primary_key].counts:
        return f"{key}, and the server counts in none of its columns, but {model.__name__} does. Mirror the key in the model."
    natural = set(seeder.config.natural_key)
    if natural and not others <= natural and (table.primary_key,) not in table.unique:
        return (
            f"{seeder.name} adopts real rows by ({', '.join(seeder.config.natural_key)}), and {key}: other rows may have their "
            f"numbers. Add {', '.join(sorted(others - natural))} to natural_key."
        )
    return ""


def _ungivable(using: str, seeder: BaseSeeder, table: TableSchema) -> Iterator[str]:
    """Why keys cannot be given to rows of the table, instead of counted by the server."""
    connection = connections[using]
    referring = {one.column for one in references(seeder.config.model)}
    for one in row_key(connection, table).columns:
        column = table.columns[one.name]
        if one.problem:
            yield f"{one.name} {one.problem}"
        elif not one.is_dashed and (column.kind not in GIVEN or (column.kind is Kind.TEXT and one.dtype is not pl.String)):
            yield f"{one.name} has the type {column.type_name or column.kind}, in which the ledger does not hold keys"
        elif column.counts and one.name not in referring and connection.vendor != "sqlite":
            yield (
                f"the server counts in {one.name}, and {seeder.name} generates it: give it an unmanaged model whose key is an "
                "AutoField"
            )
