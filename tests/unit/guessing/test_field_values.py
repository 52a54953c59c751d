"""Columns that are filled by what their fields and types say, and not by their names alone."""

from __future__ import annotations

import uuid
from typing import Any

import numpy as np
import polars as pl
import pytest
from django.core.validators import MinValueValidator
from django.db import connection, models
from django.utils import timezone

from seeding.generation.rows import Rows, decimals, numerals, take
from seeding.guessing.field_values import guesses, varies
from seeding.schema.tables import ColumnSchema, Kind
from tests.support.databases import AS_OF

ROWS = Rows(seed=42, table="things", as_of=AS_OF, index=np.arange(2_000))


def made(field: models.Field[Any, Any] | None, column: ColumnSchema, **options: Any) -> list[pl.Series]:
    """The values of every alternative."""
    names = {"rows": ROWS, "pl": pl, "decimals": decimals, "numerals": numerals, "take": take}
    found = guesses(field, column, "Thing", connection, **options)
    return [pl.Series(eval(one.expression, dict(names))) for one in found]  # noqa: S307 - the draft's own


def column(kind: Kind = Kind.OTHER, type_name: str = "") -> ColumnSchema:
    return ColumnSchema(name="thing", kind=kind, nullable=False, has_default=False, type_name=type_name)


@pytest.mark.parametrize(
    ("field", "type_name", "dtype"),
    [
        (models.UUIDField(), "char(32)", pl.String),
        (models.DurationField(), "bigint", pl.Duration),
        (models.TimeField(), "time", pl.Time),
        (models.BinaryField(), "BLOB", pl.Binary),
        (models.GenericIPAddressField(), "char(39)", pl.String),
        (models.GenericIPAddressField(protocol="IPv4"), "char(39)", pl.String),
        (None, "uuid", pl.String),
        (None, "interval", pl.Duration),
        (None, "time without time zone", pl.Time),
        (None, "bytea", pl.Binary),
        (None, "inet", pl.String),
    ],
)
@pytest.mark.parametrize("distinct", [False, True])
def test_a_type_has_values_of_its_own_and_every_row_another(
    field: models.Field[Any, Any] | None,
    type_name: str,
    dtype: type[pl.DataType],
    distinct: bool,  # noqa: FBT001
) -> None:
    values = made(field, column(type_name=type_name), distinct=distinct)[0]

    assert (values.dtype.base_type(), values.n_unique()) == (dtype, len(ROWS))
    if field is not None:
        for value in values.head(300):
            field.run_validators(field.to_python(value))


def test_choices_of_any_type_are_drawn_from_and_those_that_mean_nothing_are_not() -> None:
    numbers = models.IntegerField(choices=[(None, "-"), (7, "new"), (9, "old")])
    texts = models.CharField(choices=[("", "-"), ("a", "A"), ("b", "B")])

    assert set(made(numbers, column(Kind.INTEGER))[0]) == {7, 9}
    assert set(made(texts, column(Kind.TEXT))[0]) == {"a", "b"}
    (first, *_) = guesses(numbers, column(Kind.INTEGER), "Thing", connection, distinct=True)
    assert (first.expression, first.capacity) == ("pl.Series([7, 9]).gather(rows.index)", 2)


def test_numbers_of_validators_and_checks_are_among_the_alternatives() -> None:
    field = models.IntegerField(validators=[MinValueValidator(5_000)])

    tried = {values[0] for values in made(field, column(Kind.INTEGER), clauses=("thing <> 70",))}

    assert {5_000, 5_001, 69, 71} <= tried


@pytest.mark.parametrize("type_name", ["integer[]", "int4range", "hstore", "geometry"])
def test_what_can_only_be_empty_is_never_distinct(type_name: str) -> None:
    assert made(None, column(type_name=type_name), distinct=True) == []


@pytest.mark.parametrize(
    ("field", "other_every_time"),
    [
        (models.DateTimeField(default=timezone.now), True),
        (models.UUIDField(default=uuid.uuid4), True),
        (models.UUIDField(default=uuid.uuid4, primary_key=True), False),
        (models.JSONField(default=dict), False),
        (models.CharField(default="same"), False),
        (models.CharField(), False),
    ],
)
def test_a_default_of_the_clock_or_of_chance_would_make_other_rows_in_every_run(
    field: models.Field[Any, Any], *, other_every_time: bool
) -> None:
    assert varies(field) is other_every_time
