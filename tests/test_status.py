"""`seed_status`: who holds the lock, and what ends it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable

import pytest
from django.core.management import CommandError, call_command

from seeding.locks import seeding_lock
from seeding.models import SeedRun
from tests.conftest import AS_OF, ROOT, SERVERS, Database, Manage
from tests.rows import business_data
from tests.servers import KINDS, Server
from tests.test_command_line import wait_for


def told(database: Database, capsys: pytest.CaptureFixture[str], *options: str) -> dict[str, object]:
    call_command("seed_status", "--lock", *options, "--json", database=database.alias)
    answer: dict[str, object] = json.loads(capsys.readouterr().out)
    return answer


def test_a_free_lock_is_free(database: Database, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("seed_status", database=database.alias)

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
    shown = dict(line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines() if line.startswith("  "))
    ended = told(database, capsys, "--force-release")
    process.communicate(timeout=60)

    run = SeedRun.objects.using(database.alias).get()
    assert shown["run"] == f"{run.pk} (seed)"
    assert (shown["host"], shown["user"]) == (run.host, run.user)
    assert {"connection", "since", "table", "batch"} <= shown.keys()
    assert ended["released"] is True
    assert process.returncode == (143 if server == "sqlite" else 2)
    assert run.state in {"failed", "interrupted"}
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

    assert (refused.returncode, doctor.returncode, forced.returncode) == (2, 0, 2)
    assert "is held by" in doctor.stdout
    assert "cannot be ended" in forced.stderr
    assert "Traceback" not in forced.stderr
    assert [one.returncode for one in done] == [0, 0, 0], [one.stdout[-500:] + one.stderr[-500:] for one in done]


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
    assert "The account lacks a right: it needs SELECT, INSERT, UPDATE and DELETE" in done.stderr
    assert "Traceback" not in done.stderr.splitlines()[-1]
    assert database.content("clients") == []
