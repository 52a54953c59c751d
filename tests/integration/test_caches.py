"""Real rows of declared caches go with the seeded rows that they tell of; no other real row does, whatever is tried."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.management import CommandError
from django.db import OperationalError, connections

from seeding.locks import SeedingLock
from seeding.models import SeedRun
from seeding.rollbacks.execution import Execution
from terpseed import models as terp
from tests.support.databases import SERVERS, Database

CLIENTS = "FOREIGN KEY (client_id) REFERENCES clients (id), FOREIGN KEY (other_id) REFERENCES clients (id)"
SCORES = f"CREATE TABLE scores (id INTEGER PRIMARY KEY, client_id INTEGER NOT NULL, other_id INTEGER, {CLIENTS})"
NOTES = "CREATE TABLE score_notes (id INTEGER PRIMARY KEY, score_id INTEGER, FOREIGN KEY (score_id) REFERENCES scores (id))"


@pytest.fixture(autouse=True)
def _declared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apps.get_app_config("terpseed"), "seeding_caches", ("scores", "of another project"))


def with_scores(database: Database, *rows: tuple[int, int, int | None]) -> list[int]:
    """Make the cache with such rows: key, and the places of two clients among the seeded ones. Returns those clients' keys."""
    for table in (SCORES, NOTES):
        database.query(table)
    clients = list(terp.Client.objects.using(database.alias).order_by("pk").values_list("pk", flat=True))
    for key, client, other in rows:
        named = clients[client], None if other is None else clients[other]
        database.query("INSERT INTO scores (id, client_id, other_id) VALUES (%s, %s, %s)", key, *named)
    return clients


@pytest.fixture
def with_clients(make_database: Callable[..., Database]) -> Callable[[str], Database]:
    """Make a database on a server with the clients alone: what refers to them are figures."""

    def make(server: str) -> Database:
        database = make_database(server)
        database.seed(table="clients")
        return database

    return make


def real_client(database: Database) -> int:
    client = terp.Client.objects.using(database.alias).latest("pk")
    client.pk, client.teri_code, client.name = None, "REAL1", "Somebody Real"
    client.save(using=database.alias, force_insert=True)
    return int(client.pk)


def scores(database: Database) -> list[int]:
    return [key for (key,) in database.query("SELECT id FROM scores ORDER BY id")]


def clients_left(database: Database) -> list[int]:
    return list(terp.Client.objects.using(database.alias).order_by("pk").values_list("pk", flat=True))


@pytest.mark.parametrize("server", SERVERS)
def test_figures_of_what_goes_go_along_and_are_told_everywhere(
    with_clients: Callable[[str], Database], server: str, audit_file: Path
) -> None:
    database = with_clients(server)
    with_scores(database, (1, 0, None), (2, 1, 2), (9, 1, 1))
    told = [{"table": "scores", "keys": [1, 2, 9], "count": 3}]

    foreseen = database.rollback(dry_run=True)
    assert (foreseen["cached"], foreseen["exit_code"], scores(database)) == (told, 0, [1, 2, 9])
    done = database.rollback()

    assert (done["cached"], done["exit_code"], done["left"]) == (told, 0, 0)
    assert (scores(database), clients_left(database)) == ([], [])
    assert done["records_deleted"] == sum(result["records_planned"] for result in done["results"])
    assert SeedRun.objects.using(database.alias).latest("pk").plan["caches"] == [{"table": "scores", "rows": 3}]
    lines = [json.loads(line) for line in audit_file.read_text().splitlines()]
    audited = [line for line in lines if line["table"] == "scores"]
    assert sorted(key for line in audited for first, last in line["keys"] for key in range(first, last + 1)) == [1, 2, 9]
    assert {(line["operation"], line["seeder"], line["database"]) for line in audited} == {
        ("delete", "(cache)", connections[database.alias].settings_dict["NAME"])
    }  # fmt: skip


def test_without_a_declaration_they_keep_what_they_refer_to(sqlite: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    sqlite.seed(table="clients")
    clients = with_scores(sqlite, (1, 0, None))
    monkeypatch.setattr(apps.get_app_config("terpseed"), "seeding_caches", ())

    done = sqlite.rollback()

    assert (done["cached"], done["exit_code"]) == ([], 6)
    assert (scores(sqlite), clients_left(sqlite)) == ([1], clients[:1])


@pytest.mark.parametrize("server", SERVERS)
def test_a_figure_stays_with_all_that_it_refers_to_if_anything_of_that_stays(
    with_clients: Callable[[str], Database], server: str
) -> None:
    database = with_clients(server)
    clients = with_scores(database, (1, 0, None), (2, 1, 2), (3, 2, 3), (4, 4, None), (5, 4, 5), (6, 6, 7), (7, 7, None))
    real = real_client(database)
    database.query("UPDATE scores SET other_id = %s WHERE id = 2", real)  # of a seeded client and a real one
    database.query("INSERT INTO scores (id, client_id) VALUES (8, %s)", real)  # of a real one alone
    database.query("INSERT INTO score_notes VALUES (1, 4)")  # somebody has written something on it
    # 2 keeps client 1, and 4 keeps client 4, which keeps 5, which keeps client 5; nothing keeps clients 2, 3, 6 and 7.

    foreseen, done = database.rollback(dry_run=True), database.rollback()

    assert done["exit_code"] == foreseen["exit_code"] == 6
    assert done["cached"] == foreseen["cached"] == [{"table": "scores", "keys": [1, 3, 6, 7], "count": 4}]
    assert scores(database) == [2, 4, 5, 8]
    assert clients_left(database) == [clients[1], clients[4], clients[5], real]
    assert {(tuple(one["keys"]), one["by"]) for one in done["kept"] if one["by"].startswith("scores")} == {
        ((clients[1], clients[4]), "scores.client_id"), ((clients[5],), "scores.other_id"),
    }  # fmt: skip


MEANWHILE: dict[str, tuple[list[str], list[int], list[int]]] = {
    "a new figure": (["INSERT INTO scores (id, client_id) VALUES (5, {0})"], [1, 5], [0]),
    "a figure of somebody real": (["UPDATE scores SET other_id = {real} WHERE id = 1"], [1], [0]),
    "somebody writes on it": (["INSERT INTO score_notes VALUES (1, 2)"], [2], [1, 2]),
    "a figure moves": (["UPDATE scores SET client_id = {real}, other_id = NULL WHERE id = 2"], [2], []),
    "figures vanish": (["DELETE FROM scores"], [], []),
}


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize("event", MEANWHILE)
def test_what_happens_between_plan_and_deletion_is_seen(
    with_clients: Callable[[str], Database], monkeypatch: pytest.MonkeyPatch, server: str, event: str
) -> None:
    database = with_clients(server)
    clients, real = with_scores(database, (1, 0, None), (2, 1, 2)), real_client(database)
    statements, figures, kept = MEANWHILE[event]
    run = Execution.run

    def later(execution: Execution) -> Any:
        for statement in statements:
            database.query(statement.format(*clients, real=real))
        return run(execution)

    monkeypatch.setattr(Execution, "run", later)

    done = database.rollback()

    assert scores(database) == figures
    assert clients_left(database) == [*(clients[place] for place in kept), real]
    assert done["exit_code"] == (6 if kept else 0)
    assert sum(one["count"] for one in done["cached"]) == (0 if event == "figures vanish" else 2 - len({1, 2} & set(figures)))


def test_what_seeders_fill_is_no_cache(sqlite: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    sqlite.seed(table="clients")
    monkeypatch.setattr(apps.get_app_config("terpseed"), "seeding_caches", ("scores", "clients"))

    with pytest.raises(CommandError, match="clients: declared as a cache"):
        sqlite.rollback()

    assert clients_left(sqlite)


@pytest.mark.parametrize("table", [None, "scores"])
def test_no_automatic_seeder_fills_a_cache_even_if_it_is_named(sqlite: Database, table: str | None) -> None:
    for made in (SCORES, NOTES):
        sqlite.query(made)

    if table is None:
        told = sqlite.seed(auto=True, dry_run=True)["left_out"]
        assert told["scores"] == "it is declared as a cache (seeding_caches): the application computes its rows"
        assert "score_notes" not in told
    else:
        with pytest.raises(CommandError, match="'scores' is not seeded here: it is declared as a cache"):
            sqlite.seed(auto=True, table=table)
    assert scores(sqlite) == []


def test_figures_that_no_integer_identifies_keep_what_they_refer_to(sqlite: Database) -> None:
    sqlite.seed(table="clients")
    clients = clients_left(sqlite)
    sqlite.query("CREATE TABLE scores (code TEXT PRIMARY KEY, client_id INTEGER REFERENCES clients (id))")
    sqlite.query("INSERT INTO scores VALUES ('1', %s)", clients[0])

    assert (sqlite.rollback()["cached"], clients_left(sqlite)) == ([], clients[:1])


def test_figures_go_only_with_the_rows_that_go(sqlite: Database) -> None:
    sqlite.seed(table="orders")
    with_scores(sqlite, (1, 0, None), (2, 1, None))

    first = sqlite.rollback(table="orders", cascade=True)
    assert (first["cached"], scores(sqlite)) == ([], [1, 2])


def test_what_the_database_refuses_leaves_figures_and_says_so(sqlite: Database, audit_file: Path) -> None:
    sqlite.seed(table="clients")
    clients = with_scores(sqlite, (1, 0, None), (2, 1, None))
    sqlite.query("CREATE TRIGGER no BEFORE DELETE ON scores WHEN OLD.id = 1 BEGIN SELECT RAISE(ABORT, 'no'); END")

    done = sqlite.rollback()

    assert done["exit_code"] == 6
    assert 1 in scores(sqlite)
    assert clients[0] in clients_left(sqlite)
    lines = [json.loads(line) for line in audit_file.read_text().splitlines()] if audit_file.exists() else []
    operations = [line["operation"] for line in lines if line["table"] == "scores" and [1, 1] in line["keys"]]
    assert operations.count("delete") == operations.count("not deleted")


def test_figures_whose_transaction_s_commit_goes_unanswered_are_told_as_deleted(
    sqlite: Database, monkeypatch: pytest.MonkeyPatch, audit_file: Path
) -> None:
    sqlite.seed(table="clients")
    with_scores(sqlite, (1, 0, None), (2, 1, None))
    unanswered = [OperationalError("no answer to the commit")]

    def committed(_: SeedingLock) -> None:
        if unanswered and not scores(sqlite):
            raise unanswered.pop()

    monkeypatch.setattr(SeedingLock, "committed", committed)

    done = sqlite.rollback()

    assert unanswered == []
    assert (done["cached"], done["exit_code"]) == ([{"table": "scores", "keys": [1, 2], "count": 2}], 0)
    lines = [json.loads(line) for line in audit_file.read_text().splitlines()]
    assert [(line["operation"], line["keys"]) for line in lines if line["table"] == "scores"] == [("delete", [[1, 2]])] * 2


def test_no_table_is_truncated_under_figures(with_clients: Callable[[str], Database]) -> None:
    database = with_clients("mariadb")
    with_scores(database, (1, 0, None))

    with pytest.raises(CommandError, match="requires tables that hold only seeded rows: clients keeps 1"):
        database.rollback(strategy="truncate")

    assert scores(database) == [1]
