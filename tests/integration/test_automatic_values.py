"""Rows of automatic seeders: harmless, valid by the application's own word, and columns that agree with each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.hashers import check_password, is_password_usable
from django.db import connections

from seeding.generation.registry import Registry
from seeding.generation.value_rules.shape import Shape
from seeding.scaffold.automatic import Automatic, Wanted
from tests.support.databases import Database
from tests.support.drafted import App

MODELS = '''
from django.core.exceptions import ValidationError
from django.db import models


class Account(models.Model):
    first_name = models.CharField(max_length=50)
    last_name = models.CharField(max_length=50)
    email = models.EmailField(unique=True)
    phone = models.CharField(max_length=20, unique=True)
    password = models.CharField(max_length=128, default="")
    is_superuser = models.BooleanField(default=True)
    is_admin = models.BooleanField()
    is_active = models.BooleanField()
    role = models.IntegerField(choices=[(1, "Site owner"), (2, "Administrator"), (3, "Reader"), (4, "Writer")])
    address = models.GenericIPAddressField()
    homepage = models.URLField()
    api_key = models.CharField(max_length=40, unique=True)


class Product(models.Model):
    name = models.CharField(max_length=80)
    slug = models.SlugField(unique=True)
    min_stock = models.IntegerField()
    max_stock = models.IntegerField()


class Order(models.Model):
    status = models.CharField(
        max_length=9, choices=[(one, one.title()) for one in ("new", "paid", "shipped", "completed", "cancelled")]
    )
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    paid_at = models.DateTimeField(null=True, blank=True)
    shipped_on = models.DateField(null=True, blank=True)
    completed_at = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    order_date = models.DateField()
    due_date = models.DateField()
    subtotal = models.DecimalField(max_digits=12, decimal_places=2)
    tax = models.DecimalField(max_digits=12, decimal_places=2)
    discount = models.DecimalField(max_digits=12, decimal_places=2)
    total = models.DecimalField(max_digits=12, decimal_places=2)


class Line(models.Model):
    order = models.ForeignKey(Order, models.CASCADE)
    quantity = models.PositiveIntegerField()
    unit_price = models.DecimalField(max_digits=10, decimal_places=2)
    line_total = models.DecimalField(max_digits=12, decimal_places=2)

    def clean(self):
        if self.order.total < 0:
            raise ValidationError("An order that costs nothing has no lines.")


class Picky(models.Model):
    """What only its own methods tell."""

    code = models.CharField(max_length=20)
    nickname = models.CharField(max_length=20, null=True, blank=True)
    remark = models.CharField(max_length=20, null=True)
    start_date = models.DateField()
    end_date = models.DateField()
    motto = models.CharField(max_length=20)
    count_of_rows = models.IntegerField(null=True, blank=True)

    def clean(self):
        if not self.code.startswith("row"):
            raise ValidationError({"code": "Begins with row."})
        if self.nickname:
            raise ValidationError({"nickname": "No nicknames here."})
        if self.end_date <= self.start_date:
            raise ValidationError("It ends before it starts.")
        if self.count_of_rows:
            raise ValidationError("This is not counted.")


class Words(models.TextField):
    """A list, kept as a text."""

    def to_python(self, value):
        return value if isinstance(value, list) else [one for one in (value or "").split(",") if one]

    def from_db_value(self, value, expression, connection):
        return self.to_python(value)

    def get_prep_value(self, value):
        if isinstance(value, list):
            return ",".join(value)
        raise TypeError("That is no list.")


class Answer(models.Model):
    words = Words(default=[])


class Visit(models.Model):
    """A number that names rows of products, and that forms require."""

    product_id = models.BigIntegerField(null=True)


class Discount(models.Model):
    """What its kind asks for."""

    kind = models.CharField(max_length=9, choices=[(one, one) for one in ("percent", "amount", "shipping", "second", "third")])
    product = models.ForeignKey(Product, models.CASCADE, null=True, blank=True)
    value = models.DecimalField(max_digits=9, decimal_places=2)

    def clean(self):
        if self.kind == "shipping" and self.product:
            raise ValidationError("Shipping has no product.")
        if self.kind != "shipping" and not self.product:
            raise ValidationError("There must be a product.")
        if self.kind == "percent" and self.value > 100:
            raise ValidationError("Too much.")


class Variant(models.Model):
    structure = models.CharField(max_length=9, choices=[(one, one) for one in ("alone", "parent", "child")])
    parent = models.ForeignKey("self", models.CASCADE, null=True, blank=True)

    def clean(self):
        if self.structure == "child" and not (self.parent_id and self.parent.structure == "parent"):
            raise ValidationError("A child has a parent.")
        if self.structure != "child" and self.parent_id:
            raise ValidationError("Only a child has a parent.")


class Ledger(models.Model):
    role = models.CharField(max_length=9, choices=[(one, one) for one in ("asset", "cash", "debt", "income")])
    code = models.CharField(max_length=10)

    def clean(self):
        if self.code[0] != {"asset": "1", "cash": "1", "debt": "2", "income": "4"}[self.role]:
            raise ValidationError("The code does not suit the role.")


class Spoken(models.Model):
    """Some of its rows have a name only if something is in `data`."""

    kind = models.CharField(max_length=9, choices=[(one, one) for one in ("plain", "simple", "named")])
    data = models.JSONField()

    def __str__(self):
        return self.data["name"] if self.kind == "named" else self.kind


class Unspeakable(models.Model):
    title = models.CharField(max_length=40)

    def __str__(self):
        raise ZeroDivisionError("no name")


class Hopeless(models.Model):
    title = models.CharField(max_length=40)

    def clean(self):
        raise ValidationError({"title": "Never good enough."})


class Only(models.Model):
    title = models.CharField(max_length=40)
    note = models.CharField(max_length=40, blank=True)

    def clean(self):
        if Only.objects.filter(title=self.title).exclude(pk=self.pk).exists():
            raise ValidationError({"note": "There is one already."})


class Explosive(models.Model):
    title = models.CharField(max_length=40)

    def clean(self):
        raise ZeroDivisionError
'''


CHOICES = {"Discount": "kind", "Variant": "structure", "Ledger": "role", "Spoken": "kind"}
"""Columns of which not every choice suits the rest of the row."""


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    with App(tmp_path) as made:
        yield made


@pytest.fixture
def database(make_database: Callable[..., Database], app: App) -> Iterator[Database]:
    """One with the tables of the app's models, which is installed."""
    database = make_database("sqlite")
    app.write("models.py", MODELS)
    with app.installed():
        with connections[database.alias].schema_editor() as editor:
            for model in apps.get_app_config(app.name).get_models():
                editor.create_model(model)
        yield database


def test_rows_are_harmless_valid_and_consistent(database: Database, app: App) -> None:
    database.seed(auto=True, app=app.name)

    def rows(name: str) -> list[Any]:
        return list(apps.get_model(app.name, name)._default_manager.using(database.alias).order_by("pk"))

    for one in rows("Account"):
        assert (one.is_superuser, one.is_admin, one.role in (3, 4)) == (False, False, True)
        assert not is_password_usable(one.password)
        assert not check_password("", one.password)
        assert one.email == f"{one.first_name}.{one.last_name}{one.pk}@example.com".lower()
        assert (one.phone[:2], one.phone[5:10], len(one.phone)) == ("+1", "55501", 12)
        assert one.address.startswith("10.")
        assert one.homepage.startswith("https://example.com/")
        assert " " in one.api_key
    for one in rows("Product"):
        assert one.slug.startswith(one.name.lower().replace(" ", "-"))
        assert one.max_stock > one.min_stock
    orders = rows("Order")
    for one in orders:
        assert one.total == one.subtotal + one.tax - one.discount
        assert one.created_at <= one.updated_at
        assert timedelta(14) <= one.due_date - one.order_date <= timedelta(60)
        reached = ("new", "paid", "shipped", "completed").index(one.status) if one.status != "cancelled" else 0
        assert [bool(moment) for moment in (one.paid_at, one.shipped_on, one.completed_at)] == [reached > n for n in range(3)]
        assert bool(one.cancelled_at) == (one.status == "cancelled")
        if reached == 3:
            assert one.created_at <= one.paid_at <= one.completed_at <= one.updated_at
            assert one.paid_at.date() <= one.shipped_on <= one.completed_at.date()
    assert 1 < len({one.status for one in orders}) <= 5
    for one in rows("Line"):
        assert one.line_total == one.quantity * one.unit_price
    valid = "Account Product Order Line Picky Answer Visit Discount Variant Ledger Spoken".split()
    for name in valid:
        assert rows(name)
        for one in rows(name):
            one.full_clean(exclude={"order"}, validate_unique=False)
            assert str(one)
    kinds = {name: {getattr(one, column) for one in rows(name)} for name, column in CHOICES.items()}
    assert kinds == {
        "Discount": {"amount", "second", "third"},
        "Variant": {"alone", "parent"},
        "Ledger": {"asset", "cash"},
        "Spoken": {"plain", "simple"},
    }
    assert len(rows("Hopeless")) == len(rows("Explosive")) > 0


def test_what_a_draft_is_does_not_depend_on_the_rows_that_it_made(database: Database, app: App) -> None:
    first, second = (database.seed(auto=True, app=app.name) for _ in range(2))

    assert first["records_inserted"] > 0
    assert (second["records_inserted"], {one["state"] for one in second["results"]}) == (0, {"existing"})


def test_the_plan_says_what_full_clean_says(database: Database, app: App) -> None:
    registry = Automatic(database.alias, Registry.discover(), Wanted(apps=(app.name,))).registry(Shape())

    assert registry.doubts == {
        f"{app.name}_hopeless": "title: 24 of 24 sample rows, Never good enough.",
        f"{app.name}_unspeakable": ("the row as a whole: 24 of 24 sample rows, its __str__ raises ZeroDivisionError: no name"),
    }
