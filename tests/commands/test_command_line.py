"""The command as a person types it: a process of its own, its output, its exit code."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from seeding.conf import reading
from seeding.db.interruption import terminable
from seeding.exceptions import Terminated
from seeding.locks import seeding_lock
from seeding.models import SeedRun
from settings.apps import apps
from tests.servers import MariaDB
from tests.support.databases import ROOT, SERVERS, Database
from tests.support.processes import Manage, wait_for
from tests.support.runs import run
from tests.support.seeders import Profiles, seeder


@pytest.fixture
def ready(manage: Manage, tmp_path: Path, template: Callable[[str, str], str]) -> Manage:
    """`manage` on a SQLite file with TERP's tables and the ledger."""
    shutil.copyfile(template("sqlite", "empty"), tmp_path / "terp.sqlite3")
    return manage


def test_the_first_seed(ready: Manage, tmp_path: Path) -> None:
    done = ready("seed", "--table=clients")

    assert done.returncode == 0
    assert done.stdout.splitlines()[1].split() == ["table", "seeder", "rows", "existing", "to", "insert", "time", "size"]
    assert "[1/1] clients: 10 of 10 rows" in done.stdout
    assert "10 rows inserted" in done.stdout
    assert "\x1b" not in done.stdout
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert {"timestamp", "level", "seeder", "operation", "recordCount", "duration", "environment"} <= set().union(*lines)
    assert (tmp_path / "seeding.log").read_text(encoding="utf-8").splitlines() == done.stderr.splitlines()


def test_json_is_one_object_on_stdout(ready: Manage) -> None:
    done = ready("seed", "--json", "--table=clients,users")

    summary = json.loads(done.stdout)
    assert {one["table"]: one["records_inserted"] for one in summary["results"]} == {"clients": 10, "users": 6}


@pytest.mark.parametrize(
    ("command", "done", "rehearsed"),
    [
        ("seed", "10 rows in 1 seeders", "10 rows would be inserted by 1 seeders"),
        ("seed_mask", "0 values masked", "0 values would be masked"),
        ("seed_rollback", "10 rows of 1 tables deleted", "10 rows of 1 tables would be deleted"),
    ],
)
def test_the_last_line_of_a_dry_runs_log_tells_of_nothing_done(ready: Manage, command: str, done: str, rehearsed: str) -> None:
    def last(*options: str) -> dict[str, Any]:
        lines = ready(command, "--table=clients", *options, variables={"SEEDING_MASKING_KEY": "k" * 16}).stderr.splitlines()
        line: dict[str, Any] = next(one for one in map(json.loads, lines) if one["operation"] == "complete")
        return line

    if command != "seed":
        ready("seed", "--table=clients")

    rehearsal, run = last("--dry-run"), last("--force")

    assert (rehearsal["message"], rehearsal["dryRun"]) == (f"{rehearsed}, exit code 0", True)
    assert run["message"] == f"{done}, exit code 0"
    assert "dryRun" not in run


@pytest.mark.parametrize(("streams", "code"), [("<&- >&- 2>&-", 0), (">/dev/full", 0), ("2>/dev/full", 2)])
def test_closed_and_full_streams_change_nothing(sqlite: Database, environment: dict[str, str], streams: str, code: int) -> None:
    command = ["sh", "-c", f'exec "$@" {streams}', "sh", sys.executable, "manage.py", "seed", "--table=strains"]
    env = {**environment, "DATABASE_URL": sqlite.url}

    with seeding_lock(sqlite.alias).held(0) if code else nullcontext():
        done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)

    assert done.returncode == code
    assert len(sqlite.content("strains")) == (0 if code else 5)
    assert ("The output cannot be written: [Errno 28]" in done.stderr) == (streams == ">/dev/full")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(("stream", "code"), [("stdout", 0), ("stderr", 2)])
def test_a_reader_who_goes_changes_no_exit_code(sqlite: Database, environment: dict[str, str], stream: str, code: int) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, stream: writing}
    env = {**environment, "DATABASE_URL": sqlite.url}

    command = [sys.executable, "manage.py", "seed", "--table=strains", "--json"]

    with seeding_lock(sqlite.alias).held(0) if code else nullcontext():
        done = subprocess.run(command, cwd=ROOT, env=env, text=True, check=False, **pipes)

    os.close(writing)
    assert done.returncode == code
    assert "BrokenPipe" not in f"{done.stdout}{done.stderr}"


def test_verbosity_zero_is_silent_but_for_errors(ready: Manage) -> None:
    done = ready("seed", "-v0", "--table=users")
    refused = ready("seed", "-v0", "--table=users", "--seed=7")

    assert (done.stdout, done.stderr) == ("", "")
    assert (refused.stdout, refused.returncode) == ("", 1)
    assert "a database has one dataset" in refused.stderr


@pytest.mark.parametrize(
    ("arguments", "variables", "reason"),
    [
        (["--unknown"], {}, "unrecognized arguments: --unknown"),
        (["--size=huge"], {}, "--size=huge: give one of small, medium, large."),
        (["--seed=abc"], {}, "invalid int value: 'abc'"),
        (["--scale=0"], {}, "--scale=0"),
        (["--table=cleints"], {}, "Did you mean clients"),
        (["--table=,"], {}, "--table names no table"),
        (["--env=moon"], {}, "--env=moon: no such environment"),
        ([], {"NODE_ENV": "moon"}, "NODE_ENV=moon: no such environment"),
        (["--as-of=yesterday"], {}, "--as-of=yesterday"),
        (["--as-of=1960-01-01"], {}, "1975-01-01 to 2036-12-31"),
        (["--lock-timeout=-1"], {}, "--lock-timeout=-1"),
        (["--database=nowhere"], {}, "--database=nowhere: there are only default, admin"),
        (["--force", "--no-input"], {}, "not allowed with argument"),
        (["--size=large", "--scale=1000000"], {}, "Give a smaller --size or --scale"),
        ([], {"DATABASE_URL": "nonsense"}, "DATABASE_URL is no database URL"),
        ([], {"DATABASE_URL": "mysql://user:s3cret@host:port/terp"}, "DATABASE_URL is no database URL"),
        *(([], {"DATABASE_URL": f"{scheme}://user:s3cret@host/terp"}, "DATABASE_URL is no database URL")
          for scheme in ("oracle", "mssql", "redshift", "ldap", "cockroachdb", "postgis", "mariadb")),
        ([], {"ADMIN_DATABASE_URL": "oracle://user:s3cret@host/terp"}, "ADMIN_DATABASE_URL is no database URL"),
        ([], {"SEEDING_APPS": "nosuch"}, "SEEDING_APPS names 'nosuch', which Python does not find"),
        ([], {"SEEDING_APPS": "seeding.example,nosuch.apps.Config"}, "SEEDING_APPS names 'nosuch.apps.Config', which"),
        ([], {"SEEDING_BATCH_SIZE": "many"}, "SEEDING_BATCH_SIZE=many"),
        ([], {"SEEDING_LOG_LEVEL": "loud"}, "SEEDING_LOG_LEVEL=loud"),
        (["--env=production"], {}, "ALLOW_PRODUCTION_SEEDING"),
        (["--env=production", "--force"], {"ALLOW_PRODUCTION_SEEDING": "true"}, "Synthetic data never goes to production"),
        (["--env=staging"], {}, "needs confirmation, but there is no terminal"),
    ],
)  # fmt: skip
def test_bad_input_is_a_reason_and_exit_code_1(
    ready: Manage, tmp_path: Path, arguments: list[str], variables: Mapping[str, str], reason: str
) -> None:
    database = tmp_path / "terp.sqlite3"
    before = database.read_bytes()

    done = ready("seed", *arguments, variables=variables)

    assert done.returncode == 1
    assert reason in done.stderr
    assert "Traceback" not in done.stderr
    assert "s3cret" not in done.stderr
    assert database.read_bytes() == before


def test_an_app_may_be_named_by_its_module_or_its_class() -> None:
    variables = {"SEEDING_APPS": "seeding.example, seeding.example.apps.ShopConfig,"}

    assert apps(reading(variables), "SEEDING_APPS") == ["seeding.example", "seeding.example.apps.ShopConfig"]


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (("seed", "--scale=0", "--env=moon", "--as-of=never"), ("--scale=0", "--env=moon", "--as-of=never")),
        (("seed_mask", "--env=moon"), ("--env=moon", "SEEDING_MASKING_KEY is not set")),
        (("seed_rollback", "--run=0", "--before=never"), ("--run=0", "--before=never")),
    ],
)
def test_all_that_is_wrong_is_told_at_once(ready: Manage, command: tuple[str, ...], words: tuple[str, ...]) -> None:
    variables = {"SEEDING_LOG_LEVEL": "loud", "SEEDING_ALERT_EMAIL": "nobody", "SEEDING_ALERT_MEMORY": "much"}

    done = ready(*command, variables=variables)

    assert done.returncode == 1
    assert all(word in done.stderr for word in (*words, *variables))


@pytest.mark.parametrize("variable", ["SEEDING_ENV", "DJANGO_ENV", "NODE_ENV"])
def test_the_environment_decides_the_size(ready: Manage, variable: str) -> None:
    done = ready("seed", "--force", "--json", "--table=clients", variables={variable: "staging"})

    summary = json.loads(done.stdout)
    assert (summary["environment"], summary["size"], summary["records_inserted"]) == ("staging", "medium", 100)


def test_staging_needs_a_database(manage: Manage, environment: dict[str, str]) -> None:
    del environment["DATABASE_URL"]

    done = manage("seed", "--env=staging", "--force")

    assert done.returncode == 1
    assert "DATABASE_URL is not set" in done.stderr


def test_reference_data_goes_to_production_by_the_documented_way(ready: Manage, environment: dict[str, str]) -> None:
    name = environment["DATABASE_URL"].removeprefix("sqlite:///")
    command = ("seed", "--env=production", "--table=reference_data", "--force")
    allowed = {"ALLOW_PRODUCTION_SEEDING": "true"}

    unconfirmed = ready(*command, variables=allowed)
    confirmed = ready(*command, f"--confirm-database={name}", variables=allowed)
    afterwards = ready("seed", "--env=dev")

    assert (unconfirmed.returncode, confirmed.returncode, afterwards.returncode) == (1, 0, 1)
    assert "--confirm-database=" in unconfirmed.stderr
    assert "has been a production database" in afterwards.stderr


def test_no_server_is_three_tries_a_sentence_and_exit_code_2(manage: Manage, tmp_path: Path) -> None:
    done = manage("seed", variables={"DATABASE_URL": f"mysql://u:s3cret@localhost/terp?unix_socket={tmp_path / 'no'}"})

    *log, sentence = done.stderr.splitlines()
    assert done.returncode == 2
    assert [json.loads(line)["operation"] for line in log] == ["retry"] * 3
    assert "cannot be reached" in sentence
    assert "s3cret" not in done.stderr


def test_terp_schema_refuses_what_it_must(ready: Manage, manage: Manage) -> None:
    again = ready("terp_schema")
    production = manage("terp_schema", "--env=production")
    protected = manage("terp_schema", variables={"DATABASE_URL": "sqlite:///:memory:", "SEEDING_PROTECTED_DATABASES": "*"})

    assert (again.returncode, production.returncode, protected.returncode) == (1, 1, 1)
    assert "it counts as production. terp_schema never runs there" in protected.stderr
    assert "already has" in again.stderr
    assert "never runs in production" in production.stderr


def test_a_missing_table_is_exit_code_3_and_names_the_way_out(manage: Manage) -> None:
    manage("migrate")

    done = manage("seed", "--table=clients")

    assert done.returncode == 3
    assert "terp_schema" in done.stdout
    assert "The table clients is missing" in done.stdout


@pytest.mark.parametrize("server", SERVERS)
def test_a_held_lock_is_exit_code_2_and_names_the_holder(
    make_database: Callable[..., Database], manage: Manage, server: str
) -> None:
    database = make_database(server)
    lock = seeding_lock(database.alias)

    with lock.held(timeout=0):
        started = time.monotonic()
        done = manage("seed", variables={"DATABASE_URL": database.url})
        took = time.monotonic() - started
        holder = f"connection {lock.connection_id}"

    assert done.returncode == 2
    assert holder in done.stderr
    assert "Traceback" not in done.stderr
    assert took < 10
    assert manage("seed", "--table=users", variables={"DATABASE_URL": database.url}).returncode == 0


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_stopped_run_releases_the_lock_and_is_resumed(  # noqa: PLR0917
    make_database: Callable[..., Database],
    environment: dict[str, str],
    manage: Manage,
    server: str,
    number: signal.Signals,
    code: int,
) -> None:
    database = make_database(server)
    env = {**environment, "DATABASE_URL": database.url, "SEEDING_BATCH_SIZE": "20", "SEEDING_LOG_LEVEL": "debug"}
    command = [sys.executable, "manage.py", "seed", "--size=large"]
    process = subprocess.Popen(command, cwd=ROOT, env=env, stderr=subprocess.PIPE, text=True)
    wait_for('"seeder": "ProductSeeder"', process.stderr)

    process.send_signal(number)
    rest = process.communicate(timeout=60)[1]

    run = SeedRun.objects.using(database.alias).get()
    assert process.returncode == code
    assert "The lock is released and the ledger is consistent" in rest
    assert run.state == "interrupted"
    assert not seeding_lock(database.alias).is_locked
    finished = manage("seed", "--size=medium", "--json", variables={"DATABASE_URL": database.url})
    assert finished.returncode == 0


@pytest.mark.parametrize("server", SERVERS)
def test_a_killed_run_is_resumed_where_it_stopped(
    make_database: Callable[..., Database], environment: dict[str, str], manage: Manage, server: str
) -> None:
    killed, undisturbed = make_database(server), make_database(server)
    env = {**environment, "DATABASE_URL": killed.url, "SEEDING_BATCH_SIZE": "20", "SEEDING_LOG_LEVEL": "debug"}
    command = [sys.executable, "manage.py", "seed", "--size=medium"]
    process = subprocess.Popen(command, cwd=ROOT, env=env, stderr=subprocess.PIPE, text=True)
    wait_for("rows of orders", process.stderr)

    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=60)
    resumed = manage("seed", "--size=medium", "--json", variables={"DATABASE_URL": killed.url})
    manage("seed", "--size=medium", variables={"DATABASE_URL": undisturbed.url})

    counts = {one["seeder"]: one for one in json.loads(resumed.stdout)["results"]}
    assert resumed.returncode == 0
    assert counts["ClientSeeder"]["records_inserted"] == 0
    assert counts["OrderSeeder"]["records_existing"] >= 20
    for table in ("clients", "orders", "order_line_items", "batches", "inventoryMovements"):
        assert len(killed.content(table)) == len(undisturbed.content(table))
    assert [row[2] for row in killed.content("orders")] == [row[2] for row in undisturbed.content("orders")]


def on_a_terminal(environment: Mapping[str, str], *arguments: str) -> str:
    """What a command shows on a terminal of 120 columns."""
    parent, child = os.openpty()
    env = {**environment, "TERM": "xterm", "COLUMNS": "120"}
    command = [sys.executable, "manage.py", *arguments]
    process = subprocess.Popen(command, cwd=ROOT, env=env, stdin=child, stdout=child, stderr=child)
    os.close(child)
    shown = b""
    while True:
        try:
            shown += os.read(parent, 65_536)
        except OSError:  # the other end has closed
            break
    os.close(parent)
    assert process.wait() == 0
    return shown.decode()


def test_bars_are_drawn_on_a_terminal(ready: Manage, environment: dict[str, str]) -> None:
    shown = on_a_terminal({key: value for key, value in environment.items() if key != "CI"}, "seed", "--size=medium")

    assert "━" in shown
    assert "all tables" in shown
    assert "inventoryMovements" in shown
    assert '"level"' not in shown


@pytest.mark.parametrize("asked", ["NO_COLOR", "CI", "--no-color"])
def test_lines_are_plain_where_that_is_asked_for(ready: Manage, environment: dict[str, str], asked: str) -> None:
    option, variables = ([asked], {}) if asked.startswith("-") else ([], {asked: "1"})

    shown = on_a_terminal({**environment, **variables}, "seed", "--table=users", *option)

    assert "[1/1] users: 6 of 6 rows" in shown
    assert "\x1b" not in shown
    assert '"level"' not in shown


@pytest.mark.parametrize(("answer", "code"), [("yes\n", 0), ("no\n", 1), ("\x04", 1)])
def test_staging_asks_on_a_terminal(ready: Manage, environment: dict[str, str], answer: str, code: int) -> None:
    parent, child = os.openpty()
    command = [sys.executable, "manage.py", "seed", "--env=staging", "--size=small", "--table=users"]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdin=child, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    os.close(child)

    os.write(parent, answer.encode())
    _, asked = process.communicate(timeout=60)

    os.close(parent)
    assert process.returncode == code
    assert b"Seed the staging database" in asked


@pytest.mark.property(1)
def test_start_up_runs_no_seeding_code(manage: Manage, environment: dict[str, str], tmp_path: Path) -> None:
    broken = tmp_path / "brokenapp"
    (broken / "seeders").mkdir(parents=True)
    (broken / "__init__.py").touch()
    (broken / "seeders" / "__init__.py").touch()
    (broken / "seeders" / "things.py").write_text("raise RuntimeError('this seeder is broken')\n")
    environment |= {"PYTHONPATH": str(tmp_path), "SEEDING_APPS": "brokenapp"}
    loaded = (
        "import sys, django; django.setup(); print([m for m in sys.modules if 'seeders.' in m or m in ('polars', 'faker')])"
    )

    checked = manage("check")
    imported = subprocess.run(
        [sys.executable, "-c", loaded],
        cwd=ROOT,
        env={**environment, "DJANGO_SETTINGS_MODULE": "settings.base"},
        capture_output=True,
        text=True,
        check=True,
    )
    manage("terp_schema")
    manage("migrate")
    seeded = manage("seed", "--table=clients")

    assert checked.returncode == 0
    assert imported.stdout == "[]\n"
    assert seeded.returncode == 4
    assert "this seeder is broken" in seeded.stdout
    assert "10 rows inserted" in seeded.stdout


def test_the_server_starts_without_a_query_of_ours(environment: dict[str, str], mariadb: MariaDB) -> None:
    mariadb.sql("CREATE DATABASE untouched; SET GLOBAL general_log_file='queries.log'; SET GLOBAL general_log=ON")
    env = {**environment, "DATABASE_URL": mariadb.url("untouched"), "PYTHONUNBUFFERED": "1"}
    subprocess.run([sys.executable, "manage.py", "migrate", "--database=admin", "-v0"], cwd=ROOT, env=env, check=True)
    process = subprocess.Popen(
        [sys.executable, "manage.py", "runserver", "--noreload", "--skip-checks", "127.0.0.1:0"],
        cwd=ROOT,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    wait_for("Quit the server", process.stdout)

    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)

    mariadb.sql("SET GLOBAL general_log=OFF; DROP DATABASE untouched")
    asked = (mariadb.socket.parent / "data" / "queries.log").read_text(encoding="utf-8", errors="replace")
    ours = [line for line in asked.splitlines() if "seeding" in line.lower() or "FROM `clients`" in line]
    assert ours == []


def test_the_demo_goes_to_its_own_files_whatever_is_set(tmp_path: Path, environment: dict[str, str]) -> None:
    shutil.copy(ROOT / "Makefile", tmp_path)
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text("#!/bin/sh\nenv >> told\n", encoding="utf-8")
    python.chmod(0o755)
    (tmp_path / "requirements.txt").touch()
    (tmp_path / ".venv" / "runtime").touch()
    (tmp_path / ".env").write_text("DATABASE_URL=mysql://user@host/real\n", encoding="utf-8")
    env = {**environment, "SEEDING_ENV": "production", "NODE_ENV": "production"}

    done = subprocess.run(["make", "demo"], cwd=tmp_path, env=env, capture_output=True, text=True, check=True)

    told = set((tmp_path / "told").read_text(encoding="utf-8").splitlines())
    names = ("DATABASE_URL", "ADMIN_DATABASE_URL", "SEEDING_ENV", "DJANGO_ENV", "NODE_ENV")
    assert {line for line in told if line.startswith(tuple(f"{name}=" for name in names))} == {
        f"DATABASE_URL=sqlite:///{tmp_path}/terp.sqlite3",
        f"ADMIN_DATABASE_URL=sqlite:///{tmp_path}/admin.sqlite3",
        "SEEDING_ENV=dev",
    }
    assert "These go where .env says" in done.stdout


def test_help_waits_for_nothing(manage: Manage) -> None:
    loaded = manage("help", variables={"PYTHONPROFILEIMPORTTIME": "1"}).stderr

    assert "django" in loaded
    assert not re.search(r"\| +(polars|faker|numpy)\b", loaded)


@pytest.mark.parametrize(("number", "expected"), [(signal.SIGTERM, Terminated), (signal.SIGINT, KeyboardInterrupt)])
def test_a_signal_is_one_whatever_a_library_makes_of_it(number: int, expected: type[BaseException]) -> None:
    def native() -> None:
        try:
            os.kill(os.getpid(), number)
        except BaseException as error:
            raise RuntimeError("a panic") from error

    before = signal.getsignal(number)

    with pytest.raises(expected), terminable():
        native()

    assert signal.getsignal(number) is before


@pytest.mark.parametrize("panic", [RuntimeError, BaseException])
def test_a_run_that_a_library_ends_for_a_signal_is_interrupted(sqlite: Database, panic: type[BaseException]) -> None:
    def native(data: pl.DataFrame) -> pl.DataFrame:
        try:
            os.kill(os.getpid(), signal.SIGTERM)
        except Terminated as error:
            raise panic("a panic") from error
        return data

    with pytest.raises(Terminated), terminable():
        run(sqlite, seeder(native), Profiles())

    (recorded,) = SeedRun.objects.using(sqlite.alias).all()
    assert recorded.state == "interrupted"
    assert sqlite.content("clients") == []
