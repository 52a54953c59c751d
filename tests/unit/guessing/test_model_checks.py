"""What a model's fields and CHECKs say of single values and of rows."""

from __future__ import annotations

import pytest
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.test.utils import isolate_apps

from seeding.guessing.trials.model_checks import keeps, named, suits
from tests.support.databases import Database


@pytest.mark.parametrize(
    ("condition", "is_kept"),
    [
        (Q(low__lte=F("high")), True),
        (Q(low__gt=F("high")), False),
        (Q(high=None), False),
        (Q(gone__gt=1), True),  # no field of the model: the database judges it
    ],
)
@isolate_apps()
def test_a_row_keeps_a_check_unless_the_model_says_that_it_does_not(shop: Database, condition: Q, *, is_kept: bool) -> None:
    class Range(models.Model):
        low = models.IntegerField()
        high = models.IntegerField(null=True)

        class Meta:
            app_label = "somewhere"

    check = models.CheckConstraint(condition=condition, name="in_order")

    assert keeps(check, Range, Range(low=1, high=2), shop.alias) is is_kept


def test_a_condition_names_its_fields_and_those_that_it_looks_up() -> None:
    assert {*named(Q(low__lte=F("high")) & ~Q(name="x"))} >= {"low__lte", "low", "high", "name"}


@pytest.mark.parametrize(("value", "is_taken"), [(3, True), ("4", True), (1, False), ("x", False)])
def test_a_value_suits_a_field_that_validates_and_writes_it(shop: Database, value: object, *, is_taken: bool) -> None:
    field: models.Field[object, object] = models.IntegerField(validators=[MinValueValidator(2)])

    assert suits(field, value, shop.alias) is is_taken


def test_a_name_suits_a_field_of_files(shop: Database) -> None:
    field: models.Field[object, object] = models.FileField(max_length=10)

    assert suits(field, "a.txt", shop.alias)
