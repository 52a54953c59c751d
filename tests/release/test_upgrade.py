"""A database that an earlier release has seeded is grown, checked, masked and rolled back by this one."""

from __future__ import annotations

import gzip
import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from io import StringIO
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import connections
from django.db.backends.utils import CursorWrapper
from django.test import Client

from seeding.generation.registry import Registry
from terpseed.ddl import create_table, foreign_keys, parents_first
from tests.release.make import FOLDER, KEY
from tests.servers import MariaDB, Server
from tests.servers.engines import stopping
from tests.support.admin import LedgerRouter, page
from tests.support.databases import SERVERS, Database
from tests.support.people import complete

RELEASES = sorted({path.name.rpartition(f".{server}.")[0] for server in SERVERS for path in FOLDER.glob(f"*.{server}.sql.gz")})
LOWER_CASE = "mariadb in lower case"
OURS = ("seeding_", "django_")
SEEDED = {"clients": 10, "client_credit_limits": 8, "orders": 50, "invoices": 36}
"""Some of the rows that a dump holds; two of the credit limits are rolled back, and twelve locations."""
SEED, AS_OF = 7, "2026-01-15"
LIMITED = "SELECT teri_code FROM client_credit_limits JOIN clients ON clients.id = client_id"
PICTURED = """
    SELECT COUNT(*) FROM product_images i JOIN batches b ON b.id = i.batch_id JOIN products p ON p.id = i.product_id
    JOIN users u ON u.id = i.uploaded_by
"""
KEPT = "REG90004"
"""The seeded client that a real order refers to."""
PERSONAL = (
    "new.office@quiet-valley.test",
    "Late Arrival Partners",
    "late@late-arrival.test",
    "(530) 555-0114",
    "Second Thought Inc",
)
"""What was written after the earlier release had masked."""

Rows = list[tuple[Any, ...]]


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEEDING_MASKING_KEY", KEY)


@pytest.fixture(scope="session")
def lower_case() -> Iterator[Server]:
    """A server that stores table names in lower case, as on Windows."""
    server = MariaDB("--lower-case-table-names=1")
    with stopping(server):
        yield server.start()


@pytest.fixture(params=[(release, place) for release in RELEASES for place in (*SERVERS, LOWER_CASE)], ids="-".join)
def old(request: pytest.FixtureRequest, make_database: Callable[..., Database], running: Callable[[str], Server]) -> Database:
    """The database of a dump, as the release has left it, restored under another name."""
    release, place = request.param
    server = place.partition(" ")[0]
    on = request.getfixturevalue("lower_case") if place == LOWER_CASE else None
    database = make_database(server, ready=False, on=on)
    dump = gzip.decompress((FOLDER / f"{release}.{server}.sql.gz").read_bytes()).decode()
    if server == "sqlite":
        with closing(sqlite3.connect(database.url.removeprefix("sqlite:///"))) as connection:
            connection.executescript(f"PRAGMA synchronous=OFF; {dump}")
    else:
        (on or running(server)).sql(dump, database.alias)
    return database


@pytest.fixture
def migrated(old: Database) -> Database:
    """The same after `migrate`, which is all that an upgrade asks for, and with the tables that TERP has besides."""
    call_command("migrate", database=old.alias, verbosity=0)
    add_tables(old)
    return old


@pytest.fixture
def upgraded(migrated: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    """The same, for a project whose seeders make the rows that they made under the earlier release."""
    for seeder in Registry.discover().by_name.values():
        monkeypatch.setattr(type(seeder), "config", replace(seeder.config, version=1))
    return migrated


def add_tables(database: Database) -> None:
    """Create the tables of TERP that no seeder of the earlier release filled, and the keys of the others that lead to them."""
    connection = connections[database.alias]
    models = parents_first(apps.get_app_config("terpseed").get_models())
    with connection.constraint_checks_disabled(), connection.cursor() as cursor:
        there = {name.lower() for name in connection.introspection.table_names(cursor)}
        new = [model for model in models if model._meta.db_table.lower() not in there]
        for model in new:
            for statement in create_table(model, connection):
                cursor.execute(statement)
        targets = [f"REFERENCES {connection.ops.quote_name(model._meta.db_table)} " for model in new]
        for model in models:
            for key in foreign_keys(model, connection) if model not in new else ():
                if any(target in key for target in targets):
                    add_key(cursor, model._meta.db_table, key)


def add_key(cursor: CursorWrapper, table: str, key: str) -> None:
    """Declare a foreign key of an existing table; SQLite has no statement for it."""
    if cursor.db.vendor == "sqlite":
        cursor.execute("PRAGMA writable_schema = ON")
        cursor.execute(
            "UPDATE sqlite_master SET sql = SUBSTR(sql, 1, LENGTH(sql) - 1) || %s || ')' WHERE type = 'table' AND name = %s",
            [f", {key}", table],
        )
        cursor.execute("PRAGMA writable_schema = RESET")
    else:
        cursor.execute(f"ALTER TABLE {table} ADD {key}")


def data(database: Database) -> dict[str, Rows]:
    """Every row of every table that is not the ledger's."""
    with connections[database.alias].cursor() as cursor:
        tables = connections[database.alias].introspection.table_names(cursor)
    return {table: database.content(table) for table in tables if not table.startswith(OURS)}


def lost(before: Mapping[str, Rows], after: Mapping[str, Rows]) -> dict[str, Rows]:
    """The rows that are not there any more as they were."""
    gone = {table: [row for row in rows if row not in after[table]] for table, rows in before.items()}
    return {table: rows for table, rows in gone.items() if rows}


def counts(database: Database) -> dict[str, int]:
    """How many rows each table has that is not empty."""
    return {table: len(rows) for table, rows in data(database).items() if rows}


def real(database: Database) -> dict[str, Rows]:
    """The rows that no seeder has made."""
    return {
        "clients": database.query("SELECT * FROM clients WHERE teri_code LIKE 'REAL%' ORDER BY id"),
        "orders": database.query("SELECT * FROM orders WHERE order_number = 'REAL-1'"),
        "users": database.query("SELECT * FROM users ORDER BY id DESC LIMIT 1"),
    }


def described(database: Database, table: str) -> list[tuple[Any, ...]]:
    """The columns of a table, as the driver describes them."""
    with connections[database.alias].cursor() as cursor:
        cursor.execute(f"SELECT * FROM {table}")  # noqa: S608 - our own name
        return list(cursor.description)


def broken(report: Mapping[str, Any]) -> dict[str, int]:
    """The rules that do not hold: name → rows that break it."""
    return {one["rule"]: one["broken"] for one in report["verdicts"] if one["broken"]}


def command(database: Database, name: str, **options: Any) -> tuple[int, dict[str, Any]]:
    """The exit code of a command, and what it prints as JSON."""
    out, code = StringIO(), 0
    try:
        call_command(name, database=database.alias, json=True, stdout=out, stderr=StringIO(), **options)
    except CommandError as error:
        code = error.returncode
    answer: dict[str, Any] = json.loads(out.getvalue())
    return code, answer


def test_there_is_a_dump_for_every_server() -> None:
    assert RELEASES != []
    assert {path.name for path in FOLDER.glob("*.gz")} == {
        f"{release}.{server}.sql.gz" for release in RELEASES for server in SERVERS
    }


def test_migrate_changes_no_row_and_status_knows_them(old: Database) -> None:
    before = data(old)

    call_command("migrate", database=old.alias, verbosity=0)
    after = data(old)
    add_tables(old)
    code, answer = command(old, "seed_status")

    call_command("migrate", database=old.alias, check_unapplied=True, verbosity=0)
    assert after == before
    assert (code, answer["seed"], answer["as_of"], answer["environments"]) == (0, SEED, AS_OF, ["dev"])
    seeded = {table.lower(): len(rows) - len(real(old).get(table, ())) for table, rows in before.items() if rows}
    assert {one["table"].lower(): one["rows"] for one in answer["tables"]} == seeded
    assert seeded.items() >= SEEDED.items()


@pytest.mark.django_db(databases=["default", "admin"])
def test_the_admin_shows_every_run_and_batch(upgraded: Database, settings: Any) -> None:
    settings.DATABASE_ROUTERS = [LedgerRouter(upgraded.alias), *settings.DATABASE_ROUTERS]
    staff = Client()
    staff.force_login(User.objects.create_superuser("admin"))
    runs = [run for (run,) in upgraded.query("SELECT id FROM seeding_run ORDER BY id")]
    ((client,),) = upgraded.query(f"SELECT id FROM clients WHERE teri_code = '{KEPT}'")  # noqa: S608 - our own code

    shown = [page(staff, f"seedrun/{run}/change/") for run in runs]

    assert [" ".join(one.split()[:3]) for one in shown] == [
        f"Run {run}: {name}" for run, name in zip(runs, ("seed", "seed_mask", "seed_rollback", "seed_rollback"), strict=True)
    ]
    assert [f"rolled back by run {run} " in shown[0] for run in runs] == [False, False, True, True]
    assert "Masking audit" in shown[1]
    assert "This run has rolled back" in shown[2]
    assert "ClientSeeder" in page(staff, f"seedingmetadata/row/?table=clients&key={client}")
    for address in ("seedrun/", "seedrun/dashboard/", "seedingmetadata/", "maskedbatch/"):
        assert page(staff, address) != ""


def test_what_was_seeded_is_checked_and_a_broken_row_of_it_found(migrated: Database) -> None:
    whole = command(migrated, "seed_check", schema=True, references=True)
    column = connections[migrated.alias].ops.quote_name
    migrated.query(f"UPDATE brands SET {column('vendorId')} = 4711")  # noqa: S608 - our own name
    migrated.query(f"UPDATE invoices SET {column('amountDue')} = {column('amountDue')} + 1")  # noqa: S608 - our own name

    code, answer = command(migrated, "seed_check", references=True, invariants=True)

    assert (whole[0], broken(whole[1]), whole[1]["differences"], whole[1]["refusals"]) == (0, {}, [], [])
    assert code == 5
    expected = {"brands.vendorId leads to vendors": 4, "an-invoice-is-paid-what-its-payments-say": 36}
    assert broken(answer).items() >= expected.items()


def test_seeders_that_make_other_rows_now_ask_for_a_rollback_first(migrated: Database) -> None:
    before = data(migrated)

    code, answer = command(migrated, "seed", table="clients", size="medium")

    assert code == 1
    assert "clients holds rows of ClientSeeder version 1.1; it now makes version 1.2. Roll back first." in answer["error"]
    assert data(migrated) == before


def test_seeding_again_changes_no_row(upgraded: Database) -> None:
    before = data(upgraded)

    code, answer = command(upgraded, "seed", table="clients,orders,invoices")

    assert code == 0, answer
    assert (answer["seed"], answer["as_of"]) == (SEED, AS_OF)
    states = {one["table"]: one["state"] for one in answer["results"]}
    assert {states[table] for table in ("clients", "orders", "invoices", "batches")} == {"existing"}
    assert lost(before, data(upgraded)).keys() <= {"batches"}  # what they hold back is derived otherwise now
    with pytest.raises(CommandError, match=f"rows of --seed={SEED}"):
        call_command("seed", database=upgraded.alias, table="clients", seed=SEED + 1)


def test_it_grows_without_changing_a_row(upgraded: Database) -> None:
    before = data(upgraded)

    code, answer = command(upgraded, "seed", table="clients", size="medium")

    after = data(upgraded)
    assert code == 0, answer
    assert answer["records_inserted"] == 90
    assert lost(before, after) == {}
    assert {table: len(rows) - len(before[table]) for table, rows in after.items() if rows != before[table]} == {"clients": 90}
    codes = {code for (code,) in upgraded.query("SELECT teri_code FROM clients")}
    assert {code[-4:] for code in codes if not code.startswith("REAL")} == {f"{number:04}" for number in range(100)}


def test_new_tables_refer_to_the_old_rows_and_rolled_back_ones_come_again(upgraded: Database) -> None:
    before = data(upgraded)
    limited = upgraded.query(LIMITED)

    code, answer = command(upgraded, "seed", table="product_images,client_credit_limits,locations")

    assert code == 0, answer
    inserted = {one["table"]: one["records_inserted"] for one in answer["results"] if one["records_inserted"]}
    assert inserted.items() >= {"locations": 9, "client_credit_limits": 2, "product_images": 27}.items()
    assert lost(before, data(upgraded)).keys() <= {"batches"}  # what they hold back is derived otherwise now
    assert {code for (code,) in set(upgraded.query(LIMITED)) - set(limited)} == {"REG90003", "REG90004"}
    assert len(upgraded.query(LIMITED)) == 10
    assert upgraded.query(PICTURED) == [(27,)]


def test_what_was_written_since_is_masked_and_no_mask_is_masked_again(
    upgraded: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    complete(upgraded)
    before = data(upgraded)
    columns = [name for (name, *_) in described(upgraded, "clients")]

    code, answer = command(upgraded, "seed_mask", force=True)

    after = data(upgraded)
    text = str(after)
    changed = {
        (new[columns.index("teri_code")], column)
        for old, new in zip(before["clients"], after["clients"], strict=True)
        for column, was, is_now in zip(columns, old, new, strict=True)
        if was != is_now
    }
    assert (code, answer["left"]) == (0, [])
    # Nobody can say any more what that release's seeder made of invoiceLineItems.
    assert {one["table"]: one["masked"] for one in answer["results"] if one["masked"]} == {"clients": 5, "invoiceLineItems": 60}
    assert changed == {("REAL1", "email"), ("REAL5", "name"), *(("REAL4", column) for column in ("name", "email", "phone"))}
    masked = {"clients", "invoicelineitems"}
    assert [rows for name, rows in before.items() if name.lower() not in masked] == [
        rows for name, rows in after.items() if name.lower() not in masked
    ]
    assert [value for value in PERSONAL if value not in str(before)] == []
    assert [value for value in PERSONAL if value in text] == []
    monkeypatch.setenv("SEEDING_MASKING_KEY", "another key than that of the dumps")
    with pytest.raises(CommandError, match="masked with the key"):
        call_command("seed_mask", database=upgraded.alias, force=True)


def test_all_that_was_seeded_is_rolled_back_but_what_a_real_row_needs(migrated: Database) -> None:
    before = real(migrated)
    seeded = sum(counts(migrated).values()) - sum(len(rows) for rows in before.values())

    code, answer = command(migrated, "seed_rollback", force=True)

    assert (code, answer["records_deleted"], answer["left"]) == (6, seeded - 1, 1)
    ((order,),) = migrated.query("SELECT id FROM orders")
    ((client,),) = migrated.query(f"SELECT id FROM clients WHERE teri_code = '{KEPT}'")  # noqa: S608 - our own code
    (kept,) = answer["kept"]
    assert (kept["table"], kept["by"], kept["keys"], kept["referring"]) == (
        "clients",
        "orders.client_id",
        [client],
        [str(order)],
    )
    assert real(migrated) == before
    assert counts(migrated) == {"clients": 6, "orders": 1, "users": 1}
    assert command(migrated, "seed_status")[0] == 6

    migrated.query("DELETE FROM orders")

    assert command(migrated, "seed_rollback", force=True)[0] == 0
    assert real(migrated) == {**before, "orders": []}
    assert counts(migrated) == {"clients": 5, "users": 1}
    assert command(migrated, "seed_status")[0] == 0
