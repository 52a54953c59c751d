"""A table is a name and a schema: what search_path makes of a name may change."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from django.core.management import call_command
from django.db import connections

from seeding.exceptions import SchemaError
from seeding.models import SeedingMetadata
from tests.safety.forms import PRODUCTS
from tests.shop.conftest import INSTALLED
from tests.support.databases import Database
from tests.support.runs import mask, run, undo

with INSTALLED:
    from seeding.example.seeders.catalogue import ProductSeeder


class Named(ProductSeeder):
    config = replace(ProductSeeder.config, pii_fields={"name": "person_name"}, not_pii=())


@pytest.fixture(autouse=True)
def _installed() -> Iterator[None]:
    with INSTALLED:
        yield


@pytest.fixture
def database(products: Callable[..., Database]) -> Database:
    """A database with a table of products in two schemas besides the ledger's; the one of `app` is seeded."""
    database = products("postgresql", "CREATE SCHEMA app", "CREATE SCHEMA other")
    for schema in ("app", "other"):
        database.query(f"CREATE TABLE {schema}.shop_product ({PRODUCTS['postgresql']})")
    database.query("INSERT INTO other.shop_product (name, price) SELECT 'Real ' || n, n FROM generate_series(1, 1100) AS n")
    search(database, "app, public")
    assert run(database, ProductSeeder())[0].exit_code == 0
    return database


def search(database: Database, path: str) -> None:
    """Let new connections search these schemas."""
    database.query(f"ALTER DATABASE {database.alias} SET search_path TO {path}")
    connections[database.alias].close()


def counts(database: Database) -> tuple[int, int]:
    """How many products `app` and `other` have."""
    ((one, other),) = database.query(
        "SELECT (SELECT COUNT(*) FROM app.shop_product), (SELECT COUNT(*) FROM other.shop_product)"
    )
    return one, other


def test_rows_are_rolled_back_only_where_they_were_seeded(database: Database) -> None:
    search(database, "other, app, public")

    for command in (run, undo):
        with pytest.raises(SchemaError) as refused:
            command(database, ProductSeeder())
        assert str(refused.value) == (
            "shop_product: rows are seeded in app.shop_product, and this connection finds other.shop_product under that name. "
            "Set search_path as it was. Nothing was changed."
        )
    assert counts(database) == (10, 1_100)

    search(database, "public, app, other")
    summary, _ = undo(database, ProductSeeder())

    assert (summary.exit_code, summary.records_deleted) == (0, 10)
    assert counts(database) == (0, 1_100)


def test_the_ledger_of_the_last_release_gets_the_schemas(database: Database) -> None:
    call_command("migrate", "seeding", "0004", database=database.alias, verbosity=0)
    call_command("migrate", "seeding", database=database.alias, verbosity=0)

    assert set(SeedingMetadata.objects.using(database.alias).values_list("table_schema", "table_name")) == {
        ("app", "shop_product")
    }
    assert run(database, ProductSeeder())[0].records_inserted == 0
    assert undo(database, ProductSeeder())[0].records_deleted == 10


def test_what_is_masked_is_not_masked_again_elsewhere(products: Callable[..., Database]) -> None:
    database = products("postgresql", "CREATE SCHEMA app", f"CREATE TABLE shop_product ({PRODUCTS['postgresql']})")
    database.query("INSERT INTO shop_product (name, price) VALUES ('Maria Real', 1)")
    search(database, "public, app")
    first = mask(database, Named())
    before = database.content("shop_product")

    database.query("ALTER TABLE shop_product SET SCHEMA app")
    with pytest.raises(SchemaError, match=r"values are masked in public\.shop_product, which does not exist now"):
        mask(database, Named())
    moved = database.content("shop_product")
    database.query(f"CREATE TABLE public.shop_product ({PRODUCTS['postgresql']})")
    search(database, "app, public")
    another = mask(database, Named())

    assert [one.masked for one in first.results] == [1]
    assert moved == before
    assert [one.masked for one in another.results] == [1]  # of a table that is another one, as far as is known
