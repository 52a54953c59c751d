"""What the server stores is what it was given, by every writer; otherwise nothing is kept, and the column is named."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import polars as pl
import pytest
from django.db import connections

from seeding import Rows
from tests.integration.safety.conftest import mask
from tests.integration.safety.forms import PRODUCTS
from tests.servers import KINDS, Server
from tests.shop.conftest import INSTALLED
from tests.support.databases import SERVERS, Database
from tests.support.runs import run, undo

with INSTALLED:
    from seeding.example.seeders.catalogue import ProductSeeder

WRITERS = {
    "sqlite": ("create", "bulk_create", "executemany"),
    "mariadb": ("create", "bulk_create", "load_data", "multi_insert"),
    "mysql": ("create", "bulk_create", "multi_insert"),
    "postgresql": ("create", "bulk_create", "copy"),
}


class Starred(ProductSeeder):
    """Products with letters of several alphabets, and stars."""

    stars: float | None = None

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        names = pl.Series("name", [f"Wine 酒 {index}" for index in rows.index])
        return super().generate_data(rows).with_columns(names, stars=pl.lit(self.stars, dtype=pl.Float64))


@pytest.fixture
def _installed() -> Iterator[None]:
    with INSTALLED:
        yield


shop = pytest.mark.usefixtures("_installed")


@shop
@pytest.mark.parametrize("server", KINDS)
def test_a_trigger_that_fills_in_other_columns_is_let_be(products: Callable[..., Database], server: str) -> None:
    database = products(server)
    database.query("ALTER TABLE shop_product ADD slug varchar(100), ADD changed_at timestamp NULL")
    database.query("INSERT INTO shop_product (name, price) VALUES ('Real', 5)")
    assigns = "NEW.slug {0} LOWER(CONCAT(NEW.name, '-', NEW.id)){1} NEW.changed_at {0} CURRENT_TIMESTAMP"
    fills_in(database, assigns.format("=", ";" if server == "postgresql" else ","))

    for writer in WRITERS[server]:
        summary, _ = run(database, ProductSeeder(), writer=writer)
        filled = "SELECT COUNT(*) FROM shop_product WHERE slug = LOWER(CONCAT(name, '-', id)) AND changed_at IS NOT NULL"

        assert (summary.exit_code, summary.records_inserted) == (0, 10)
        assert database.query(filled) == [(10,)]
        assert undo(database, ProductSeeder())[0].records_deleted == 10
        assert database.query("SELECT name, slug FROM shop_product") == [("Real", None)]


@shop
@pytest.mark.parametrize(
    ("column", "assigns"),
    [
        ("price", "NEW.price {} ROUND(NEW.price)"),
        ("name", "NEW.name {} CONCAT(NEW.name, ' ')"),
        ("name", "NEW.name {} CASE WHEN NEW.id % 7 = 0 THEN UPPER(NEW.name) ELSE NEW.name END"),
        ("stars", "NEW.stars {} COALESCE(NEW.stars, 3)"),
    ],
)
@pytest.mark.parametrize("server", KINDS)
def test_a_trigger_that_changes_what_is_written_is_found(
    products: Callable[..., Database], server: str, column: str, assigns: str
) -> None:
    database = products(server)
    fills_in(database, assigns.format("="))

    assert_undone(database, f"{column} does not hold what was written")


@shop
@pytest.mark.parametrize("server", SERVERS)
def test_keys_are_counted_by_every_writer(products: Callable[..., Database], server: str) -> None:
    """A trigger that is not there yet when the table is looked at."""
    database = products(server)

    def make(event: Any) -> None:
        if event.operation == "choose":
            makes_late_trigger(database)

    for writer in WRITERS[server]:
        summary, _ = run(database, Starred(), writer=writer, listen=make)
        database.query("DROP TRIGGER late" + (" ON shop_product" if server == "postgresql" else ""))

        assert summary.exit_code == 5
        assert re.search(r"(are under their keys|is not under its key); the batch was undone", summary.results[0].error)
        assert_empty(database)


DEFERRED = {
    "changes": ("UPDATE shop_product SET price = price / 2 WHERE id = $1", "price does not hold what was written"),
    "deletes": ("DELETE FROM shop_product WHERE id = $1 AND $1 % 3 = 0", "are under their keys"),
    "moves": ("UPDATE shop_product SET id = -id WHERE id = $1", "of 10 rows that were written 0 are under their keys"),
}


@shop
@pytest.mark.parametrize("title", DEFERRED)
def test_a_trigger_that_waits_for_the_commit_is_found(products: Callable[..., Database], title: str) -> None:
    """An operator calls a function, which the trigger's body does not tell."""
    database, (statement, words) = products("postgresql"), DEFERRED[title]
    database.query(
        f"CREATE FUNCTION act(bigint, bigint) RETURNS boolean LANGUAGE sql AS $$ {statement}; SELECT true $$; "
        "CREATE OPERATOR @@@ (LEFTARG = bigint, RIGHTARG = bigint, FUNCTION = act); "
        "CREATE FUNCTION late() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.id @@@ NEW.id THEN RETURN NULL; END IF; "
        "RETURN NULL; END $$; CREATE CONSTRAINT TRIGGER late AFTER INSERT ON shop_product DEFERRABLE INITIALLY DEFERRED "
        "FOR EACH ROW EXECUTE FUNCTION late()"
    )

    assert_undone(database, words)


CONVERSIONS: dict[str, tuple[str, float | None, str]] = {
    "character set of the column": ("MODIFY name varchar(80) CHARACTER SET cp1251 NOT NULL", None, "name"),
    "number that is clipped": ("MODIFY stars double(5, 2)", 12345.0, "stars"),
    "negative number": ("MODIFY stars double unsigned", -1.0, "stars"),
}
"""What is done to the table, the stars that are written, and the column that would hold something else."""


@shop
@pytest.mark.parametrize("title", CONVERSIONS)
@pytest.mark.parametrize("server", ["mariadb", "mysql"])
def test_what_a_lenient_session_changes_is_found(products: Callable[..., Database], server: str, title: str) -> None:
    database = products(server)
    change, stars, column = CONVERSIONS[title]
    database.query(f"ALTER TABLE shop_product {change}")
    seeder = type("Seeder", (Starred,), {"stars": stars, "config": Starred.config})()

    strict, _ = run(database, seeder, writer="multi_insert")
    session(database, init_command="SET SESSION sql_mode = ''")
    database.query("DELETE FROM shop_product")

    assert strict.records_inserted == 0
    for writer in WRITERS[server]:
        summary, told = run(database, seeder, writer=writer)

        error = summary.results[0].error
        assert summary.records_inserted == 0, writer
        assert summary.exit_code != 0
        if writer != "load_data":  # its warnings are rejections
            assert (
                f"{column} does not hold what was written; the batch was undone. The session has an sql_mode without" in error
            )
        assert any("may change values without an error" in event.message for event in told)
        assert_empty(database)


@shop
@pytest.mark.parametrize("server", ["mariadb", "mysql"])
def test_what_a_lenient_session_keeps_is_seeded(products: Callable[..., Database], server: str) -> None:
    database = products(server)
    session(database, init_command="SET SESSION sql_mode = ''")

    assert run(database, Starred(), writer="multi_insert")[0].records_inserted == 10


@shop
@pytest.mark.parametrize("server", ["mariadb", "mysql"])
def test_characters_that_the_session_cannot_carry_are_found(products: Callable[..., Database], server: str) -> None:
    class Merry(ProductSeeder):
        config = ProductSeeder.config

        def generate_data(self, rows: Rows) -> pl.DataFrame:
            return super().generate_data(rows).with_columns(pl.Series("name", [f"😀 {index}" for index in rows.index]))

    database = products(server)
    session(database, charset="utf8mb3")

    for writer in WRITERS[server]:
        summary, _ = run(database, Merry(), writer=writer)

        assert (summary.records_inserted, summary.exit_code != 0) == (0, True), writer
        assert_empty(database)


@shop
@pytest.mark.parametrize("server", ["mariadb", "mysql"])
def test_numbers_that_a_column_rounds_are_rejected(products: Callable[..., Database], server: str) -> None:
    database = products(
        server, f"CREATE TABLE shop_product ({PRODUCTS[server]})", "ALTER TABLE shop_product MODIFY stars double(8, 2)"
    )
    fitting = type("Seeder", (Starred,), {"stars": 0.1 + 0.2, "config": Starred.config})()
    rounded = type("Seeder", (Starred,), {"stars": 4.125, "config": Starred.config})()

    for writer in WRITERS[server]:
        summary, _ = run(database, rounded, writer=writer)
        assert (summary.records_inserted, summary.exit_code != 0) == (0, True)
    assert run(database, fitting)[0].records_inserted == 10


@shop
def test_a_right_that_is_taken_back_for_the_schema_shows_no_triggers(
    running: Callable[[str], Server], products: Callable[..., Database]
) -> None:
    database, host = products("mysql"), running("mysql")
    database.query("CREATE TRIGGER cheaper BEFORE INSERT ON shop_product FOR EACH ROW SET NEW.price = NEW.price / 2")
    name, rights = f"few_{database.alias}", "SELECT, INSERT, UPDATE, DELETE"
    host.sql(f"SET GLOBAL partial_revokes = ON; CREATE USER {name}; GRANT {rights}, TRIGGER ON *.* TO {name}")
    try:
        host.sql(f"REVOKE TRIGGER ON {database.alias}.* FROM {name}")
        session(database, user=name)

        assert_undone(database, "price does not hold what was written")
    finally:
        connections[database.alias].close()
        host.sql(f"DROP USER {name}; SET GLOBAL partial_revokes = OFF")


@shop
def test_a_right_to_a_pattern_that_a_closer_one_hides_shows_no_triggers(
    running: Callable[[str], Server], products: Callable[..., Database]
) -> None:
    database, host = products("mysql"), running("mysql")
    database.query("CREATE TRIGGER cheaper BEFORE INSERT ON shop_product FOR EACH ROW SET NEW.price = NEW.price / 2")
    name, rights = f"few_{database.alias}", "SELECT, INSERT, UPDATE, DELETE"
    host.sql(f"CREATE USER {name}; GRANT {rights}, TRIGGER ON `t%`.* TO {name}; GRANT {rights} ON {database.alias}.* TO {name}")
    session(database, user=name)

    assert_undone(database, "price does not hold what was written")


@pytest.mark.usefixtures("classified")
@pytest.mark.parametrize("server", ["mariadb", "mysql"])
def test_masks_that_a_lenient_session_changes_are_found(products: Callable[..., Database], server: str) -> None:
    database = products(
        server,
        "CREATE TABLE members (id bigint AUTO_INCREMENT PRIMARY KEY, email set('ann@corp.test', 'bob@corp.test'), born date)",
    )
    database.query("INSERT INTO members (email, born) VALUES ('ann@corp.test', '1980-02-03')")
    session(database, init_command="SET SESSION sql_mode = ''")

    code, results = mask(database)

    assert (code, "members.email does not hold the masks that were written" in results[0]["error"]) == (5, True)
    assert "an sql_mode without STRICT_TRANS_TABLES" in results[0]["error"]
    assert database.query("SELECT email FROM members") == [("ann@corp.test",)]
    assert database.query("SELECT COUNT(*) FROM seeding_masked") == [(0,)]


@pytest.mark.usefixtures("classified")
def test_masks_that_a_trigger_undoes_at_the_commit_are_found(products: Callable[..., Database]) -> None:
    database = products(
        "postgresql",
        "CREATE TABLE members (id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, email varchar(80), born date)",
    )
    database.query("INSERT INTO members (email, born) VALUES ('ann@corp.test', '1980-02-03')")
    database.query(
        "CREATE FUNCTION act(bigint, text) RETURNS boolean LANGUAGE sql AS $$ UPDATE members SET email = $2 WHERE id = $1 "
        "AND email <> $2; SELECT true $$; CREATE OPERATOR @@@ (LEFTARG = bigint, RIGHTARG = text, FUNCTION = act); "
        "CREATE FUNCTION late() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF OLD.email LIKE '%%corp.test' THEN "
        "IF NEW.id @@@ OLD.email THEN RETURN NULL; END IF; END IF; RETURN NULL; END $$; CREATE CONSTRAINT TRIGGER late "
        "AFTER UPDATE ON members DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION late()"
    )

    code, results = mask(database)

    assert (code, "members.email does not hold the masks that were written" in results[0]["error"]) == (5, True)
    assert database.query("SELECT email FROM members") == [("ann@corp.test",)]


def makes_late_trigger(database: Database) -> None:
    """Make the trigger `late`, which keeps rows out, or gives them other keys."""
    if database.server == "sqlite":
        body = "BEGIN SELECT RAISE(IGNORE); END"
        database.query(f"CREATE TRIGGER late BEFORE INSERT ON shop_product WHEN NEW.id % 3 = 0 {body}")
    elif database.server == "postgresql":
        fills_in(database, "IF NEW.id % 3 = 0 THEN RETURN NULL; END IF")
    else:
        fills_in(database, "NEW.id = NEW.id + 7")


def fills_in(database: Database, assigns: str) -> None:
    """Make the trigger `late`, which assigns to the new row before it is inserted."""
    if database.server == "postgresql":
        body = f"BEGIN {assigns}; RETURN NEW; END"
        database.query(f"CREATE OR REPLACE FUNCTION late() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$")
    action = "EXECUTE FUNCTION late()" if database.server == "postgresql" else f"SET {assigns}"
    database.query(f"CREATE TRIGGER late BEFORE INSERT ON shop_product FOR EACH ROW {action}")


def session(database: Database, *, user: str = "", **options: str) -> None:
    """Reach the database with these options of the driver from now on."""
    connection = connections[database.alias]
    connection.close()
    connection.settings_dict["USER"] = user or connection.settings_dict["USER"]
    own = connection.settings_dict["OPTIONS"]
    if before := own.get("init_command") if "init_command" in options else None:
        options["init_command"] = f"{before}; {options['init_command']}".replace("; SET SESSION sql_mode", ", sql_mode")
    connection.settings_dict["OPTIONS"] = own | options


def assert_undone(database: Database, words: str) -> None:
    """No writer leaves anything, in the table or in the ledger, and all say why."""
    for writer in WRITERS[database.server]:
        summary, _ = run(database, Starred(), writer=writer)

        assert (summary.exit_code, words in summary.results[0].error) == (5, True), (writer, summary.results[0].error)
        assert_empty(database)


def assert_empty(database: Database) -> None:
    """Asked of the server itself."""
    assert database.query("SELECT COUNT(*) FROM shop_product") == [(0,)]
    assert database.query("SELECT COUNT(*) FROM seeding_metadata") == [(0,)]
