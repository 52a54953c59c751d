"""Rules of a table that server and client could read differently: only the rows that the server rejects are left out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import polars as pl
import pytest

from seeding import BaseSeeder, RecordCount, Rows, SeederConfig
from seeding.orchestration.results import RunSummary
from tests.safety.forms import PRODUCTS
from tests.servers import KINDS
from tests.shop.conftest import INSTALLED
from tests.support.databases import Database
from tests.support.runs import run, undo

with INSTALLED:
    from seeding.example.models import Product

NAMES = ("AB-0", "ab-1", "Ab-2", "München", "Zoë", "a\\b'c", 'say "so"', "€ 5")
ROWS = len(NAMES)


class Products(BaseSeeder):
    """Prices from 25 upwards, and names in every letter case."""

    config = SeederConfig(model=Product, record_count=RecordCount.fixed(ROWS), not_pii=("name",))
    names: tuple[str, ...] = NAMES

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        names = [self.names[one] for one in rows.index]
        prices = pl.Series(25 + rows.index).cast(pl.Decimal(8, 2))
        return pl.DataFrame({"name": names, "price": prices, "stars": rows.index / 2})


@pytest.fixture(autouse=True)
def _installed() -> Iterator[None]:
    with INSTALLED:
        yield


def inserted(summary: RunSummary) -> tuple[int, int]:
    """Rows inserted, and rows rejected."""
    (seeder,) = summary.results
    return seeder.records_inserted, seeder.records_skipped


EVERYWHERE = {
    "an unknown is kept": "NULLIF(stars, 0) > 1",
    "several columns": "price > 25 OR stars > 0",
    "a comparison of floats": "stars * 10 <= 25",
    "negative remainders": "mod(-cast(price as decimal(8,0)), 3) >= -1",
    "a length": "char_length(name) <= 5",
    "texts between texts": "name BETWEEN 'a' AND 'mz'",
    "whole numbers": "price >= 28",
}
ON_MYSQL = {
    "like": "name LIKE 'ab-%'",
    "equal": "name <> 'ab-0' OR price > 25",
    "in, and accents": "name IN ('munchen', 'zoe')",
    "regexp": "name REGEXP '^ab'",
    "div": "price DIV 12 = 2",
    "a text as a number": "concat(price, '') + 0 > 26",
    "bytes": "length(name) = char_length(name)",
    "days": "date_add('2024-02-28', interval stars day) < '2024-03-01'",
}
ON_POSTGRESQL = {
    "whole numbers are divided": "price::int / 12 = 2",
    "a pattern": "name ~ '^AB'",
    "like": "name LIKE 'ab-%'",
    "bytes": "octet_length(name) = length(name)",
    "not valid": "price > 27) NOT VALID --",
}
CLAUSES = [
    pytest.param(server, clause, id=f"{server}, {title}")
    for server in KINDS
    for title, clause in (EVERYWHERE | (ON_POSTGRESQL if server == "postgresql" else ON_MYSQL)).items()
]


@pytest.mark.parametrize(("server", "clause"), CLAUSES)
def test_the_server_alone_says_which_rows_break_a_check(
    products: Callable[..., Database], monkeypatch: pytest.MonkeyPatch, server: str, clause: str
) -> None:
    database = products(server)
    monkeypatch.setattr(Product._meta, "constraints", [*Product._meta.constraints, rule()])
    run(database, Products())
    condition = clause.removesuffix(") NOT VALID --")
    kept = database.query(f"SELECT name FROM shop_product WHERE ({condition}) IS NOT FALSE ORDER BY id")  # noqa: S608
    undo(database, Products())
    database.query(
        f"ALTER TABLE shop_product ADD CONSTRAINT own_rule CHECK ({clause}\n)"
        if condition == clause
        else f"ALTER TABLE shop_product ADD CONSTRAINT own_rule CHECK ({condition}) NOT VALID"
    )

    summary, _ = run(database, Products())

    assert inserted(summary) == (len(kept), ROWS - len(kept))
    assert database.query("SELECT name FROM shop_product ORDER BY id") == kept


def rule() -> Any:
    """A constraint of the model, so that the table's is not unknown."""
    from django.db.models import CheckConstraint, Q

    return CheckConstraint(name="own_rule", condition=Q(price__gte=0))


WAITING = {
    "unique": "ADD CONSTRAINT late UNIQUE (price) DEFERRABLE INITIALLY DEFERRED",
    "exclusion": "ADD CONSTRAINT late EXCLUDE USING btree (price WITH =) DEFERRABLE INITIALLY DEFERRED",
    "foreign key": "ADD CONSTRAINT late FOREIGN KEY (price) REFERENCES prices DEFERRABLE INITIALLY DEFERRED",
    "trigger": "",
}


@pytest.mark.parametrize("title", WAITING)
def test_a_constraint_that_waits_for_the_commit_rejects_one_row(products: Callable[..., Database], title: str) -> None:
    database = products("postgresql")
    database.query("CREATE TABLE prices (price numeric(8,2) PRIMARY KEY)")
    database.query("INSERT INTO prices SELECT 25 + n FROM generate_series(0, 20) n WHERE n <> 3")
    database.query(
        "INSERT INTO shop_product (name, price) VALUES ('real', 28)" if title in ("unique", "exclusion") else "SELECT 1"
    )
    if title == "trigger":
        database.query(
            "CREATE FUNCTION late() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            "IF NEW.price = 28 THEN RAISE EXCEPTION 'not that one'; END IF; RETURN NULL; END $$"
        )
        database.query(
            "CREATE CONSTRAINT TRIGGER late AFTER INSERT ON shop_product DEFERRABLE INITIALLY DEFERRED "
            "FOR EACH ROW EXECUTE FUNCTION late()"
        )
    else:
        database.query(f"ALTER TABLE shop_product {WAITING[title]}")

    summary, _ = run(database, Products())

    assert inserted(summary) == (ROWS - 1, 1)
    there = database.query("SELECT name FROM shop_product WHERE name <> 'real' ORDER BY id")
    assert [name for (name,) in there] == [name for name in NAMES if name != NAMES[3]]


@pytest.mark.parametrize("server", ["mariadb", "mysql"])
@pytest.mark.parametrize(
    ("characters", "lost"),
    [
        ("latin1", {"日本"}),
        ("latin2", {"日本", "€ 5"}),
        ("ucs2", {"🌿"}),
        ("utf8mb3", {"🌿"}),
        ("sjis", {"🌿", "München", "Zoë", "€ 5"}),
    ],
)
def test_a_column_takes_what_its_character_set_holds_and_nothing_else(
    products: Callable[..., Database], server: str, characters: str, lost: set[str]
) -> None:
    database = products(server, f"CREATE TABLE shop_product ({PRODUCTS[server]}) CHARACTER SET {characters}")
    seeder = Products()
    seeder.names = (
        (*NAMES[:-1], "€ 5")
        if not lost & {"日本", "🌿"}
        else (*NAMES[3:6], "ab", "cd", "ef", "€ 5", min(lost & {"日本", "🌿"}))
    )

    run(database, seeder)

    there = {name for (name,) in database.query("SELECT name FROM shop_product")}
    assert there == {*seeder.names} - lost


@pytest.mark.parametrize(
    ("server", "writer"), [("mariadb", "load_data"), ("mariadb", "multi_insert"), ("mysql", "multi_insert")]
)
@pytest.mark.parametrize("mode", ["ANSI_QUOTES", "ANSI", "NO_BACKSLASH_ESCAPES", "PIPES_AS_CONCAT", "PAD_CHAR_TO_FULL_LENGTH"])
def test_the_sessions_mode_changes_no_value(products: Callable[..., Database], server: str, mode: str, writer: str) -> None:
    database = products(server)
    database.query(f"SET SESSION sql_mode = 'TRADITIONAL,{mode}'")

    run(database, Products(), writer=writer)

    assert [name for (name,) in database.query("SELECT name FROM shop_product ORDER BY id")] == [*NAMES]


def test_a_json_column_is_one_whatever_quotes_the_session_uses(products: Callable[..., Database]) -> None:
    database = products("mariadb", f"CREATE TABLE shop_product ({PRODUCTS['mariadb']}, extra json NULL)")
    database.query("SET SESSION sql_mode = 'TRADITIONAL,ANSI_QUOTES'")

    summary, _ = run(database, Products())

    assert inserted(summary) == (ROWS, 0)
