"""What Django's checks say before anybody runs a command, and what they cost those who run none."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.checks import run_checks
from django.db import NotSupportedError, connections
from django.db.backends.base import base

from seeding.checks import check_databases, check_log_file
from seeding.generation.deferral import deferred
from tests.servers.base import is_root
from tests.support.databases import ROOT, Database
from tests.support.pages import page

NOBODY = 65534
PROGRAM = """
import sys
from django.core.management import execute_from_command_line
execute_from_command_line(["manage.py", *sys.argv[1:]])
print(*sys.modules, sep="\\n")
"""


def told(*aliases: str) -> list[tuple[str | None, str]]:
    return [(message.id, message.msg) for message in check_databases(databases=aliases)]


def reopened(database: Database, **options: Any) -> None:
    """Let the next connection be made with other options."""
    connections[database.alias].close()
    del connections[database.alias]
    connections.settings[database.alias]["OPTIONS"].update(options)


@pytest.fixture
def mariadb(make_database: Callable[..., Database]) -> Database:
    return make_database("mariadb", ready=False)


def test_the_checks_load_no_polars(environment: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, "check", "--database=default"],
        cwd=ROOT,
        env={**environment, "DJANGO_SETTINGS_MODULE": "settings.base"},
        capture_output=True,
        text=True,
        check=True,
    )

    loaded = done.stdout.splitlines()
    assert "terpseed.seeders.clients" in loaded
    assert [name for name in loaded if name.split(".")[0] in ("polars", "faker")] == []


def test_a_deferred_module_is_loaded_when_somebody_asks_for_something(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    names = {"unused", "asked", "named", "whole"}
    for name in names:
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("VALUE = [1]\n", encoding="utf-8")
        (tmp_path / name / "part.py").write_text("PIECE = [2]\n", encoding="utf-8")

    with deferred(*names, "json"):
        import json

        # Modules that this test has just written, where no type checker looks.
        # Modules that the test has just written.
        import asked  # type: ignore[import-not-found]  # all four are written by the test
        import unused  # type: ignore[import-not-found]
        from named import VALUE  # type: ignore[import-not-found]
        from whole import part  # type: ignore[import-not-found]

    assert (VALUE, part.PIECE) == ([1], [2])
    assert json is sys.modules["json"]
    assert names & sys.modules.keys() == {"named", "whole"}
    assert asked.VALUE is __import__("asked").VALUE
    with pytest.raises(AttributeError):
        _ = unused.nothing


def test_a_database_that_is_as_it_should_be_is_not_mentioned(database: Database) -> None:
    off_by_default = ["seeding.W005"] if database.server == "mysql" else []
    assert [one for one, _ in told(database.alias)] == off_by_default


def test_a_session_that_is_not_in_utc_is_told(mariadb: Database) -> None:
    reopened(mariadb, init_command="SET SESSION sql_mode = 'TRADITIONAL'")

    assert [one for one, words in told(mariadb.alias) if mariadb.alias in words] == ["seeding.W004"]


@pytest.mark.parametrize("side", ["client", "server"])
def test_a_side_that_takes_no_load_data_is_told(mariadb: Database, side: str) -> None:
    if side == "client":
        reopened(mariadb, local_infile=False)
        assert [one for one, _ in told(mariadb.alias)] == ["seeding.W005"]
        return
    mariadb.query("SET GLOBAL local_infile = 0")
    try:
        assert [one for one, _ in told(mariadb.alias)] == ["seeding.W005"]
    finally:
        mariadb.query("SET GLOBAL local_infile = 1")


@pytest.mark.parametrize("server", ["sqlite", "mariadb", "postgresql"])
def test_a_server_that_django_does_not_support_is_told(
    make_database: Callable[..., Database], monkeypatch: pytest.MonkeyPatch, server: str
) -> None:
    database = make_database(server, ready=False)
    monkeypatch.setattr(connections[database.alias].features, "minimum_database_version", (99, 1))
    connections[database.alias].close()  # it was asked what it is
    base.RAN_DB_VERSION_CHECK.discard(database.alias)

    ((found, words),) = told(database.alias)

    assert found == "seeding.E001"
    assert "99.1 or later is required" in words
    with pytest.raises(NotSupportedError):  # as without the check
        connections[database.alias].ensure_connection()


def test_a_server_that_cannot_be_asked_is_left_to_django(sqlite: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    connections[sqlite.alias].close()
    monkeypatch.setitem(connections[sqlite.alias].settings_dict, "NAME", "/nowhere/at/all.sqlite3")

    assert told(sqlite.alias) == []


def test_databases_are_asked_only_where_they_are_named_and_may_hold_the_ledger(mariadb: Database, settings: Any) -> None:
    reopened(mariadb, local_infile=False)

    def codes(databases: list[str] | None, *tags: str) -> list[str | None]:
        found = run_checks(tags=tags or None, databases=databases)
        return [message.id for message in found if "seeding" in str(message.id)]

    assert codes([mariadb.alias]) == ["seeding.W005"]
    assert codes([mariadb.alias], "database") == ["seeding.W005"]
    assert codes(None) == []
    settings.DATABASE_ROUTERS = ["tests.integration.test_checks.Elsewhere"]
    assert codes([mariadb.alias]) == []


class Elsewhere:
    """A router that keeps the ledger out of every database."""

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return app_label != "seeding"


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("", None),
        ("logs/new/seeding.log", None),
        ("there.log", None),
        ("there.log/seeding.log", "there.log is not a folder"),
        ("folder", "it is not a file"),
        ("closed/seeding.log", "may not write to"),
    ],
)
def test_a_log_that_cannot_be_written_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str, said: str | None
) -> None:
    (tmp_path / "there.log").touch()
    (tmp_path / "folder").mkdir()
    (tmp_path / "closed").mkdir(mode=0o500)
    monkeypatch.setenv("SEEDING_LOG_FILE", str(tmp_path / file) if file else "")
    account = os.geteuid()
    if file.startswith("closed") and is_root():  # who may write anywhere
        os.seteuid(NOBODY)
    try:
        found = check_log_file()
    finally:
        os.seteuid(account)

    assert [message.id for message in found] == (["seeding.W003"] if said else [])
    assert all(said in message.msg for message in found if said)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["closed", "folder", "there.log"]


def test_a_log_level_that_does_not_exist_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEEDING_LOG_LEVEL", "loud")

    assert [(message.id, message.msg.partition(":")[0]) for message in check_log_file()] == [
        ("seeding.W003", "SEEDING_LOG_LEVEL=loud")
    ]


def test_every_message_stands_in_the_docs() -> None:
    said = set(re.findall(r"seeding\.[EW]\d+", (ROOT / "seeding" / "checks.py").read_text(encoding="utf-8")))

    assert set(re.findall(r"^\| `(seeding\.[EW]\d+)` \|", page("troubleshooting"), re.MULTILINE)) == said
