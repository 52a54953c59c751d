"""Temporary tables under the names of others: no command takes them for those."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connections

from seeding.exceptions import UnsafeServerError
from tests.safety.forms import PRODUCTS
from tests.shop.conftest import INSTALLED
from tests.support.databases import SERVERS, Database
from tests.support.runs import run, undo

with INSTALLED:
    from seeding.example.seeders.catalogue import ProductSeeder

NOTES = (
    "notes (id bigint PRIMARY KEY, product_id bigint, FOREIGN KEY (product_id) REFERENCES shop_product (id) ON DELETE CASCADE)"
)


@pytest.fixture(autouse=True)
def _installed() -> Iterator[None]:
    with INSTALLED:
        yield


def shadow(database: Database, table: str) -> str:
    """Hide the table from the session; returns the words of the refusal."""
    columns = PRODUCTS[database.server] if table == "shop_product" else "id bigint PRIMARY KEY, product_id bigint"
    database.query(f"CREATE TEMPORARY TABLE {table} ({columns})")
    return rf"behind temporary ones of the same names \({table}(, sqlite_sequence)?\); connect without what creates"


@pytest.mark.parametrize("server", SERVERS)
def test_one_that_hides_a_table_is_refused(products: Callable[..., Database], server: str) -> None:
    database = products(server)
    database.query(f"CREATE TABLE {NOTES}")
    connections[database.alias].close()

    for table in ("shop_product", "seeding_masked"):
        words = shadow(database, table)
        with pytest.raises(UnsafeServerError, match=words):
            run(database, ProductSeeder())
        with pytest.raises(CommandError) as error:
            call_command("seed_check", "--schema", database=database.alias, stdout=StringIO(), stderr=StringIO())
        assert error.value.returncode == UnsafeServerError.exit_code
        connections[database.alias].close()
        assert database.query("SELECT COUNT(*) FROM shop_product") == [(0,)]

    assert run(database, ProductSeeder())[0].records_inserted == 10
    database.query("INSERT INTO notes SELECT 1, MIN(id) FROM shop_product")
    words = shadow(database, "notes")  # as if nothing referred to the products
    for dry in (True, False):
        with pytest.raises(UnsafeServerError, match=words):
            undo(database, ProductSeeder(), dry_run=dry)
    connections[database.alias].close()
    assert database.query("SELECT COUNT(*) FROM notes") == [(1,)]
    assert database.query("SELECT COUNT(*) FROM shop_product") == [(10,)]


@pytest.mark.parametrize("server", SERVERS)
def test_one_that_hides_nothing_is_no_hindrance(products: Callable[..., Database], server: str) -> None:
    database = products(server)
    database.query("CREATE TEMPORARY TABLE basket (id bigint PRIMARY KEY)")

    assert run(database, ProductSeeder())[0].records_inserted == 10
    assert undo(database, ProductSeeder())[0].records_deleted == 10
