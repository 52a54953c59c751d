"""`seed_mask`: a restored copy of real data, masked where it stands."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connections
from django.test.utils import CaptureQueriesContext

from seeding import conf
from seeding.generation.registry import Registry
from seeding.masking.in_place import PIECE, InPlaceMasking
from seeding.masking.masker import masking_strategies
from seeding.models import MaskedBatch, SeedRun
from seeding.telemetry.events import Event
from tests.support.databases import SERVERS, Database
from tests.support.people import Source, complete, employ, everything, found, joins, write_people

CLIENTS = 40
TABLES = ("users", "clients", "supplier_profiles", "orders", "invoices")
OPTIONS: dict[str, Any] = {
    "table": None, "dry_run": False, "force": True, "interactive": False, "confirm_database": None, "lock_timeout": 0,
    "env": "dev",
}  # fmt: skip


@pytest.fixture(autouse=True)
def log_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Any) -> Path:
    file = tmp_path / "seeding.log"
    monkeypatch.setenv("SEEDING_LOG_FILE", str(file))
    monkeypatch.setenv("SEEDING_LOG_LEVEL", "debug")
    monkeypatch.setenv("SEEDING_MASKING_KEY", "a key for tests, of some length")
    monkeypatch.setenv("ALLOW_PRODUCTION_SEEDING", "true")
    monkeypatch.setenv("SEEDING_BATCH_SIZE", "15")
    monkeypatch.setattr("seeding.masking.in_place.PIECE", 4)
    settings.SEEDING_DATABASE_IS_FALLBACK = False
    return file


@pytest.fixture
def people(tmp_path: Path) -> Source:
    return write_people(tmp_path / "export", CLIENTS)


@pytest.fixture
def restore(people: Source) -> Callable[[Database], Database]:
    """Make a database what a restored copy of production is, claimed as such."""

    def load(database: Database) -> Database:
        name = database.url.removeprefix("sqlite:///") if database.server == "sqlite" else database.alias
        complete(database)
        employ(database, people)
        database.seed(source=str(people.folder), env="production", force=True, confirm_database=name)
        out = StringIO()
        call_command("seed_status", database=database.alias, claim_environment="dev", confirm_database=name, stdout=out)
        return database

    return load


def mask(database: Database, **options: Any) -> dict[str, Any]:
    out = StringIO()
    options = {**OPTIONS, **options}
    call_command("seed_mask", database=database.alias, json=True, stdout=out, stderr=StringIO(), **options)
    summary: dict[str, Any] = json.loads(out.getvalue())
    return summary


def masked_by(summary: dict[str, Any]) -> int:
    return sum(result["masked"] for result in summary["results"])


def contents(database: Database) -> list[Any]:
    return [database.content(table) for table in TABLES]


def test_a_restored_copy_holds_nobody_afterwards_and_all_that_joined_still_does(
    database: Database, restore: Callable[[Database], Database], people: Source, log_file: Path
) -> None:
    restore(database)
    before, stamps = joins(database), database.query("SELECT updated_at FROM clients ORDER BY id")
    rehearsed = mask(database, dry_run=True)
    assert found(people, everything(database)) != []

    first = mask(database)

    masked = contents(database)
    assert found(people, everything(database) + json.dumps([rehearsed, first]) + log_file.read_text()) == []
    assert joins(database) == before
    assert database.query("SELECT updated_at FROM clients ORDER BY id") == stamps
    assert database.query("SELECT COUNT(DISTINCT email), COUNT(DISTINCT name) FROM clients") == [(CLIENTS, CLIENTS)]
    counts = {result["table"]: (result["rows"], result["masked"]) for result in first["results"] if result["masked"]}
    assert counts == {"users": (5, 15), "clients": (40, 160), "supplier_profiles": (20, 100), "orders": (4, 4)}
    assert masked_by(mask(database)) == 0
    assert contents(database) == masked


@pytest.mark.parametrize("server", SERVERS[1:])
def test_rows_are_masked_by_the_thousand_and_not_one_by_one(
    make_database: Callable[..., Database],
    restore: Callable[[Database], Database],
    monkeypatch: pytest.MonkeyPatch,
    server: str,
) -> None:
    database = restore(make_database(server))
    monkeypatch.delenv("SEEDING_BATCH_SIZE")
    monkeypatch.setattr("seeding.masking.in_place.PIECE", PIECE)

    with CaptureQueriesContext(connections[database.alias]) as statements:
        mask(database, table="clients")

    touched = [one["sql"].split()[0] for one in statements if "clients" in one["sql"] and "seeding_" not in one["sql"]]
    assert touched.count("UPDATE") == 1


def test_a_dry_run_shows_a_few_masks_and_of_what_is_there_its_length(
    sqlite: Database, restore: Callable[[Database], Database], people: Source
) -> None:
    before = contents(restore(sqlite))

    summary = mask(sqlite, table="clients", dry_run=True)

    (result,) = summary["results"]
    emails = [one for one in result["examples"] if one["column"] == "email"]
    assert [one["before"] for one in emails] == [f"{len(one)} characters" for one in people.originals["clients.email"][:3]]
    assert all(one["after"].endswith("@example.com") for one in emails)
    assert contents(sqlite) == before
    assert not MaskedBatch.objects.using(sqlite.alias).exists()
    assert result["masked"] == masked_by(mask(sqlite, table="clients"))


def test_a_dry_run_shows_and_counts_what_would_be_masked(sqlite: Database, restore: Callable[[Database], Database]) -> None:
    sqlite.seed(table="clients")
    restore(sqlite)
    mask(sqlite, env="staging", table="clients")
    sqlite.query("UPDATE clients SET email = 'new.person@corp.com' WHERE id = (SELECT MAX(id) FROM clients)")

    (result,) = mask(sqlite, env="staging", table="clients", dry_run=True)["results"]

    assert (result["rows"], result["masked"]) == (len(sqlite.content("clients")), 1)
    assert [(one["column"], one["before"]) for one in result["examples"]] == [("email", "19 characters")]


def test_what_was_masked_in_part_on_its_way_is_masked_in_full_where_that_is_asked_for(sqlite: Database, people: Source) -> None:
    employ(sqlite, people)
    sqlite.seed(source=str(people.folder), env="staging", force=True)
    partly = dict(sqlite.query("SELECT id, address FROM clients"))

    summaries = [mask(sqlite, env=env, table="clients") for env in ("staging", "dev")]

    assert [masked_by(one) > 0 for one in summaries] == [False, True]
    assert not partly.items() & dict(sqlite.query("SELECT id, address FROM clients")).items()


def test_where_nothing_was_masked_nothing_is_said_to_be(sqlite: Database, capsys: pytest.CaptureFixture[str]) -> None:
    options = {**OPTIONS, "table": "vendors"}
    sqlite.seed(table="vendors")

    call_command("seed_mask", database=sqlite.alias, **options)

    assert "Nothing to do: no value was left to mask in " in " ".join(capsys.readouterr().out.split())


def test_a_table_that_no_seeder_fills_can_be_named(sqlite: Database) -> None:
    sqlite.query("CREATE TABLE note_comments (id integer PRIMARY KEY, content text)")
    sqlite.query("INSERT INTO note_comments VALUES (1, 'Jo is ill')")

    (result,) = mask(sqlite, table="note_comments")["results"]

    assert (result["table"], result["masked"]) == ("note_comments", 1)
    assert sqlite.content("note_comments") != [(1, "Jo is ill")]


def test_a_run_that_was_cut_short_goes_on_and_ends_as_one_that_was_not(
    make_database: Callable[..., Database], restore: Callable[[Database], Database]
) -> None:
    whole, cut = (restore(make_database("sqlite")) for _ in range(2))
    mask(whole)
    batches = 0

    def interrupt(event: Event) -> None:
        nonlocal batches
        batches += event.operation == "batch"
        if event.operation == "batch" and batches == 4:
            raise KeyboardInterrupt

    config = conf.load_masking({**OPTIONS, "database": cut.alias}, os.environ, today=datetime.now(UTC).date(), terminal=False)
    with pytest.raises(KeyboardInterrupt):
        InPlaceMasking(config, Registry.discover(), masking_strategies(), tell=interrupt, ask=lambda _: "").run()
    half = SeedRun.objects.using(cut.alias).latest("pk")
    done = sum(sum(one.fields.values()) for one in half.masked_batches.using(cut.alias))

    rest = mask(cut)

    assert half.state == "interrupted"
    assert 0 < done < 279
    assert masked_by(rest) == 279 - done
    for columns in (
        "* FROM clients",
        "name, email FROM users",
        "contact_email, tax_id FROM supplier_profiles",
        "notes FROM orders",
    ):
        assert cut.query(f"SELECT {columns} ORDER BY id") == whole.query(f"SELECT {columns} ORDER BY id")


def test_what_is_written_afterwards_is_masked_by_the_next_run(
    sqlite: Database, restore: Callable[[Database], Database]
) -> None:
    mask(restore(sqlite))
    sqlite.query("UPDATE clients SET email = 'new.person@gmail.com' WHERE id = 7")
    sqlite.query("INSERT INTO clients (teri_code, name) VALUES ('NEW', 'Newly Arrived LLC')")

    again = mask(sqlite)

    assert masked_by(again) == 2
    assert "new.person" not in everything(sqlite)
    assert "Newly Arrived" not in everything(sqlite)


def test_partial_masks_are_masked_in_full_by_a_run_that_asks_for_it(
    sqlite: Database, restore: Callable[[Database], Database]
) -> None:
    mask(restore(sqlite), env="staging")
    partly = dict(sqlite.query("SELECT id, address FROM clients"))

    again = mask(sqlite, env="dev")

    assert masked_by(again) == 279
    assert not partly.items() & dict(sqlite.query("SELECT id, address FROM clients")).items()


def test_seeded_rows_are_about_nobody_and_stay(sqlite: Database, restore: Callable[[Database], Database]) -> None:
    sqlite.seed(table="vendors")
    vendors = sqlite.content("vendors")
    restore(sqlite)

    mask(sqlite)

    assert sqlite.content("vendors") == vendors


def test_another_key_is_refused(
    sqlite: Database, restore: Callable[[Database], Database], monkeypatch: pytest.MonkeyPatch
) -> None:
    mask(restore(sqlite))
    monkeypatch.setenv("SEEDING_MASKING_KEY", "another key for tests")

    with pytest.raises(CommandError, match="masked with the key"):
        mask(sqlite)


@pytest.mark.parametrize(("options", "words"), [
    ({"env": "production"}, "never masked"), ({"env": "production", "dry_run": True}, "never masked"),
    ({"env": "staging", "force": False}, "--force"), ({"table": "moon"}, "moon"),
])  # fmt: skip
def test_what_is_refused_touches_nothing(
    sqlite: Database, restore: Callable[[Database], Database], options: dict[str, Any], words: str
) -> None:
    before, name = contents(restore(sqlite)), sqlite.url.removeprefix("sqlite:///")

    with pytest.raises(CommandError, match=words) as caught:
        mask(sqlite, **{"confirm_database": name, **options})

    assert caught.value.returncode == 1
    assert contents(sqlite) == before


@pytest.mark.parametrize("key", [None, "too short"])
def test_without_a_key_nothing_is_masked(sqlite: Database, monkeypatch: pytest.MonkeyPatch, key: str | None) -> None:
    monkeypatch.delenv("SEEDING_MASKING_KEY")
    if key is not None:
        monkeypatch.setenv("SEEDING_MASKING_KEY", key)

    with pytest.raises(CommandError, match="SEEDING_MASKING_KEY"):
        mask(sqlite)


def test_what_nobody_has_classified_is_listed(
    sqlite: Database, restore: Callable[[Database], Database], log_file: Path
) -> None:
    restore(sqlite)
    sqlite.query("CREATE TABLE leads (id integer PRIMARY KEY, home_phone varchar(50), remark text, kind text)")
    sqlite.query("INSERT INTO leads VALUES (1, NULL, 'jo@corp.com', 'cold')")

    with pytest.raises(CommandError) as caught:
        mask(sqlite)

    told = [json.loads(line) for line in log_file.read_text().splitlines()]
    left = {line["message"].split(" looks")[0]: line["level"] for line in told if line["operation"] == "left"}
    assert caught.value.returncode == 3
    assert left == {"leads.home_phone": "warn", "leads.remark": "warn"}


@pytest.mark.parametrize(("server", "json_type", "other"), [
    ("sqlite", "json", "citext"), ("postgresql", "jsonb", "text[]"), ("mysql", "json", "text"), ("mariadb", "json", "text"),
])  # fmt: skip
def test_it_is_listed_whatever_its_type(
    make_database: Callable[..., Database], server: str, json_type: str, other: str
) -> None:
    database = make_database(server)
    database.query(f"CREATE TABLE cards (id integer PRIMARY KEY, born date, made date, body {json_type}, emails {other})")
    database.query("""INSERT INTO cards VALUES (1, '1990-01-02', '2020-01-02', '{"who": "jo@corp.com"}', '{"jo@corp.com"}')""")

    out = StringIO()
    with pytest.raises(CommandError) as caught:
        call_command("seed_mask", database=database.alias, json=True, stdout=out, stderr=StringIO(), **OPTIONS)

    assert caught.value.returncode == 3
    assert {f"{one['table']}.{one['column']}" for one in json.loads(out.getvalue())["left"]} == {
        "cards.born",
        "cards.body",
        "cards.emails",
    }


def test_a_table_that_cannot_be_masked_is_told_and_costs_no_other(
    sqlite: Database, restore: Callable[[Database], Database]
) -> None:
    restore(sqlite)
    sqlite.query("ALTER TABLE supplier_profiles RENAME TO old")
    others = "contact_name text, contact_phone text, supplier_notes text, tax_id text, license_number text"
    sqlite.query(f"CREATE TABLE supplier_profiles (id integer PRIMARY KEY, contact_email varchar(12) UNIQUE, {others})")

    with pytest.raises(CommandError) as caught:
        mask(sqlite)

    assert caught.value.returncode == 3
    results = {one["table"]: one for one in SeedRun.objects.using(sqlite.alias).latest("pk").results}
    assert "contact_email is unique, and its 12 characters are too few" in results["supplier_profiles"]["error"]
    assert results["clients"]["masked"] == 160
