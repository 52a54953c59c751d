"""The tables of a database as profiles see them: those of automatic seeders, and those of the project's own."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Protocol

from django.db import connections
from django.db.models import Model

from seeding.exceptions import SeedingError
from seeding.generation.registry import Registry
from seeding.generation.seeders import ExistingRows
from seeding.profiles.tables import TableView
from seeding.schema.references import column_name
from seeding.schema.tables import ColumnSchema, expected


class OpenTables(Protocol):
    """The tables that automatic seeders may fill, as `scaffold.Project` knows them."""

    @property
    def models(self) -> Mapping[str, type[Model]]:
        """Table → its model."""

    def columns(self, table: str) -> Mapping[str, ColumnSchema]:
        """The columns that a seeder may fill."""

    def links(self, table: str) -> Mapping[str, str]:
        """Column → the table it refers to."""

    def unique(self, table: str) -> Sequence[tuple[str, ...]]:
        """The keys that rows may not repeat."""

    def required(self, table: str) -> Collection[str]:
        """The columns that every row must provide."""

    def given_keys(self, table: str) -> Collection[str]:
        """The columns of the primary key that a seeder fills."""


class Automatic(Protocol):
    """The automatic seeders of a run, as `scaffold.Automatic` makes them."""

    @property
    def project(self) -> OpenTables:
        """Everything about the tables."""

    tables: list[str]


def views(using: str, registry: Registry, automatic: Automatic | None) -> dict[str, TableView]:
    """Table → how a profile sees it: the registry's, and those that automatic seeders fill."""
    found = {table: _of_seeders(using, registry, table) for table in registry.by_table}
    for table in automatic.tables if automatic is not None else ():
        assert automatic is not None
        try:
            found[table] = _automatic(automatic.project, table)
        except SeedingError:
            continue  # it is not drafted either, which says why
    return found


def _automatic(tables: OpenTables, table: str) -> TableView:
    model, given = tables.models.get(table), tables.given_keys(table)
    pk = model._meta.pk if model is not None else None
    key = column_name(pk) if pk is not None else ""
    columns = {name: one for name, one in tables.columns(table).items() if name in given or not (one.counts or name == key)}
    return TableView(
        name=table,
        columns={name: one for name, one in columns.items() if not one.is_generated},
        links=tables.links(table),
        unique=tables.unique(table),
        choices=_choices(model),
        required={*tables.required(table), *given},
    )


def _of_seeders(using: str, registry: Registry, table: str) -> TableView:
    seeders = registry.by_table[table]
    schema = expected(seeders[0].config.model, connections[using])
    may = set(seeders[0].config.adjustable).intersection(*(one.config.adjustable for one in seeders))
    return TableView(
        name=table,
        columns=schema.columns,
        unique=schema.unique,
        choices=_choices(seeders[0].config.model),
        required=schema.required,
        adjustable=tuple(sorted(may)) if not isinstance(seeders[0], ExistingRows) else (),
        seeder=" and ".join(one.name for one in seeders),
    )


def _choices(model: type[Model] | None) -> dict[str, Collection[Any]]:
    fields = () if model is None else model._meta.concrete_fields
    return {column_name(field): [one for one, _ in field.flatchoices] for field in fields if field.choices}
