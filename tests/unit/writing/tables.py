"""Tables of the tests of writing, which no app has."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

import polars as pl
from django.apps.registry import Apps
from django.db import connections, models

from tests.support.databases import Database

APPS = Apps()


class Tag(models.Model):
    """Whose key is no number."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)

    class Meta:
        app_label = "writing"
        apps = APPS


class Shouted(models.CharField):  # type: ignore[type-arg]  # Django's class takes none when the module is run
    """A text with a conversion of its own."""

    def get_prep_value(self, value: Any) -> Any:
        return None if value is None else str(value).upper()


class Sample(models.Model):
    """A column of every type, and of every way to have a default."""

    id = models.BigAutoField(primary_key=True)
    text = models.TextField(null=True)
    money = models.DecimalField(max_digits=20, decimal_places=2, null=True)
    flag = models.BooleanField(null=True)
    day = models.DateField(null=True)
    moment = models.DateTimeField(null=True)
    items = models.JSONField(null=True)
    unique = models.UUIDField(null=True)
    tag = models.ForeignKey(Tag, models.CASCADE, null=True, db_constraint=False)
    loud = Shouted(max_length=9, null=True)
    wait = models.DurationField(null=True)
    ours = models.CharField(max_length=9, default="python's")
    theirs = models.IntegerField(db_default=7)

    class Meta:
        app_label = "writing"
        db_table = "sample"
        apps = APPS


class Numbered(models.Model):
    """The shortest table."""

    id = models.AutoField(primary_key=True)
    name = models.CharField(max_length=9, unique=True)

    class Meta:
        app_label = "writing"
        db_table = "numbered"
        apps = APPS


class Small(models.Model):
    """A table whose keys end soon."""

    id = models.SmallAutoField(primary_key=True)

    class Meta:
        app_label = "writing"
        db_table = "small"
        apps = APPS


def create(database: Database, *tables: type[models.Model]) -> None:
    """The tables, in the database."""
    with connections[database.alias].schema_editor() as editor:
        for one in tables:
            editor.create_model(one)


def numbered(names: Iterable[str], first: int = 1) -> pl.DataFrame:
    """Rows of Numbered."""
    rows = list(names)
    return pl.DataFrame({"id": range(first, first + len(rows)), "name": rows}, schema={"id": pl.Int64, "name": pl.String})
