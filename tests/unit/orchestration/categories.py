"""A table whose rows refer to one another, which the shop has none of, and a seeder of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl
from django.db import connections, models
from django.test.utils import isolate_apps

from seeding import BaseSeeder, RecordCount, Rows, SeederConfig
from tests.support.databases import Database

if TYPE_CHECKING:
    from typing import ClassVar

with isolate_apps("seeding.example"):  # no other test sees it among the shop's models

    class Category(models.Model):
        name = models.CharField(max_length=20, unique=True)
        parent = models.ForeignKey("self", models.PROTECT, null=True)

        objects: ClassVar[models.Manager[Category]]

        class Meta:
            app_label = "shop"


class CategorySeeder(BaseSeeder):
    """Each category belongs to the one before."""

    config = SeederConfig(model=Category, record_count=RecordCount.fixed(6), not_pii=("name",))

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        return pl.DataFrame(
            {"name": [f"C{index}" for index in rows.index], "parent_id": pl.Series(rows.index - 1).replace(-1, None)}
        )


class PostponingSeeder(CategorySeeder):
    """The same, in two steps."""

    config = replace(CategorySeeder.config, postponed=("parent_id",))


def create_categories(shop: Database) -> None:
    """Create the table, which the shop's migrations do not."""
    with connections[shop.alias].schema_editor() as editor:
        editor.create_model(Category)


def parents(shop: Database) -> dict[str, str | None]:
    """Category → the category it belongs to."""
    return dict(
        shop.query(
            "SELECT one.name, other.name FROM shop_category one LEFT JOIN shop_category other ON other.id = one.parent_id"
        )
    )
