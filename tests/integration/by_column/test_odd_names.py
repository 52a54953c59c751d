"""Somebody else's tables may have any name, and so may their columns and constraints: what they refer to is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import polars as pl
import pytest
from django.core.management import call_command
from django.db import connections
from django.test import override_settings

from seeding import BaseSeeder, RecordCount, Rows, SeederConfig
from seeding.generation.rows import numerals
from tests.support.databases import SERVERS, Database
from tests.support.runs import run, undo

INSTALLED = override_settings(INSTALLED_APPS=["seeding", "tests.integration.by_column"], DATABASE_ROUTERS=[])

with INSTALLED:
    from tests.integration.by_column.models import Country

ODD = ("50% off", 'say "hi"', "a `b` c", "it's", "a.b:c", "x {0} %s")


class CountrySeeder(BaseSeeder):
    config = SeederConfig(model=Country, record_count=RecordCount.fixed(12), not_pii=("iso", "name"))

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        number = numerals(rows.index)
        return pl.DataFrame({"iso": number, "number": rows.index, "name": "Country " + number})


@pytest.fixture(autouse=True)
def _installed() -> Iterator[None]:
    with INSTALLED:
        yield


@pytest.fixture(params=SERVERS)
def atlas(request: pytest.FixtureRequest, make_database: Callable[..., Database]) -> Database:
    """A database with twelve seeded countries."""
    database = make_database(request.param, ready=False)
    call_command("migrate", database=database.alias, run_syncdb=True, verbosity=0)
    run(database, CountrySeeder())
    return database


def test_names_of_tables_columns_and_constraints(atlas: Database) -> None:
    mark = connections[atlas.alias].ops.quote_name("x")[0]
    number = "integer" if atlas.server == "sqlite" else "bigint"
    for place, name in enumerate(ODD):
        table, column, key = (mark + one.replace(mark, 2 * mark) + mark for one in (f"t {name}", f"c {name}", f"k {name}"))
        with connections[atlas.alias].cursor() as cursor:
            cursor.execute(
                f"CREATE TABLE {table} (id {number} PRIMARY KEY, {column} {number}, "
                f"CONSTRAINT {key} FOREIGN KEY ({column}) REFERENCES atlas_country (id) ON DELETE CASCADE)"
            )
            cursor.execute(f"INSERT INTO {table} SELECT 1, id FROM atlas_country WHERE number = {place}")  # noqa: S608

    rehearsed, _ = undo(atlas, CountrySeeder(), dry_run=True)
    summary, _ = undo(atlas, CountrySeeder())

    assert (rehearsed.exit_code, summary.exit_code) == (6, 6)
    assert [number for (number,) in atlas.query("SELECT number FROM atlas_country ORDER BY number")] == list(range(len(ODD)))
    assert {one.by for one in summary.kept} == {f"t {name}.c {name}" for name in ODD}


@pytest.mark.parametrize("atlas", ["mariadb", "mysql", "postgresql"], indirect=True)
def test_names_of_schemas(atlas: Database) -> None:
    mark = connections[atlas.alias].ops.quote_name("x")[0]
    schema = mark + f'{atlas.alias} "s" `q` %'.replace(mark, 2 * mark) + mark
    here = "public" if atlas.server == "postgresql" else atlas.alias
    with connections[atlas.alias].cursor() as cursor:
        cursor.execute(f"CREATE SCHEMA {schema}")
        try:
            cursor.execute(
                f"CREATE TABLE {schema}.trips (id bigint PRIMARY KEY, country bigint, "
                f"FOREIGN KEY (country) REFERENCES {here}.atlas_country (id))"
            )
            cursor.execute(f"INSERT INTO {schema}.trips SELECT 1, id FROM {here}.atlas_country WHERE number = 7")  # noqa: S608
            summary, _ = undo(atlas, CountrySeeder())
        finally:
            cursor.execute(f"DROP SCHEMA {schema}" + (" CASCADE" if atlas.server == "postgresql" else ""))

    assert (summary.exit_code, atlas.query("SELECT number FROM atlas_country")) == (6, [(7,)])
