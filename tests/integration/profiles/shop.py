"""An app without seeders, for profiles to shape."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import Any

from django.core.management import CommandError, call_command
from django.test import override_settings

from tests.support.databases import AS_OF, Database
from tests.support.drafted import App, set_up

MODELS = """
from django.db import models

REGIONS = [(one, one.title()) for one in ("north", "south", "east", "west")]


class Tag(models.Model):
    name = models.CharField(max_length=30, unique=True)


class Client(models.Model):
    name = models.CharField(max_length=255)
    code = models.CharField(max_length=12, unique=True)
    region = models.CharField(max_length=10, choices=REGIONS)
    status = models.CharField(max_length=10)
    level = models.IntegerField(choices=[(1, "one"), (2, "two"), (3, "three")])
    credit = models.DecimalField(max_digits=12, decimal_places=2)
    vip = models.BooleanField()
    note = models.TextField(null=True)
    joined = models.DateField()
    opens_at = models.TimeField(null=True)
    extra = models.JSONField(null=True)
    tags = models.ManyToManyField(Tag)


class Depot(models.Model):
    region = models.CharField(max_length=10, choices=REGIONS)
    size = models.CharField(max_length=10)


class Order(models.Model):
    client = models.ForeignKey(Client, models.CASCADE)
    depot = models.ForeignKey(Depot, models.CASCADE)
    agent = models.ForeignKey(Client, models.SET_NULL, null=True, related_name="+")
    region = models.CharField(max_length=10, choices=REGIONS)
    placed_at = models.DateTimeField()
    due_on = models.DateField()
    paid_on = models.DateField(null=True)
    priority = models.IntegerField()
    urgency = models.CharField(max_length=10)


class Line(models.Model):
    order = models.ForeignKey(Order, models.CASCADE)
    number = models.PositiveIntegerField()
    quantity = models.PositiveIntegerField()
    unit_price = models.DecimalField(max_digits=8, decimal_places=2)
    total = models.DecimalField(max_digits=12, decimal_places=2)


class Reading(models.Model):
    flat = models.FloatField()
    bell = models.FloatField()
    cut = models.FloatField()
    skewed = models.FloatField()
    waiting = models.FloatField()
    steps = models.FloatField()
    rank = models.IntegerField()
"""
TABLES = ("tag", "client", "depot", "order", "line", "reading", "client_tags")


@contextmanager
def shop(folder: Path, database: Database) -> Iterator[App]:
    """The app, its tables in the database, and no other app but the engine."""
    with App(folder) as app, override_settings(DATABASE_ROUTERS=[]):
        set_up(app, MODELS, database)
        with app.installed("django.contrib.contenttypes"):
            yield app


def seed(database: Database, profile: str | Path | None, **options: Any) -> tuple[int, dict[str, Any]]:
    """Exit code and summary of `seed --auto --profile`; raises CommandError if there is no summary."""
    out, code = StringIO(), 0
    told = {"table": None, "as_of": AS_OF.isoformat(), "auto": True, "json": True, "profile": profile and str(profile)}
    try:
        call_command("seed", database=database.alias, stdout=out, stderr=StringIO(), **{**told, **options})
    except CommandError as error:
        if "results" not in out.getvalue():
            raise
        code = error.returncode
    summary: dict[str, Any] = json.loads(out.getvalue())
    return code, summary


def written(folder: Path, name: str, text: str, app: App) -> Path:
    """A profile in a file, in which `shop_` stands for the app's tables."""
    path = folder / name
    path.write_text(text.replace("shop_", f"{app.name}_"), encoding="utf-8")
    return path


def counted(database: Database, app: App, query: str) -> int | float:
    """The number that a query gives, in which `shop_` stands for the app's tables."""
    (found,), *_ = database.query(query.replace("shop_", f"{app.name}_"))
    return float(found) if not isinstance(found, int) else found
