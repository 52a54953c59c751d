"""Every type of column × every writer × every server: what a seeder generates is what the table holds, exactly."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import polars as pl
import pytest
from django.contrib.postgres.signals import register_type_handlers
from django.db import connections, models, transaction
from hypothesis import HealthCheck, Phase, Verbosity, given, settings
from hypothesis import strategies as st

from seeding.comparison.rendered_rows import KEY
from seeding.comparison.stored_rows import StoredRows
from seeding.schema.introspection import all_tables
from seeding.schema.tables import expected
from seeding.schema.validation import SchemaValidator
from seeding.writing import Writers, insert, settled
from seeding.writing.orm import CreateWriter
from tests.integration.types.columns import COMMON, EXACT, Column, Everything, Exact, Special, alike, frame, rows, special
from tests.support.databases import SERVERS, Database

QUICKLY = settings(
    max_examples=12,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
    verbosity=Verbosity.quiet,
    print_blob=False,
)
WRITERS = {
    "sqlite": ("create", "bulk_create", "executemany"),
    "mariadb": ("create", "bulk_create", "load_data", "multi_insert"),
    "mysql": ("create", "bulk_create", "load_data", "multi_insert"),
    "postgresql": ("create", "bulk_create", "copy"),
}


@pytest.fixture(params=SERVERS)
def database(request: pytest.FixtureRequest, make_database: Callable[..., Database]) -> Iterator[Database]:
    """An empty database on each server, with the tables of all types; MySQL lets LOAD DATA be used, too."""
    made = make_database(request.param, ready=False)
    connection = connections[made.alias]
    if made.server == "postgresql":
        made.query("CREATE EXTENSION hstore")
        register_type_handlers(connection)
    with connection.schema_editor() as editor:
        for model in tables(made):
            editor.create_model(model)
    if made.server != "mysql":
        yield made
        return
    ((before,),) = made.query("SELECT @@GLOBAL.local_infile")
    made.query("SET GLOBAL local_infile = 1")
    yield made
    made.query(f"SET GLOBAL local_infile = {before}")


def tables(database: Database) -> dict[type[models.Model], dict[str, Column]]:
    found: dict[type[models.Model], dict[str, Column]] = {Everything: COMMON}
    if database.server != "sqlite":
        found[Exact] = EXACT
    if database.server == "postgresql":
        found[Special] = special()
    return found


def held(database: Database, model: type[models.Model], columns: dict[str, Column]) -> dict[str, list[Any]]:
    """The values of each column, as the server itself writes them."""
    connection, kind = connections[database.alias], connections[database.alias].vendor
    quote = connection.ops.quote_name
    sql = ", ".join((column.read.get(kind) or column.read[""]).format(quote(name)) for name, column in columns.items())
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {sql} FROM {quote(model._meta.db_table)} ORDER BY id")  # noqa: S608 - names of ours
        read = list(zip(*cursor.fetchall(), strict=True))
    return {
        name: [None if one is None else column.said(one, database.server) for one in values]
        for (name, column), values in zip(columns.items(), read, strict=True)
    }


def write(database: Database, writer: str, model: type[models.Model], data: pl.DataFrame) -> None:
    chosen = CreateWriter() if writer == "create" else Writers(database.alias, writer).choose(1)
    refused = insert(chosen, database.alias, model, settled(model, data))
    assert not refused, (writer, refused[0])


CASES = [
    *((server, Everything) for server in SERVERS),
    *((server, Exact) for server in SERVERS if server != "sqlite"),
    ("postgresql", Special),
]


@pytest.mark.parametrize(("database", "model"), CASES, indirect=["database"])
@given(data=st.data())
@QUICKLY
def test_what_is_generated_is_what_the_table_holds(database: Database, model: type[models.Model], data: Any) -> None:
    columns = tables(database)[model]
    values = data.draw(rows(columns))
    generated = frame(columns, values)
    if "uid" in columns and data.draw(st.booleans()):
        generated = generated.with_columns(pl.Series("uid", values["uid"], dtype=pl.Object))
    for writer in WRITERS[database.server]:
        with transaction.atomic(using=database.alias):
            write(database, writer, model, generated)
            stored = held(database, model, columns)
            transaction.set_rollback(True, using=database.alias)
        for name, found in stored.items():
            wrong = [pair for pair in zip(values[name], found, strict=True) if not alike(*pair)]
            assert not wrong, (writer, name, wrong[:3])


COPIED = {
    "mysql": "UPDATE {0} a JOIN {0} b ON a.id = {1} AND b.id = {2} SET a.{3} = b.{3}",
    "": "UPDATE {0} SET {3} = b.{3} FROM {0} b WHERE {0}.id = {1} AND b.id = {2}",
}
"""Gives a row the value of another one."""


@pytest.mark.parametrize(("database", "model"), CASES, indirect=["database"])
@given(data=st.data())
@settings(QUICKLY, max_examples=8)
def test_what_was_written_is_valid_and_what_was_changed_is_found(
    database: Database, model: type[models.Model], data: Any
) -> None:
    columns, connection = tables(database)[model], connections[database.alias]
    values = data.draw(rows(columns))
    generated = frame(columns, values)
    name, there = model._meta.db_table, all_tables(connection)
    validator = SchemaValidator(expected(model, connection), there)
    compared = StoredRows(database.alias, model, there[name])
    wanted = generated.rename({"id": KEY})

    assert validator.validate_schema().errors == ()
    assert validator.validate_columns(generated).errors == ()
    assert validator.validate_data(generated).counts == {}
    with transaction.atomic(using=database.alias):
        write(database, WRITERS[database.server][-1], model, generated)
        assert compared.differing(wanted, list(columns)) == set()
        changed = set()
        for column, pair in different(values):
            statement = COPIED.get(connection.vendor, COPIED[""])
            database.query(statement.format(*map(connection.ops.quote_name, (name,)), *pair, connection.ops.quote_name(column)))
            changed.add((pair[0], column))
        assert compared.differing(wanted, list(columns)) == changed
        transaction.set_rollback(True, using=database.alias)


def different(values: dict[str, list[Any]]) -> Iterator[tuple[str, tuple[int, int]]]:
    """Each column, and the keys of two rows whose values there are not one; a second apart if they are moments."""
    for column, held in values.items():
        first = next((row for row, one in enumerate(held) if one is not None), None)
        for row, one in enumerate(held):
            if first is None or one is None or one == held[first]:
                continue
            if not isinstance(one, datetime) or abs(one - held[first]) > timedelta(seconds=1):
                yield column, (first + 1, row + 1)
                break
