"""Tables and sessions whose changes no transaction undoes: refused, and nothing is written."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.db import connections

from seeding.exceptions import SchemaError, UnsafeServerError
from tests.safety.forms import PRODUCTS
from tests.servers import Server
from tests.shop.conftest import INSTALLED
from tests.support.databases import Database
from tests.support.runs import run, undo

with INSTALLED:
    from seeding.example.seeders.catalogue import ProductSeeder

COLUMNS = PRODUCTS["mysql"]
PARTS = "PARTITION BY HASH (id) PARTITIONS 2"
UNIQUE_BY_PART = COLUMNS.replace(" UNIQUE", "")
ENGINES = {
    "mariadb": {
        "Aria": f"({COLUMNS}) ENGINE=Aria TRANSACTIONAL=1",
        "MEMORY": f"({COLUMNS}) ENGINE=MEMORY",
        "MRG_MyISAM": f"({UNIQUE_BY_PART}) ENGINE=MERGE UNION=(parts) INSERT_METHOD=LAST",
        "MyISAM": f"({UNIQUE_BY_PART}) ENGINE=MyISAM {PARTS}",
    },
    "mysql": {
        "BLACKHOLE": f"({COLUMNS}) ENGINE=BLACKHOLE",
        "MEMORY": f"({COLUMNS}) ENGINE=MEMORY",
        "MRG_MYISAM": f"({UNIQUE_BY_PART}) ENGINE=MERGE UNION=(parts) INSERT_METHOD=LAST",
    },
}
"""Server → engine, as it names it → the table."""
ALL = [pytest.param(server, engine, id=f"{server}, {engine}") for server in ENGINES for engine in ENGINES[server]]


@pytest.fixture(autouse=True)
def _installed() -> Iterator[None]:
    with INSTALLED:
        yield


@pytest.mark.parametrize(("server", "engine"), ALL)
def test_an_engine_without_transactions_is_refused(
    running: Callable[[str], Server], products: Callable[..., Database], server: str, engine: str
) -> None:
    parts = f"CREATE TABLE parts ({UNIQUE_BY_PART}) ENGINE=MyISAM"
    database = products(server, parts, f"CREATE TABLE shop_product {ENGINES[server][engine]}")
    words = f"shop_product has the storage engine {engine}, which has no reliable transactions; convert it"

    seeded, _ = run(database, ProductSeeder())

    assert (seeded.exit_code, words in seeded.results[0].error) == (3, True)
    assert running(server).sql("SELECT COUNT(*) FROM shop_product", database.alias) == "0\n"


def test_a_table_that_has_lost_its_transactions_is_not_rolled_back(
    running: Callable[[str], Server], products: Callable[..., Database]
) -> None:
    database = products("mariadb")
    run(database, ProductSeeder())
    database.query("ALTER TABLE shop_product ENGINE=Aria")

    with pytest.raises(SchemaError, match="has the storage engine Aria"):
        undo(database, ProductSeeder())

    assert running("mariadb").sql("SELECT COUNT(*) FROM shop_product", database.alias) == "10\n"


@pytest.mark.parametrize("server", ["mariadb", "mysql"])
def test_a_session_within_a_distributed_transaction_writes_nothing(
    running: Callable[[str], Server], products: Callable[..., Database], server: str
) -> None:
    database = products(server)
    database.query("XA START 'one'")

    with pytest.raises(UnsafeServerError, match=r"is within a distributed transaction \(XA START\); end that one"):
        run(database, ProductSeeder())

    connections[database.alias].close()
    assert running(server).sql("SELECT COUNT(*) FROM shop_product", database.alias) == "0\n"
    assert running(server).sql("SELECT COUNT(*) FROM seeding_run", database.alias) == "0\n"
