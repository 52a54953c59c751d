"""Real rows that drafted seeders refer to: their natural keys, in the order of their primary keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import models

from seeding.db.sql import every_row
from seeding.exceptions import SchemaError
from seeding.guessing.columns import quoted
from seeding.schema.references import attributes

MOST = 1_000
"""Real rows that are looked at, those with the lowest keys: a later one changes no draft that refers to an earlier one."""


def existing_rows(
    using: str, model: type[models.Model], key: Sequence[str], targets: Mapping[str, type[models.Model]]
) -> tuple[dict[str, str], int]:
    """Column of the natural key → expression over `rows`; and the number of rows.

    `targets` are the models that columns of the key refer to, whose rows are real as well. Raises SchemaError if there are
    no rows.
    """
    known = attributes(model)
    if lacking := [column for column in key if column not in known]:
        raise SchemaError(f"{model._meta.label} lacks {', '.join(lacking)}, by which its rows are identified.")
    names = [known[column] for column in key]
    rows = list(_first(using, model).values_list(*names)[:MOST])
    if not rows:
        raise SchemaError(f"{model._meta.db_table} has no rows, and they are referred to and never invented.")
    columns: dict[str, str] = {}
    for column, values in zip(key, zip(*rows, strict=True), strict=True):
        places = _places(using, targets[column]) if column in targets else {}
        held = [places.get(value, value) for value in values]
        columns[column] = _taken(held)
    return columns, len(rows)


def content_type(using: str, types: type[models.Model], model: type[models.Model]) -> int:
    """The row index of the content type of `model`; raises SchemaError if it has none."""
    named = _first(using, types).filter(app_label=model._meta.app_label, model=model._meta.model_name)
    place = _places(using, types).get(named.values_list("pk", flat=True).first())
    if place is None:
        raise SchemaError(f"{types._meta.db_table} has no row for {model._meta.label}; run `manage.py migrate` first.")
    return place


def _first(using: str, model: type[models.Model]) -> models.QuerySet[models.Model]:
    return every_row(model, using).order_by("pk")


def _places(using: str, model: type[models.Model]) -> dict[Any, int]:
    """Primary key → row index."""
    return {key: place for place, key in enumerate(_first(using, model).values_list("pk", flat=True)[:MOST])}


def _taken(values: Sequence[Any]) -> str:
    """An expression for the values, one per row."""
    if all(isinstance(value, str) for value in values):
        return f"take(({', '.join(map(quoted, values))}{',' if len(values) == 1 else ''}), rows.index)"
    return f"pl.Series({[*values]}).gather(rows.index)"
