"""Django's own two ways to insert: `create`, row by row, and `bulk_create`."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl
from django.db import models

from seeding.writers.base import Writer

CREATE_BELOW = 100
"""Rows of a seeder below which each is created by itself: the errors are simpler and the time does not matter."""

ROWS_PER_STATEMENT = 1_000


class CreateWriter:
    """`Model.objects.create`, one row at a time."""

    name = "create"

    def write(self, using: str, model: type[models.Model], data: pl.DataFrame) -> None:
        """Insert each row with a statement of its own."""
        for instance in instances(model, data):
            instance.save(using=using, force_insert=True)


class BulkCreateWriter:
    """`bulk_create`: one statement for up to ROWS_PER_STATEMENT rows."""

    name = "bulk_create"

    def write(self, using: str, model: type[models.Model], data: pl.DataFrame) -> None:
        """Insert the whole frame."""
        model._base_manager.using(using).bulk_create(instances(model, data), batch_size=ROWS_PER_STATEMENT)


def writer_for(count: int) -> Writer:
    """The writer for a seeder that inserts `count` rows."""
    return CreateWriter() if count < CREATE_BELOW else BulkCreateWriter()


def instances(model: type[models.Model], data: pl.DataFrame) -> Iterator[models.Model]:
    """Unsaved model instances, one per row."""
    names = {field.column: field.attname for field in model._meta.concrete_fields}
    for row in data.rename({column: names[column] for column in data.columns}).iter_rows(named=True):
        yield model(**row)
