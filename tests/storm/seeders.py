"""The models and seeders of a drawn schema."""

from __future__ import annotations

from typing import Any, ClassVar

import polars as pl
from django.apps import apps
from django.db import models
from django.db.models.functions import Lower

from seeding.generation.registry import Registry
from seeding.generation.rows import Rows, numerals
from seeding.generation.seeders import BaseSeeder, RecordCount, SeederConfig
from tests.storm.schemas import MODELLED, Schema, Table


class StormSeeder(BaseSeeder):
    """Fills whatever table it is of."""

    table: ClassVar[Table]
    parents: ClassVar[tuple[int, ...]]
    """Rows that each reference can name, at every size."""

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        index = rows.index
        columns: dict[str, Any] = {
            "code": "Item " + numerals(index),
            "number": index,
            "email": "person" + numerals(index) + "@example.com",
        }
        if self.table.is_composite:
            columns["tenant"] = index % 2 + 1
        if "ratio" in self.table.extras:
            columns["ratio"] = index / 10
        if "padded" in self.table.extras:
            columns["tag"] = "t" + numerals(index % 10)
        if "json" in self.table.extras:
            columns["data"] = ['{"b": 1, "a": [1.50, "x"]}'] * len(index)
        for place, (one, count) in enumerate(zip(self.table.references, self.parents, strict=True)):
            before = pl.Series(index // 2).to_frame("at").select(pl.when(pl.Series(index) > 0).then("at")).to_series()
            columns[f"ref{place}"] = before if one.target == self.table.place else index % count
        return pl.DataFrame(columns)


def seeders(schema: Schema) -> Registry:
    """A seeder of each table, of models that are made anew."""
    apps.all_models["storm"].clear()
    apps.clear_cache()
    made: list[type[models.Model]] = []
    for table in schema.tables:
        made.append(_model(schema, table, made))
        for place, kind in enumerate(table.followers):
            if kind in MODELLED:
                _follower(table, place, made[-1])
    return Registry([_seeder(schema, table, model) for table, model in zip(schema.tables, made, strict=True)])


def _model(schema: Schema, table: Table, made: list[type[models.Model]]) -> type[models.Model]:
    email = models.TextField if table.email == "text" else models.CharField
    rules = [  # of which only the names count
        models.CheckConstraint(name=f"{name}{table.place}", condition=models.Q(number__lt=200000))
        for extra, name in (("check", "limits"), ("folded", "folded"), ("lowered", "lowered"))
        if extra in table.extras
    ]
    fields: dict[str, Any] = {
        "__module__": "tests.storm.seeders",
        "Meta": type("Meta", (), {"app_label": "storm", "db_table": table.name, "managed": False, "constraints": rules}),
        "id": (models.AutoField if table.key == "small" else models.BigAutoField)(primary_key=True),
        "code": models.CharField(max_length=40, unique=table.unique),
        "number": models.IntegerField(unique=not table.is_parted),
        "email": email(max_length=120, unique=table.email.endswith("UNIQUE")),
        "mark": models.CharField(max_length=40, null=True),
    }
    extras: dict[str, models.Field[Any, Any]] = {
        "ratio": models.FloatField(null=True),
        "padded": models.CharField(max_length=8, null=True, db_column="tag"),
        "json": models.JSONField(null=True, db_column="data"),
        "day": models.DateField(null=True),
        "twice": _computed(models.F("number") * 2, models.IntegerField(), unique=not table.is_parted),
        "folded": _computed(Lower("email"), models.CharField(max_length=120), unique=table.email.endswith("UNIQUE")),
        "lowered": _computed(Lower("email"), models.CharField(max_length=120), is_stored=False),
        "claimed": _computed(Lower("email"), models.CharField(max_length=120)),
    }
    fields |= {name: one for name, one in extras.items() if name in table.extras}
    if table.is_composite:
        fields["tenant"] = models.IntegerField()
    if table.trait == "fills":
        fields["filled"] = models.CharField(max_length=40, null=True)
    for place, one in enumerate(table.references):
        fields[f"ref{place}"] = models.ForeignKey(
            "self" if one.target == table.place else made[one.target],
            models.CASCADE,
            null=True,
            db_column=f"ref{place}",
            db_constraint=schema.is_declared(table, one),
            to_field=schema.by(one),
            related_name="+",
        )
    return type(f"Table{table.place}", (models.Model,), fields)


def _computed(
    expression: Any, field: models.Field[Any, Any], *, is_stored: bool = True, **options: Any
) -> models.GeneratedField:
    return models.GeneratedField(expression=expression, output_field=field, db_persist=is_stored, **options)


def _follower(table: Table, place: int, model: type[models.Model]) -> None:
    """A model of the application, of which there is no seeder."""
    by = {"model": "id", "named": table.named}.get(table.followers[place], table.followers[place])
    key = models.ForeignKey(
        model, models.CASCADE, null=True, db_column="item", db_constraint=False, to_field=by, related_name="+"
    )
    meta = type("Meta", (), {"app_label": "storm", "db_table": f"follower{table.place}{place}", "managed": False})
    fields = {"__module__": "tests.storm.seeders", "Meta": meta, "item": key}
    type(f"Follower{table.place}{place}", (models.Model,), fields | {"id": models.BigAutoField(primary_key=True)})


def _seeder(schema: Schema, table: Table, model: type[models.Model]) -> BaseSeeder:
    small, medium, large = table.sizes
    others = {schema.tables[one.target].name for one in table.references if one.target != table.place}
    unspoken = [
        name
        for extra, name in (("padded", "tag"), ("json", "data"), ("folded", "folded"), ("lowered", "lowered"))
        if extra in table.extras
    ]
    config = SeederConfig(
        model=model,
        record_count=RecordCount(small=small, medium=medium, large=large, scales=False),
        dependencies=tuple(sorted(others)),
        pii_fields={name: "email" for name in ("email", "claimed") if name == "email" or name in table.extras},
        not_pii=("code", "mark", *unspoken, *(["filled"] if table.trait == "fills" else [])),
        natural_key=("code",) if table.adopts else (),
        postponed=tuple(f"ref{place}" for place, one in enumerate(table.references) if one.target == table.place),
    )
    parents = tuple(schema.tables[one.target].sizes[0] for one in table.references)
    made: type[BaseSeeder] = type(
        f"Seeder{table.place}", (StormSeeder,), {"config": config, "table": table, "parents": parents}
    )
    return made()
