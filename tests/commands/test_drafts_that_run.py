"""A table of every trait that real projects have: it is drafted, and the draft runs as it is; or one sentence says why not."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import CommandError
from django.test import override_settings

from seeding.generation.registry import Registry
from tests.support.databases import SERVERS, Database
from tests.support.drafted import App, set_up

MODELS = '''
import base64, uuid
from django.contrib.contenttypes.fields import GenericForeignKey
from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q


class Sealed(models.TextField):
    """Encrypted, as it were: a field of a base class that is known."""

    def get_prep_value(self, value):
        return base64.b64encode(value.encode()).decode()


class Currency(models.Field):
    """A field of which only the column's type is known."""

    def db_type(self, connection):
        return f"varchar({self.max_length})"

    def to_python(self, value):
        if len(value) != 3 or not value.isupper():
            raise ValueError(value)
        return value


class Product(models.Model):
    """The shop has one of this name, too."""

    name = models.CharField(max_length=20)


class Empty(models.Model):
    pass


class Defaults(models.Model):
    size = models.IntegerField(default=3)
    token = models.UUIDField(default=uuid.uuid4, unique=True)


class Tag(models.Model):
    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=3, unique=True)


class Post(models.Model):
    tags = models.ManyToManyField(Tag)
    related = models.ManyToManyField("self")
    parent = models.ForeignKey("self", models.CASCADE, null=True)
    product = models.ForeignKey(Product, models.CASCADE)
    state = models.IntegerField(choices=[(7, "new"), (9, "old")])
    contact = models.EmailField()
    title = models.URLField(unique=True)
    code = models.CharField(max_length=9, validators=[RegexValidator("^[A-Z]{3}[0-9]+$")])
    price = models.DecimalField(max_digits=6, decimal_places=2, validators=[MinValueValidator(500)])
    number = models.UUIDField(unique=True, null=True)
    secret = Sealed()
    currency = Currency(max_length=3)
    ip = models.GenericIPAddressField(null=True)
    length = models.DurationField(null=True)
    starts = models.TimeField(null=True)
    data = models.BinaryField(null=True)
    text_id = models.CharField(max_length=20, null=True)
    kind = models.ForeignKey("contenttypes.ContentType", models.CASCADE, null=True)
    about = GenericForeignKey("kind", "text_id")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["state", "code"], name="{app}_once"),
            models.UniqueConstraint(fields=["contact"], condition=Q(state=7), name="{app}_contact"),
            models.CheckConstraint(condition=Q(parent=None) | Q(length=None), name="{app}_either"),
            models.CheckConstraint(condition=Q(currency__in=("EUR", "USD")), name="{app}_money"),
        ]


class Vote(models.Model):
    post = models.OneToOneField(Post, models.CASCADE)
    tag = models.ForeignKey(Tag, models.CASCADE, to_field="slug")
    weight = models.IntegerField(choices=[(1, "up"), (2, "down")])

    class Meta:
        unique_together = [("tag", "weight")]
'''
RUN = "product empty defaults tag post vote post_tags post_related".split()
KEYS = """
import uuid
from django.db import models


class Country(models.Model):
    code = models.CharField(max_length=2, primary_key=True)


class Port(models.Model):
    number = models.IntegerField(primary_key=True)
    country = models.ForeignKey(Country, models.CASCADE)


class File(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    name = models.CharField(max_length=30)


class Lock(models.Model):
    file = models.OneToOneField(File, models.CASCADE, primary_key=True)


class Place(models.Model):
    name = models.CharField(max_length=30)


class Inn(Place):
    beds = models.IntegerField()


class Any(models.Model):
    pk = models.CompositePrimaryKey("place", "file")
    place = models.ForeignKey(Place, models.CASCADE)
    file = models.ForeignKey(File, models.CASCADE)


class Span(models.Model):
    number = models.UUIDField(unique=True)
    length = models.DurationField()
    starts = models.TimeField()
    data = models.BinaryField()
"""
OWN = "country port file lock place inn any span".split()


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    """A new app, which can be imported; content types are in its database."""
    with App(tmp_path) as made, override_settings(DATABASE_ROUTERS=[]):
        yield made


@pytest.mark.parametrize("server", SERVERS)
def test_what_is_drafted_runs_as_it_is(make_database: Callable[..., Database], app: App, server: str) -> None:
    database = make_database(server, ready=False)
    set_up(app, MODELS, database, "seeding.example")
    tables = [f"{app.name}_{name}" for name in RUN]
    with app.installed("django.contrib.contenttypes", "seeding.example"):
        app.seed_new(database, *tables)
        assert Registry.discover().broken == ()
        before = {table: database.content(table) for table in tables}

        seeded = database.seed(table=",".join(tables))
        rows = {table: len(database.content(table)) for table in tables}
        rolled_back = database.rollback()

        assert {name for name in Registry.discover().by_name if "Product" in name} == {
            "ProductSeeder", f"{app.name.title()}ProductSeeder",
        }  # fmt: skip
    assert {one["table"]: one["state"] for one in seeded["results"]} == dict.fromkeys(tables, "seeded")
    assert rows == {one["table"]: one["records_inserted"] for one in seeded["results"]}
    assert all(rows.values())
    assert rolled_back["exit_code"] == 0
    assert {table: database.content(table) for table in tables} == before


@pytest.mark.parametrize("table", OWN)
def test_a_key_or_type_is_drafted_and_runs_or_one_sentence_says_why_not(
    make_database: Callable[..., Database], app: App, table: str
) -> None:
    database = make_database("sqlite", ready=False)
    set_up(app, KEYS, database)
    with app.installed("django.contrib.contenttypes"):
        before = dump(database)
        if (refused := refusal(app, database, f"{app.name}_{table}")) is not None:
            assert (refused.returncode, f"{app.name}_" in str(refused)) == (3, True)
            assert not (app.folder / "seeders").exists()
            return
        seeded = database.seed()
        rolled_back = database.rollback()

    assert {one["state"] for one in seeded["results"]} == {"seeded"}
    assert rolled_back["exit_code"] == 0
    assert dump(database) == before


def refusal(app: App, database: Database, table: str) -> CommandError | None:
    """What keeps the table from being drafted; None if it is."""
    try:
        app.seed_new(database, table, with_parents=True)
    except CommandError as error:
        return error
    return None


def dump(database: Database) -> list[str]:
    """Every row but the ledger's, as SQLite writes them."""
    with sqlite3.connect(database.url.removeprefix("sqlite:///")) as file:
        return [line for line in file.iterdump() if "seeding_" not in line and "sqlite_sequence" not in line]


def test_a_table_with_a_parent_that_nobody_seeds_says_what_to_draft_first(
    make_database: Callable[..., Database], app: App
) -> None:
    database = make_database("sqlite", ready=False)
    set_up(app, MODELS, database, "seeding.example")
    first = f"manage.py seed_new django_content_type --app={app.name} --database={database.alias}"
    with app.installed("django.contrib.contenttypes", "seeding.example"):
        said = " ".join(app.seed_new(database, f"{app.name}_post", with_parents=True, dry_run=True).split())
        with pytest.raises(CommandError) as refused:
            app.seed_new(database, f"{app.name}_vote")

    assert first in said.replace("# ", "")
    tables = f"{app.name}_product {app.name}_post {app.name}_tag {app.name}_vote"
    assert f"Write them together: manage.py seed_new {tables} --app={app.name} --database={database.alias}" in str(
        refused.value
    )


def test_rows_that_must_refer_to_any_table_refer_to_rows_of_one(make_database: Callable[..., Database], app: App) -> None:
    models = MODELS.replace("text_id = models.CharField(max_length=20, null=True)", "text_id = models.CharField(max_length=20)")
    database = make_database("sqlite", ready=False)
    set_up(app, models, database, "seeding.example")

    with app.installed("django.contrib.contenttypes", "seeding.example"):
        app.seed_new(database, f"{app.name}_post", with_parents=True)
        database.seed(table=f"{app.name}_post")
        posts = apps.get_model(app.name, "Post").objects.using(database.alias)
        about = [(post.kind.model_class(), post.about) for post in posts]

    assert about
    assert all(type(row) is model for model, row in about)
