"""Folders of files as seeders, and an app of models that refer to each other in more ways than the shop's do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
from django.db import models
from django.test.utils import isolate_apps

from seeding.generation.registry import Registry
from seeding.generation.rows import Rows
from seeding.generation.seeders import BaseSeeder, RecordCount, SeederConfig
from seeding.masking import STRATEGIES, Cipher, Mode, PIIMasker
from seeding.schema.references import ReferencingJSONField, TypedReferenceField
from seeding.sources.registry import source_registry
from seeding.sources.seeder import SourceSeeder

KEY = Cipher.of("a key for tests, of some length")
MASKER = PIIMasker(KEY, Mode.FULL)
ONE = RecordCount.fixed(1)

with isolate_apps():

    class Person(models.Model):
        """Whose superior and whose team may be unknown."""

        name = models.CharField(max_length=80)
        login = models.CharField(max_length=20, unique=True)
        boss: Any = models.ForeignKey("self", models.CASCADE, null=True, related_name="+")
        team: Any = models.ForeignKey("orchard.Team", models.CASCADE, null=True, related_name="+")

        class Meta:
            app_label = "orchard"

    class Team(models.Model):
        """Never without its lead."""

        lead = models.ForeignKey(Person, models.CASCADE, related_name="+")
        year = models.IntegerField()
        code = models.CharField(max_length=9)

        class Meta:
            app_label = "orchard"
            constraints = (
                models.UniqueConstraint(fields=["year", "lead"], name="lead_of_year"),
                models.UniqueConstraint(fields=["code"], condition=models.Q(year__gt=0), name="code_of_some"),
                models.UniqueConstraint(fields=["year", "code"], name="code_of_year"),
            )

    class Egg(models.Model):
        """Never without its hen."""

        hen: Any = models.ForeignKey("orchard.Hen", models.CASCADE, related_name="+")

        class Meta:
            app_label = "orchard"

    class Hen(models.Model):
        """Never without its egg."""

        egg = models.OneToOneField(Egg, models.CASCADE, related_name="+")

        class Meta:
            app_label = "orchard"

    class Note(models.Model):
        """About a product or a review, and with products in a list."""

        kind = models.CharField(max_length=10)
        about = TypedReferenceField(kind="kind", targets={"PRODUCT": "shop.Product", "REVIEW": "shop.Review"}, null=True)
        items = ReferencingJSONField(targets={"product": "shop.Product"}, null=True)

        class Meta:
            app_label = "orchard"

    class Goods(models.Model):
        """The products of the shop, which may have a note."""

        note = models.ForeignKey(Note, models.CASCADE, null=True, related_name="+")

        class Meta:
            app_label = "orchard"
            db_table = "shop_product"


def seeder(model: type[models.Model], name: str = "", **config: Any) -> BaseSeeder:
    """A seeder that stands for a table, and generates nothing."""

    def nothing(self: BaseSeeder, rows: Rows) -> pl.DataFrame:
        return pl.DataFrame()

    made = SeederConfig(model=model, **{"record_count": ONE, **config})
    kind: type[BaseSeeder] = type(name or f"{model.__name__}Seeder", (BaseSeeder,), {"config": made, "generate_data": nothing})
    return kind()


def written(folder: Path, files: dict[str, str]) -> Path:
    """The folder, with the files in it: name → text."""
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def source(folder: Path, registry: Registry, masker: PIIMasker | None = MASKER, **files: str) -> dict[str, SourceSeeder]:
    """Table → the seeder of its file; the files are named by their tables, and CSV."""
    written(folder, {f"{table}.csv": text for table, text in files.items()})
    found = source_registry(folder, registry, cipher=KEY, masker=masker, strategies=STRATEGIES).by_name.values()
    return {one.config.table_name: one for one in found if isinstance(one, SourceSeeder)}
