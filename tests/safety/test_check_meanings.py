"""CHECKs whose meaning the server's settings decide, or which it does not enforce: it alone says which rows break them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress

import polars as pl
import pytest
from django.db import Error, connections, models, transaction

from seeding import BaseSeeder, RecordCount, Rows, SeederConfig
from seeding.schema.introspection import read_tables
from seeding.schema.rules.check_clauses import compiled
from tests.safety.test_stored_values import WRITERS, written
from tests.servers import KINDS, Server
from tests.shop.conftest import INSTALLED
from tests.support.databases import Database
from tests.support.runs import undo

with INSTALLED:
    from seeding.example.models import Product

NAMES = ("1", '{"a": 5}', "[2, 3]", "no json", "AB", "cd", "28", "x'y\\z")
EVERY = [(name, 25 + place) for place, name in enumerate(NAMES)]


class Products(BaseSeeder):
    """Prices from 25 upwards, and names of which some are JSON."""

    config = SeederConfig(model=Product, record_count=RecordCount.fixed(len(NAMES)), not_pii=("name",))
    names: tuple[str, ...] = NAMES

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        prices = pl.Series(25 + rows.index).cast(pl.Decimal(8, 2))
        return pl.DataFrame({"name": [self.names[one] for one in rows.index], "price": prices})


@pytest.fixture(autouse=True)
def _installed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The model has checks of the names that the tables get."""
    own = [models.CheckConstraint(name=name, condition=models.Q(price__gte=0)) for name in ("own_rule", "other_rule")]
    with INSTALLED:
        monkeypatch.setattr(Product._meta, "constraints", [*Product._meta.constraints, *own])
        yield


def taken(database: Database) -> list[str]:
    """The names that the server takes, one by one; nothing stays."""
    found = []
    with transaction.atomic(using=database.alias):
        for name, price in EVERY:
            with suppress(Error), transaction.atomic(using=database.alias):
                database.query("INSERT INTO shop_product (name, price) VALUES (%s, %s)", name, price)
                found.append(name)
        transaction.set_rollback(True, using=database.alias)
    return found


def assert_as_the_server(database: Database, *but: str) -> list[str]:
    """The rows that are seeded are those that the server takes, by every writer `but` some; returns their names."""
    expected = taken(database)
    for writer in {*WRITERS[database.server]} - {*but}:
        summary, _ = written(writer, database, Products())
        there = [name for (name,) in database.query("SELECT name FROM shop_product WHERE name <> 'real' ORDER BY id")]

        assert there == expected
        assert summary.results[0].records_skipped == len(EVERY) - len(expected)
        assert undo(database, Products())[0].records_deleted == len(expected)
    return expected


MODES = ("TRADITIONAL", "TRADITIONAL,PIPES_AS_CONCAT", "TRADITIONAL,ANSI")
PIPES = ("price = 25 || price > 30", "price > 30 || price < 27", "price < 2728 || 1")


@pytest.mark.parametrize("clause", PIPES)
@pytest.mark.parametrize("server", ["mariadb", "mysql"])
def test_two_pipes_mean_what_they_meant_when_the_check_was_made(
    products: Callable[..., Database], server: str, clause: str
) -> None:
    database, found = products(server), []
    for made in MODES[:2]:
        database.query(f"SET SESSION sql_mode = '{made}'")
        database.query(f"ALTER TABLE shop_product ADD CONSTRAINT own_rule CHECK ({clause})")
        for mode in MODES:
            database.query(f"SET SESSION sql_mode = '{mode}'")
            found.append(tuple(assert_as_the_server(database)))
        database.query("ALTER TABLE shop_product DROP CONSTRAINT own_rule")

    assert len(set(found)) <= 2


NOT_ENFORCED: dict[str, tuple[str, ...]] = {
    "made so": ("ADD CONSTRAINT own_rule CHECK (price > 27) NOT ENFORCED",),
    "made so later": ("ADD CONSTRAINT own_rule CHECK (price > 27)", "ALTER CHECK own_rule NOT ENFORCED"),
    "of a column": ("MODIFY price decimal(8,2) NOT NULL CONSTRAINT own_rule CHECK (price > 27) NOT ENFORCED",),
    "one of two": ("ADD CONSTRAINT own_rule CHECK (price > 27) NOT ENFORCED, ADD CONSTRAINT other_rule CHECK (price > 25)",),
    "enforced again": (
        "ADD CONSTRAINT own_rule CHECK (price > 27) NOT ENFORCED",
        "ALTER CHECK own_rule ENFORCED",
    ),
}


@pytest.mark.parametrize("title", NOT_ENFORCED)
def test_a_check_that_is_not_enforced_rejects_nothing(products: Callable[..., Database], title: str) -> None:
    database = products("mysql")
    for change in NOT_ENFORCED[title]:
        database.query(f"ALTER TABLE shop_product {change}")

    left_out = {"one of two": 1, "enforced again": 3}
    assert len(assert_as_the_server(database)) == len(EVERY) - left_out.get(title, 0)


@pytest.mark.parametrize("clause", ["price > 27", "price > 27 AND price <= 31", "price IN (25, 30) OR price IS NULL"])
def test_a_check_that_old_rows_break_holds_for_new_ones(products: Callable[..., Database], clause: str) -> None:
    database = products(
        "postgresql",
    )
    database.query("INSERT INTO shop_product (name, price) VALUES ('real', 1)")
    database.query(f"ALTER TABLE shop_product ADD CONSTRAINT own_rule CHECK ({clause}) NOT VALID")

    assert 0 < len(assert_as_the_server(database)) < len(EVERY)
    assert database.query("SELECT name, price FROM shop_product") == [("real", 1)]


JSON = {
    "mysql": (
        "JSON_VALID(name)",
        "NOT JSON_VALID(name) OR price > 26",
        "JSON_EXTRACT(CONCAT('[', price, ']'), '$[0]') > 27",
        "IF(JSON_VALID(name), JSON_TYPE(name), '') <> 'OBJECT'",
    ),
    "postgresql": (
        "to_jsonb(price) > '27'",
        "jsonb_build_array(price) @> '[26]' OR price > 28",
        "jsonb_typeof(to_jsonb(name)) = 'string' AND price <> 27",
        "(name || price) <> 'AB29.00'",
    ),
    "sqlite": ("json_valid(name)", "json_valid(name) = 0 OR price > 26", "json_extract('[' || price || ']', '$[0]') > 27"),
}
JSON["mariadb"] = JSON["mysql"]


@pytest.mark.parametrize(("server", "clause"), [(server, clause) for server in (*KINDS, "sqlite") for clause in JSON[server]])
def test_functions_of_json_are_the_servers(products: Callable[..., Database], server: str, clause: str) -> None:
    database = products(server)
    if server == "sqlite":
        ((made,),) = database.query("SELECT sql FROM sqlite_master WHERE name = 'shop_product'")
        database.query("DROP TABLE shop_product")
        database.query(f"{made[:-1]}, CONSTRAINT own_rule CHECK ({clause}))")
    else:
        database.query(f"ALTER TABLE shop_product ADD CONSTRAINT own_rule CHECK ({clause})")

    kept = assert_as_the_server(database, "load_data")  # of which JSON_VALID warns, and its warnings are rejections

    evaluated, left = compiled(read_tables(connections[database.alias], ["shop_product"])["shop_product"])
    assert 0 < len(kept) < len(EVERY)
    assert (evaluated, len(left)) == ([], 1)


LETTERS = (
    "plain",
    "M\u00fcnchen",
    "Zo\u00eb",
    "\u0160koda",
    "\u0141\u00f3d\u017a",
    "\u65e5\u672c",
    "\u8868\u793a",
    "a\\b'c",
    "\u20ac 5",
    "~",
)


@pytest.mark.parametrize(
    ("characters", "mode"), [("latin1", ""), ("latin2", ""), ("sjis", ""), ("sjis", "NO_BACKSLASH_ESCAPES")]
)
@pytest.mark.parametrize("server", ["mariadb", "mysql"])
def test_a_lenient_session_of_another_character_set_stores_what_is_written_or_nothing(
    running: Callable[[str], Server], products: Callable[..., Database], server: str, characters: str, mode: str
) -> None:
    database, host = products(server), running(server)
    connection = connections[database.alias]
    connection.close()
    options = connection.settings_dict["OPTIONS"]
    options |= {"charset": characters, "init_command": f"{options['init_command']}, sql_mode = '{mode}'"}
    stored = f"SELECT HEX(CONVERT(name USING utf8mb4)) FROM {database.alias}.shop_product ORDER BY id"  # noqa: S608

    for letters in (LETTERS, LETTERS[:1], ("plain", *LETTERS[1:3], LETTERS[7])):
        seeder = type("Seeder", (Products,), {"names": letters, "config": config(len(letters))})()
        for writer in WRITERS[server]:
            summary, _ = written(writer, database, seeder)
            there = [bytes.fromhex(one).decode() for one in host.sql(stored, database.alias).split()]

            assert set(there) <= set(letters), writer
            assert len(there) == summary.records_inserted
            assert (summary.exit_code == 0) == (len(there) == len(letters))
            assert letters != LETTERS[:1] or there
            undo(database, seeder)


def config(count: int) -> SeederConfig:
    return SeederConfig(model=Product, record_count=RecordCount.fixed(count), not_pii=("name",))
