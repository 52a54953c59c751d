"""The model of a table that holds a part of a model's rows: a multi-table child without what it inherits."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.apps.registry import Apps
from django.db import models


def own_table(model: type[models.Model]) -> type[models.Model]:
    """The model itself, or for a multi-table child a model of its own table: its key refers to the parent's row."""
    return _child(model) if model._meta.parents and not model._meta.proxy else model


@cache
def _child(model: type[models.Model]) -> type[models.Model]:
    options, own = model._meta, {field.name for field in model._meta.local_concrete_fields}
    together = [names for names in options.unique_together if own.issuperset(names)]
    meta = type("Meta", (), {
        "apps": Apps(), "app_label": options.app_label, "managed": False, "db_table": options.db_table,
        "unique_together": together,
        "constraints": [one for one in options.constraints if own.issuperset(getattr(one, "fields", ()) or [""])],
    })  # fmt: skip
    fields = {field.name: _copy(field) for field in options.local_concrete_fields}
    return type(model.__name__, (models.Model,), {"__module__": model.__module__, "Meta": meta, **fields})


def _copy(field: models.Field[Any, Any]) -> models.Field[Any, Any]:
    _, _, arguments, options = field.deconstruct()
    if isinstance(field, models.ForeignKey):
        options |= {"to": field.remote_field.model, "related_name": "+", "db_column": field.column}
        options.pop("parent_link", None)
    return type(field)(*arguments, **options)
