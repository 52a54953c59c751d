"""Tables that are refused, on the servers concerned: exit code 3, one sentence, and no row is touched."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connections

from seeding.exceptions import SchemaError
from seeding.models import LEDGER_MODELS
from seeding.orchestration.results import RunSummary
from tests.safety.forms import FORMS, MADE
from tests.servers import KINDS, Server
from tests.shop.conftest import INSTALLED
from tests.support.databases import Database
from tests.support.runs import run, undo

with INSTALLED:
    from seeding.example.seeders.catalogue import ProductSeeder

ALL = [pytest.param(server, title, id=f"{server}, {title}") for server, forms in FORMS.items() for title in forms]
OF_THE_LEDGER = "ledger"
"""How the titles of forms begin that make all of a run impossible."""
HIDDEN = "ledger whose rows are hidden"
"""The form that the server refuses by itself, as soon as the ledger is read."""
REFUSED = 'affected by row-level security policy for table "seeding_metadata"'
"""What it says."""


@pytest.fixture(autouse=True)
def _installed() -> Iterator[None]:
    with INSTALLED:
        yield


@pytest.mark.parametrize(("server", "title"), ALL)
def test_nothing_is_seeded(products: Callable[..., Database], server: str, title: str) -> None:
    database, form = products(server), FORMS[server][title]
    reshape(database, form.statements)

    if title == HIDDEN:
        with pytest.raises(DatabaseError, match=REFUSED):
            run(database, ProductSeeder())
    elif title.startswith(OF_THE_LEDGER):
        with pytest.raises(SchemaError, match=form.words):
            run(database, ProductSeeder())
    else:
        assert form.words in refusal(run(database, ProductSeeder())[0])

    code, refusals = schema_check(database)
    assert content(database) == []
    assert code == 3
    assert any(form.words in one for one in refusals)


@pytest.mark.parametrize(("server", "title"), ALL)
def test_nothing_is_rolled_back(products: Callable[..., Database], server: str, title: str) -> None:
    database, form = products(server), FORMS[server][title]
    database.query("INSERT INTO shop_product (name, price) VALUES ('real', 5)")
    run(database, ProductSeeder())
    before = content(database)
    reshape(database, form.statements)

    if "INSERT)" in form.words:  # what an insertion alone sets off is no hindrance
        assert undo(database, ProductSeeder())[0].records_deleted == 10
        return
    with pytest.raises(DatabaseError if title == HIDDEN else SchemaError) as error:
        undo(database, ProductSeeder())

    assert (REFUSED if title == HIDDEN else form.words) in str(error.value)
    assert title == HIDDEN or str(error.value).endswith("Nothing was changed.")
    connections[database.alias].close()  # and with it what the session's role may not see
    assert len(before) == 11
    assert content(database) == before


@pytest.mark.parametrize(
    ("server", "title"), [pytest.param(server, title, id=f"{server}, {title}") for server in MADE for title in MADE[server]]
)
def test_a_table_made_so_is_not_seeded(products: Callable[..., Database], server: str, title: str) -> None:
    form = MADE[server][title]
    database = products(server, *form.statements)

    summary, _ = run(database, ProductSeeder())

    assert form.words in refusal(summary)
    assert content(database) == []


@pytest.mark.parametrize("server", KINDS)
def test_an_ordinary_table_is_seeded_and_rolled_back_whatever_stands_beside_it(
    products: Callable[..., Database], server: str
) -> None:
    database = products(server)
    database.query("CREATE VIEW cheap AS SELECT COUNT(*) AS many, MIN(price) AS price FROM shop_product")
    database.query("CREATE TABLE notes (id bigint PRIMARY KEY, product_id bigint REFERENCES shop_product (id))")
    if server != "postgresql":
        database.query("CREATE TRIGGER noted AFTER INSERT ON shop_product FOR EACH ROW INSERT INTO notes (id) VALUES (-NEW.id)")

    seeded, _ = run(database, ProductSeeder())
    undone, _ = undo(database, ProductSeeder())

    assert (seeded.exit_code, seeded.records_inserted) == (0, 10)
    assert (undone.exit_code, undone.records_deleted) == (0, 10)


def test_keys_are_counted_inside_the_transaction(products: Callable[..., Database]) -> None:
    database = products("postgresql")
    moves = "BEGIN UPDATE shop_product SET id = -id WHERE id = NEW.id; RETURN NULL; END"
    database.query(f"CREATE FUNCTION move() RETURNS trigger LANGUAGE plpgsql AS $$ {moves} $$")
    # A trigger that is enabled for replicas alone when it is looked at, and for all when rows are written.
    database.query("CREATE TRIGGER move AFTER INSERT ON shop_product FOR EACH ROW EXECUTE FUNCTION move()")
    database.query("ALTER TABLE shop_product DISABLE TRIGGER move")

    def enable(event: Any) -> None:
        if event.operation == "choose":
            database.query("ALTER TABLE shop_product ENABLE TRIGGER move")

    summary, _ = run(database, ProductSeeder(), listen=enable)

    assert summary.exit_code == 5
    assert "of 10 rows that were written 0 are under their keys; the batch was undone" in summary.results[0].error
    assert content(database) == []
    assert database.query("SELECT COUNT(*) FROM seeding_metadata") == [(0,)]


@pytest.mark.parametrize("server", ["mariadb", "mysql"])
def test_triggers_that_cannot_be_seen_are_found_by_what_is_stored(
    running: Callable[[str], Server], products: Callable[..., Database], server: str
) -> None:
    database, host = products(server), running(server)
    trigger = "CREATE TRIGGER cheaper BEFORE INSERT ON shop_product FOR EACH ROW"
    database.query(f"{trigger} SET NEW.price = NEW.price / 2")
    as_user(host, database, f"SELECT, INSERT, UPDATE, DELETE ON {database.alias}.*")

    summary, told = run(database, ProductSeeder())
    database.query("DELETE FROM shop_product")

    assert summary.records_inserted == 0
    assert {"mariadb": "has the trigger cheaper (BEFORE INSERT)", "mysql": "price does not hold what was written"}[
        server
    ] in summary.results[0].error
    assert any("may not see triggers (the right TRIGGER)" in event.message for event in told)


@pytest.mark.parametrize("server", ["mariadb", "mysql"])
def test_tables_that_cannot_be_seen(running: Callable[[str], Server], products: Callable[..., Database], server: str) -> None:
    database, host = products(server), running(server)
    run(database, ProductSeeder())
    database.query(
        "CREATE TABLE hidden (id bigint PRIMARY KEY, product_id bigint, "
        "FOREIGN KEY (product_id) REFERENCES shop_product (id) ON DELETE CASCADE)"
    )
    database.query("INSERT INTO hidden SELECT 1, MIN(id) FROM shop_product")
    tables = ("shop_product", *(model._meta.db_table for model in LEDGER_MODELS))
    as_user(host, database, *(f"SELECT, INSERT, UPDATE, DELETE ON {database.alias}.{table}" for table in tables))

    with pytest.raises(SchemaError) as error:
        undo(database, ProductSeeder())

    assert "shop_product may be referred to by tables that this account has no right to see; grant it PROCESS" in str(
        error.value
    )
    assert len(content(database)) == 10


@pytest.mark.parametrize("server", ["mariadb", "mysql"])
def test_keys_of_other_databases_that_cannot_be_seen_are_known_by_their_number(
    running: Callable[[str], Server], products: Callable[..., Database], server: str
) -> None:
    database, host = products(server), running(server)
    run(database, ProductSeeder())
    other = f"other_{database.alias}"
    host.sql(
        f"CREATE DATABASE {other}; CREATE TABLE {other}.notes (product_id bigint, "
        f"FOREIGN KEY (product_id) REFERENCES {database.alias}.shop_product (id) ON DELETE CASCADE)"
    )
    as_user(host, database, f"SELECT, INSERT, UPDATE, DELETE, TRIGGER ON {database.alias}.*", "PROCESS ON *.*")

    with pytest.raises(SchemaError, match="may be referred to by tables that this account has no right to see"):
        undo(database, ProductSeeder())

    host.sql(f"DROP DATABASE {other}")
    assert undo(database, ProductSeeder())[0].exit_code == 0


def reshape(database: Database, statements: tuple[str, ...]) -> None:
    """Run the statements; PostgreSQL's tables get an owner for whom policies count, and who works from then on."""
    for statement in statements:
        database.query(statement)
    if database.server == "postgresql":
        role = f"{database.alias}_owner"
        database.query(f"CREATE ROLE {role}")
        database.query(f"GRANT ALL ON SCHEMA public TO {role}")
        for schema, table in database.query("SELECT schemaname, tablename FROM pg_tables WHERE tableowner = 'postgres'"):
            if schema not in ("pg_catalog", "information_schema"):
                database.query(f"GRANT USAGE ON SCHEMA {schema} TO {role}")
                database.query(f"ALTER TABLE {schema}.{table} OWNER TO {role}")
        database.query(f"SET ROLE {role}")


def as_user(host: Server, database: Database, *rights: str) -> None:
    """Reach the database as a new account with these rights."""
    name = f"few_{database.alias}"
    host.sql(f"CREATE USER {name}; {'; '.join(f'GRANT {one} TO {name}' for one in rights)}")
    connections[database.alias].close()
    connections[database.alias].settings_dict["USER"] = name


def content(database: Database) -> list[tuple[Any, ...]]:
    """What stands in the table, however it is called by now."""
    columns = "SELECT name, price, stars FROM"
    try:
        return database.query(f"{columns} goods ORDER BY name")
    except DatabaseError:
        return database.query(f"{columns} shop_product ORDER BY name")


def refusal(summary: RunSummary) -> str:
    """Why the one seeder was refused."""
    assert summary.exit_code == 3
    return summary.results[0].error


def schema_check(database: Database) -> tuple[int, list[str]]:
    """Exit code and refusals of `seed_check --schema`."""
    out = StringIO()
    with pytest.raises(CommandError) as error:
        call_command("seed_check", "--schema", "--json", database=database.alias, stdout=out, stderr=StringIO())
    return error.value.returncode, json.loads(out.getvalue())["refusals"]
