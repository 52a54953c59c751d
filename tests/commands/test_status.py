"""`seed_status`: what is seeded, what went wrong, who holds the lock, and what ends it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from seeding.ledger.recorder import Recorder
from seeding.locks import seeding_lock
from seeding.models import SeedingMetadata, SeedRun
from tests.servers import KINDS, Server
from tests.support.databases import AS_OF, ROOT, SERVERS, Database
from tests.support.processes import Manage, wait_for
from tests.support.rows import business_data, ledgered_keys


def told(database: Database, capsys: pytest.CaptureFixture[str], *options: str) -> dict[str, object]:
    call_command("seed_status", "--lock", *options, "--json", database=database.alias)
    answer: dict[str, object] = json.loads(capsys.readouterr().out)
    return answer


def status(database: Database, capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, Any]]:
    """The exit code of `seed_status --json`, and its answer."""
    code = 0
    try:
        call_command("seed_status", "--json", database=database.alias)
    except CommandError as error:
        code = error.returncode
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert answer["exit_code"] == code
    return code, answer


def test_what_is_seeded_is_told_with_its_runs(sqlite: Database, capsys: pytest.CaptureFixture[str]) -> None:
    sqlite.seed(table="users")
    sqlite.seed(table="users,clients")

    code, answer = status(sqlite, capsys)
    call_command("seed_status", database=sqlite.alias, no_color=True)
    shown = capsys.readouterr().out.splitlines()

    entries = {entry.table_name: entry for entry in SeedingMetadata.objects.using(sqlite.alias).all()}
    assert code == 0
    assert [(one["table"], one["rows"], one["batches"], one["runs"]) for one in answer["tables"]] == [
        ("clients", 10, 1, [2]),
        ("users", 6, 1, [1]),
    ]
    assert answer["tables"][0]["since"] == answer["tables"][0]["last"] == entries["clients"].created_at.isoformat()
    assert (answer["environment"], answer["environments"], answer["rows"]) == ("dev", ["dev"], 16)
    assert (answer["seed"], answer["as_of"], answer["holder"], answer["errors"]) == (42, "2026-03-02", None, [])
    assert shown[1].startswith("16 rows are seeded in 2 tables since ")
    assert shown[3].split()[:3] == ["clients", "10", "1"]
    assert shown[-3].endswith("is free.")
    assert shown[-2:] == ["Last run: 2, succeeded", "Drift: none: every table matches its model"]


def test_an_empty_database_is_well(sqlite: Database, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("seed_status", database=sqlite.alias)

    assert "Nothing is seeded here." in capsys.readouterr().out
    assert status(sqlite, capsys)[0] == 0


ENDS = [("succeeded", 0, "", 0), ("failed", 5, "", 5), ("failed", None, "boom", 1), ("interrupted", None, "Terminated", 130)]


@pytest.mark.parametrize("end", ENDS)
def test_the_exit_code_is_that_of_the_last_run(
    sqlite: Database, capsys: pytest.CaptureFixture[str], end: tuple[str, int | None, str, int]
) -> None:
    state, recorded, error, code = end
    ledger = Recorder(sqlite.alias)
    run = ledger.open_run(command="seed", environment="dev", seed=1, as_of=AS_OF, faker_version="")
    results = [{"table": "clients", "error": "3 rows were refused" if code == 5 else ""}]
    ledger.close_run(run, SeedRun.State(state), exit_code=recorded, error=error, results=results)

    told, answer = status(sqlite, capsys)

    assert told == code
    assert (answer["last_run"], answer["last_state"]) == (run.pk, state)
    assert [(one["run"], one["table"], one["error"]) for one in answer["errors"]] == [
        (run.pk, table, words) for table, words in (("", error), ("clients", results[0]["error"])) if words
    ]


def test_drift_is_one_line_and_exit_code_3(sqlite: Database, capsys: pytest.CaptureFixture[str]) -> None:
    sqlite.query("ALTER TABLE clients RENAME COLUMN teri_code TO code")
    sqlite.query("ALTER TABLE lots RENAME COLUMN code TO lot_code")

    code, answer = status(sqlite, capsys)

    assert (code, answer["refused"]) == (3, 2)
    assert "clients.teri_code: missing column" in answer["drift"]
    assert answer["drift"].endswith(" And 1 more table.")


def test_a_run_that_has_died_is_told(sqlite: Database, capsys: pytest.CaptureFixture[str]) -> None:
    run = Recorder(sqlite.alias).open_run(command="seed", environment="dev", seed=1, as_of=AS_OF, faker_version="")

    with pytest.raises(CommandError) as caught:
        call_command("seed_status", database=sqlite.alias)
    shown = capsys.readouterr().out

    assert caught.value.returncode == 130
    assert str(caught.value) == f"Run {run.pk} has died; the next run resumes where it stopped."
    assert status(sqlite, capsys)[0] == 130
    assert f"Died: run {run.pk} (seed), started by {run.user} on {run.host}, process {run.process_id}" in shown


def test_a_free_lock_is_free(database: Database, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("seed_status", "--lock", database=database.alias)

    assert " is free.\n" in capsys.readouterr().out
    assert told(database, capsys, "--force-release")["released"] is False


@pytest.mark.parametrize("server", SERVERS)
def test_a_run_is_named_and_ended_and_the_next_one_completes_it(
    make_database: Callable[..., Database],
    sqlite: Database,
    environment: dict[str, str],
    capsys: pytest.CaptureFixture[str],
    server: str,
) -> None:
    database = make_database(server)
    sqlite.seed(size="medium")
    env = {**environment, "DATABASE_URL": database.url, "SEEDING_BATCH_SIZE": "10", "SEEDING_LOG_LEVEL": "debug"}
    command = [sys.executable, "manage.py", "seed", "--size=medium", f"--as-of={AS_OF}"]
    process = subprocess.Popen(command, cwd=ROOT, env=env, stderr=subprocess.PIPE, text=True)
    wait_for("rows of orders", process.stderr)

    call_command("seed_status", "--lock", database=database.alias, no_color=True)
    shown = dict(line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines()[1:])
    code, whole = status(database, capsys)
    ended = told(database, capsys, "--force-release")
    _, said = process.communicate(timeout=60)

    run = SeedRun.objects.using(database.alias).get()
    assert shown["run"] == f"{run.pk} (seed)"
    assert (shown["host"], shown["user"]) == (run.host, run.user)
    assert {"connection", "since", "table", "batch"} <= shown.keys()
    (under_way,) = whole["in_progress"]
    assert (code, under_way["run"], under_way["alive"], under_way["process_id"]) == (2, run.pk, True, process.pid)
    assert 0 < under_way["ended"] < under_way["steps"]
    assert under_way["phase"].endswith("Seeder")
    assert under_way["rows"] == 10
    assert ended["released"] is True
    assert process.returncode == (143 if server == "sqlite" else 2)
    assert run.state in {"failed", "interrupted"}, said[-2_000:]
    assert not seeding_lock(database.alias).is_locked
    assert database.seed(size="medium")["exit_code"] == 0
    assert business_data(database) == business_data(sqlite)


def test_an_end_must_be_asked_for_by_name(sqlite: Database) -> None:
    with pytest.raises(CommandError, match="--lock --force-release") as caught:
        call_command("seed_status", "--force-release", database=sqlite.alias)

    assert caught.value.returncode == 1


def test_a_process_of_ours_is_not_ended_by_itself(sqlite: Database) -> None:
    with seeding_lock(sqlite.alias).held(0), pytest.raises(CommandError, match="must be ended where it runs") as caught:
        call_command("seed_status", "--lock", "--force-release", database=sqlite.alias)

    assert caught.value.returncode == 2


ACCOUNTS = {
    "mariadb": "CREATE USER few@localhost; GRANT {rights} ON {database}.* TO few@localhost",
    "mysql": "CREATE USER few@localhost; GRANT {rights} ON {database}.* TO few@localhost",
    "postgresql": "CREATE ROLE few LOGIN; GRANT {rights} ON ALL TABLES IN SCHEMA public TO few; "
    "GRANT USAGE, UPDATE ON ALL SEQUENCES IN SCHEMA public TO few",
}
GONE = {
    "mariadb": "DROP USER few@localhost",
    "mysql": "DROP USER few@localhost",
    "postgresql": "DROP OWNED BY few; DROP ROLE few",
}


@pytest.mark.parametrize("server", KINDS)
def test_an_account_with_few_rights_seeds_and_rolls_back(
    make_database: Callable[..., Database], running: Callable[[str], Server], manage: Manage, server: str
) -> None:
    database, owner = make_database(server), running(server)
    rights = "SELECT, INSERT, UPDATE, DELETE"
    owner.sql(ACCOUNTS[server].format(rights=rights, database=database.alias), database.alias)
    few = {"DATABASE_URL": owner.url(database.alias, "few")}

    try:
        with seeding_lock(database.alias).held(0):  # another account's connection, of which this one is shown nothing
            refused = manage("seed", variables=few)
            doctor = manage("seed_status", "--lock", variables=few)
            forced = manage("seed_status", "--lock", "--force-release", variables=few)
        done = [manage(*command, variables=few) for command in (["seed"], ["seed_check"], ["seed_rollback", "--force"])]
    finally:
        owner.sql(GONE[server], database.alias)

    assert (refused.returncode, doctor.returncode, forced.returncode) == (2, 0, 0)
    assert "is held by" in doctor.stdout
    assert "was taken from" in forced.stdout  # its connection cannot be ended, and the run releases it by itself
    assert [one.returncode for one in done] == [0, 0, 0], [one.stdout[-500:] + one.stderr[-500:] for one in done]


@pytest.mark.parametrize("server", ["mariadb", "mysql"])
def test_without_the_right_to_truncate_nothing_goes(
    make_database: Callable[..., Database], running: Callable[[str], Server], manage: Manage, tmp_path: Path, server: str
) -> None:
    database, owner = make_database(server), running(server)
    database.seed(table="strains")
    rights = "SELECT, INSERT, UPDATE, DELETE, LOCK TABLES"
    owner.sql(ACCOUNTS[server].format(rights=rights, database=database.alias), database.alias)
    variables = {"DATABASE_URL": owner.url(database.alias, "few"), "SEEDING_AUDIT_FILE": str(tmp_path / "audit.log")}

    try:
        done = manage("seed_rollback", "--strategy=truncate", "--force", variables=variables)
    finally:
        owner.sql(GONE[server], database.alias)

    lines = [json.loads(line) for line in (tmp_path / "audit.log").read_text(encoding="utf-8").splitlines()]
    assert done.returncode == 3
    assert "strains needs the right DROP on" in done.stderr
    assert lines == []
    assert len(ledgered_keys(database, "strains")) == len(database.content("strains")) == 5


@pytest.mark.parametrize("server", KINDS)
def test_a_missing_right_is_named(
    make_database: Callable[..., Database], running: Callable[[str], Server], manage: Manage, server: str
) -> None:
    database, owner = make_database(server), running(server)
    owner.sql(ACCOUNTS[server].format(rights="SELECT", database=database.alias), database.alias)

    try:
        done = manage("seed", variables={"DATABASE_URL": owner.url(database.alias, "few")})
    finally:
        owner.sql(GONE[server], database.alias)

    assert done.returncode == 2
    assert "seeding_metadata needs the right INSERT, " in done.stderr
    assert "GRANT INSERT, " in done.stderr
    assert "Traceback" not in done.stderr.splitlines()[-1]
    assert database.content("clients") == []


@pytest.mark.parametrize("server", ["mariadb", "postgresql"])
def test_so_is_the_one_that_migrate_needs(
    make_database: Callable[..., Database], running: Callable[[str], Server], manage: Manage, server: str
) -> None:
    database, owner = make_database(server, ready=False), running(server)
    owner.sql("CREATE TABLE one (id INT)", database.alias)
    owner.sql(ACCOUNTS[server].format(rights="SELECT", database=database.alias), database.alias)

    try:
        done = manage("migrate", variables={"DATABASE_URL": owner.url(database.alias, "few")})
    finally:
        owner.sql(GONE[server], database.alias)

    assert done.returncode == 1
    assert "CREATE only for `migrate`" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr
