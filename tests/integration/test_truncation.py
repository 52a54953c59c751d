"""Tables that are emptied: what they may hold, what is locked out, and what a run that was cut short leaves."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError

from seeding.models import SeedingMetadata
from seeding.rollbacks.plan import RollbackPlan
from seeding.rollbacks.truncation import Truncation
from terpseed.models import Vendor
from tests.support.databases import Database
from tests.support.rows import everything, ledgered_keys


def test_truncating_empties_tables_that_hold_nothing_else(database: Database, audit_file: Path) -> None:
    seeded = database.seed()

    summary = database.rollback(strategy="truncate")

    lines = [json.loads(line) for line in audit_file.read_text(encoding="utf-8").splitlines()]
    assert (summary["exit_code"], summary["left"]) == (0, 0)
    assert summary["records_deleted"] == seeded["records_inserted"] == sum(line["recordCount"] for line in lines)
    assert {table: content for table, content in everything(database).items() if content} == {}
    assert {line["operation"] for line in lines} == {"truncate" if database.server in ("mariadb", "mysql") else "delete"}
    assert SeedingMetadata.objects.using(database.alias).filter(live=None, rolled_back_in=summary["run"]).exists()
    assert database.seed()["exit_code"] == 0


def test_truncating_is_refused_where_there_is_anything_else(database: Database) -> None:
    Vendor.objects.using(database.alias).create(name="Real vendor")
    database.seed()
    before = everything(database)

    with pytest.raises(CommandError, match=r"vendors holds other rows too\. Nothing was changed") as caught:
        database.rollback(strategy="truncate")

    assert caught.value.returncode == 1
    assert everything(database) == before


@pytest.mark.parametrize("happened", [True, False])
def test_a_truncation_that_was_cut_short_is_settled(
    make_database: Callable[..., Database],
    happened: bool,  # noqa: FBT001
) -> None:
    database = make_database("mariadb")
    database.seed(table="grades")
    entries = SeedingMetadata.objects.using(database.alias)
    entries.update(rolled_back_at="2026-03-02T10:00:00Z", rolled_back_by="somebody")
    if happened:
        database.query("TRUNCATE TABLE grades")
        database.query("INSERT INTO grades (id, name) VALUES (1002, 'Real grade')")

    summary = database.rollback()

    assert summary["records_deleted"] == (0 if happened else 4)
    assert [row[1] for row in database.content("grades")] == (["Real grade"] if happened else [])
    assert entries.filter(live=True).count() == 0


@pytest.mark.parametrize("server", ["mysql", "mariadb"])
def test_a_truncation_that_is_refused_makes_the_ledger_forget_no_row(
    make_database: Callable[..., Database], monkeypatch: pytest.MonkeyPatch, server: str
) -> None:
    database = make_database(server)
    database.seed(table="strains")
    keys = ledgered_keys(database, "strains")
    look = Truncation._refuse_if_written

    def deleted_meanwhile(self: Truncation, *arguments: Any) -> None:
        database.query("DELETE FROM strains WHERE id = %s", min(keys))
        look(self, *arguments)

    monkeypatch.setattr(Truncation, "_refuse_if_written", deleted_meanwhile)

    with pytest.raises(CommandError, match="strains was written to in the meantime"):
        database.rollback(strategy="truncate")

    assert len(database.content("strains")) == 4
    assert ledgered_keys(database, "strains") == keys


@pytest.mark.parametrize("server", ["mysql", "mariadb"])
def test_a_truncation_sees_a_real_row_that_comes_meanwhile_under_the_key_of_a_seeded_one(
    make_database: Callable[..., Database], monkeypatch: pytest.MonkeyPatch, server: str
) -> None:
    database = make_database(server)
    database.seed(table="vendors")
    key = min(ledgered_keys(database, "vendors"))
    alone = Truncation._alone

    @contextmanager
    def replaced_meanwhile(self: Truncation, plan: RollbackPlan, table: str) -> Iterator[None]:
        if table == "vendors":
            database.query("DELETE FROM vendors WHERE id = %s", key)
            database.query("INSERT INTO vendors (id, name) VALUES (%s, 'Real vendor')", key)
        with alone(self, plan, table):
            yield

    monkeypatch.setattr(Truncation, "_alone", replaced_meanwhile)

    with pytest.raises(CommandError, match="vendors was written to in the meantime"):
        database.rollback(strategy="truncate")

    assert (key, "Real vendor") in {(row[0], row[1]) for row in database.content("vendors")}


@pytest.mark.parametrize("named", ["id", "teri_code"])
@pytest.mark.parametrize("server", ["mysql", "mariadb"])
def test_a_truncation_sees_rows_that_come_meanwhile_in_another_schema(
    make_database: Callable[..., Database], monkeypatch: pytest.MonkeyPatch, server: str, named: str
) -> None:
    database = make_database(server)
    database.seed(table="clients")
    crm, clients = f"crm_{database.alias}", f"{database.alias}.clients"
    (column,) = database.query(f"SHOW COLUMNS FROM clients LIKE '{named}'")
    look = Truncation._alone

    @contextmanager
    def visited_meanwhile(self: Truncation, plan: RollbackPlan, table: str) -> Iterator[None]:
        database.query(f"INSERT INTO {crm}.visits SELECT MIN({named}) FROM {clients}")  # noqa: S608 - names of ours
        with look(self, plan, table):
            yield

    monkeypatch.setattr(Truncation, "_alone", visited_meanwhile)
    database.query(f"CREATE SCHEMA {crm}")
    try:
        key = f"FOREIGN KEY (client) REFERENCES {clients} ({named})"
        database.query(f"CREATE TABLE {crm}.visits (client {column[1]}, {key}) CHARACTER SET utf8mb4")

        with pytest.raises(CommandError, match="now refers to clients; it was not truncated"):
            database.rollback(strategy="truncate")

        assert len(database.content("clients")) == len(ledgered_keys(database, "clients")) == 10
    finally:
        database.query(f"DROP SCHEMA {crm}")
