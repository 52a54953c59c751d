"""Django's two ways to insert: `create`, row by row, and `bulk_create`.

Both store what was generated, as the other writers do: `pre_save`, by which `auto_now` and its like set a value, is left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import polars as pl
from django.db import connections, models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.expressions import DatabaseDefault, Value

from seeding.db.drivers import writes_any_object
from seeding.db.features import features
from seeding.db.sql import every_row
from seeding.exceptions import InsertionError
from seeding.schema.kinds import base_of, converts
from seeding.schema.references import column_name

ROWS_PER_STATEMENT, BYTES_PER_STATEMENT = 1_000, 1_000_000
"""Upper bounds; servers accept statements of four megabytes and more."""
PLACEHOLDERS = ("get_placeholder", "get_placeholder_sql")
"""How fields write SQL around their values: before Django 6.1, and from it on."""


class CreateWriter:
    """`Model.objects.create`, one row at a time: receivers run, so only seeders with `signals=True` use it."""

    name = "create"
    rows_per_batch = 1_000

    def write(self, using: str, model: type[models.Model], data: pl.DataFrame) -> None:
        """Insert each row with its own statement; raises InsertionError if one is not stored."""
        rows = every_row(model, using)
        with given_keys(using, model):
            for instance in instances(model, data):
                instance.__dict__["_save_table"] = partial(_as_given, instance)
                try:
                    instance.save(using=using, force_insert=True)
                except TypeError as error:  # Django reads the key from an answer without a row
                    transaction.set_rollback(False, using=using)  # one question more: whoever began the transaction undoes it
                    if rows.filter(pk=instance.pk).exists():
                        raise
                    words = "a row that was written is not under its key; the batch was undone. Does a trigger keep it out?"
                    raise InsertionError(f"{model._meta.db_table}: {words}") from error


class BulkCreateWriter:
    """`bulk_create`: one statement for up to ROWS_PER_STATEMENT rows."""

    name = "bulk_create"
    rows_per_batch = 1_000

    def write(self, using: str, model: type[models.Model], data: pl.DataFrame) -> None:
        """Insert the whole frame."""
        width = data.estimated_size() / data.height
        rows = max(1, min(ROWS_PER_STATEMENT, int(BYTES_PER_STATEMENT / width)))
        with given_keys(using, model):
            AsGiven(model, using=using).bulk_create(instances(model, data), batch_size=rows)


def handed_over(using: str, model: type[models.Model], data: pl.DataFrame) -> bool:
    """Whether `bulk_create` has inserted the rows, since only Django can: a field writes SQL of its own around its values.

    Such are geometries and texts that the server encrypts; on psycopg2 also objects that it has no text for, and the bits of
    MySQL and MariaDB, where a number is another one than its text.
    """
    connection = connections[using]
    fields = {column_name(field): field for field in model._meta.concrete_fields}
    if not any(_is_djangos(fields[column.name], column, connection) for column in data):
        return False
    BulkCreateWriter().write(using, model, data)
    return True


def _is_djangos(field: models.Field[Any, Any], column: pl.Series, connection: BaseDatabaseWrapper) -> bool:
    base = base_of(field)
    own = [one for name in PLACEHOLDERS if (one := getattr(type(base), name, None)) is not None]
    if any(not one.__module__.startswith(("django.db.models", "django.contrib.postgres")) for one in own):
        return True
    if connection.vendor == "mysql" and (base.db_type(connection) or "").startswith("bit"):
        return True
    if not converts(field) or column.null_count() == len(column):
        return False
    if not writes_any_object(connection):
        return True
    first = column.drop_nulls().to_list()[0]
    return hasattr(field.get_db_prep_save(first, connection), "as_sql")


def _as_given(instance: models.Model, _: bool, *arguments: Any, **options: Any) -> Any:  # noqa: FBT001 - Django's `raw`
    """Django's own insertion of the instance, `raw`: no field's `pre_save` runs. Receivers are told that it is not.

    Only once: a receiver may save the instance again, or a copy of it.
    """
    del instance.__dict__["_save_table"]
    return type(instance)._save_table(instance, True, *arguments, **options)  # type: ignore[attr-defined]  # noqa: SLF001 - Django has no public way


class AsGiven(models.QuerySet[models.Model]):
    """Inserts `raw`."""

    def _insert(self, *arguments: Any, **options: Any) -> Any:
        return super()._insert(*arguments, **{**options, "raw": True})  # type: ignore[misc]  # the stubs leave it out


@contextmanager
def given_keys(using: str, model: type[models.Model]) -> Iterator[None]:
    """Within a block, Django's inserts into the model's table keep their keys, also if the server always fills them in."""
    connection = connections[using]
    clause = features(connection).given_keys
    if not clause:
        yield
        return
    columns = r'\("[^"]+"(?:, "[^"]+")*\)'
    head = re.compile(f"INSERT INTO {re.escape(connection.ops.quote_name(model._meta.db_table))} {columns}")

    def execute(run: Callable[..., Any], sql: str, *rest: Any) -> Any:
        return run(head.sub(rf"\g<0> {clause}", sql, count=1), *rest)

    with connection.execute_wrapper(execute):
        yield


class Default(DatabaseDefault):
    """A column's database default, reused for any number of rows: it does not depend on the query."""

    def resolve_expression(self, *args: Any, **kwargs: Any) -> Default:
        """Returns itself: there is nothing to resolve."""
        return self


def instances(model: type[models.Model], data: pl.DataFrame) -> Iterator[models.Model]:
    """Unsaved model instances, one per row of settled data."""
    fields = {field.column: field for field in model._meta.concrete_fields}
    names = {column: fields[column].attname for column in data.columns}
    texts = [fields[column].attname for column in data.columns if isinstance(fields[column], models.JSONField)]
    # Django would create and resolve one of these for every row, which takes several times as long as the insertion.
    defaults = {
        field.attname: Default(field.get_default().expression, output_field=field)
        for column, field in fields.items()
        if column not in names and field.has_db_default() and not field.has_default()
    }
    for row in data.rename(names).iter_rows(named=True):
        for name in texts:
            if row[name] is not None:  # already JSON: Django's field would encode it again
                row[name] = Value(row[name], output_field=models.TextField())
        yield model(**defaults, **row)
