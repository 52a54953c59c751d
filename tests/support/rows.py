"""Database contents for comparison, and rows of the application."""

from __future__ import annotations

import json
from typing import Any

from django.apps import apps
from django.db import models
from model_bakery import baker, generators, random_gen

from seeding.models import SeedingMetadata
from seeding.schema.references import objects, references
from terpseed.models import ClientTransaction, Payment
from terpseed.models.fields import Key, NamingField, ReferencingJSONField, TextField, TimestampField, TypedReferenceField
from tests.support.databases import Database

OURS = (
    (TimestampField, random_gen.gen_datetime),
    (TextField, lambda: random_gen.gen_string(20)),
    (NamingField, lambda: random_gen.gen_string(20)),
    (ReferencingJSONField, random_gen.gen_json),
    (TypedReferenceField, random_gen.gen_regular_integer),
)
for _field, _make in OURS:
    generators.add(f"{_field.__module__}.{_field.__qualname__}", _make)


def everything(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    tables = [model._meta.db_table for model in apps.get_app_config("terpseed").get_models()]
    return {table: database.content(table) for table in tables}


def business_data(database: Database) -> dict[str, list[dict[str, Any]]]:
    """Every table without its primary keys; a reference becomes the position of its target row."""
    place: dict[str, dict[int, int]] = {}
    for model in apps.get_app_config("terpseed").get_models():
        # These have several sources, whose keys interleave as they grow: their numbers tell them apart.
        order = {Payment: "paymentNumber", ClientTransaction: "transaction_number"}.get(model, "id")
        keys = model._base_manager.using(database.alias).order_by(order).values_list("id", flat=True)
        place[model._meta.db_table] = {key: number for number, key in enumerate(keys)}
    data = {}
    for model in apps.get_app_config("terpseed").get_models():
        rows = list(model._base_manager.using(database.alias).order_by("id").values())
        attribute = {field.column: field.attname for field in model._meta.concrete_fields}
        for row in rows:
            del row["id"]
            for reference in references(model):
                keys_of, name = place[reference.target_table], attribute[reference.column]
                if reference.json_key:
                    for item in objects(row[name]):
                        item[reference.json_key] = keys_of[item[reference.json_key]]
                elif row[name] is not None and (reference.when is None or row[reference.when[0]] == reference.when[1]):
                    row[name] = keys_of[row[name]]
        data[model._meta.db_table] = sorted(rows, key=_in_any_order)
    return data


def _in_any_order(row: dict[str, Any]) -> str:
    """The row as text: servers return the keys of a JSON object in orders of their own."""
    return json.dumps(row, default=str, sort_keys=True)


def real_rows(database: Database) -> None:
    """Insert one row of the application into every table."""
    for model in apps.get_app_config("terpseed").get_models():
        real_row(model, database)


def real_row(model: type[models.Model], database: Database) -> models.Model:
    """The application's one row in a table; if missing, it is created with the rows it needs."""
    found = model._base_manager.using(database.alias).first()
    if found is not None:
        return found
    keys = [field for field in model._meta.concrete_fields if isinstance(field, Key) and not field.null]
    parents = {field.name: real_row(field.remote_field.model, database) for field in keys}
    attributes: dict[str, Any] = parents
    made: models.Model = baker.make(model, _using=database.alias, **attributes)
    return made


def ledgered_keys(database: Database, table: str) -> set[int]:
    entries = SeedingMetadata.objects.using(database.alias).filter(table_name=table, live=True)
    ranges = [one for entry in entries for one in entry.key_ranges]
    return {key for _, count, first in ranges for key in range(first, first + count)}


def hashable(row: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(json.dumps(value, default=str) for value in row)
