"""Databases for the tests: a new one for each, on every kind of server, with TERP's tables and the ledger in it."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from io import StringIO
from pathlib import Path
from typing import Any

import environ
import pytest
from django.core.management import CommandError, call_command
from django.db import connections
from pytest_django import DjangoDbBlocker

from seeding.exceptions import RollbackError
from seeding.generation.registry import Registry
from seeding.models import SeedRun
from seeding.verification.checker import Checker
from seeding.verification.invariants import Invariant, check, discover
from seeding.verification.results import Verdict
from settings.databases import database as database_settings
from tests import browser
from tests.servers import KINDS, MariaDB, Server
from tests.servers.engines import ENGINES

ROOT = Path(__file__).resolve().parent.parent
AS_OF = date(2026, 3, 2)
SERVERS = ("sqlite", *KINDS)
OURS = ("DATABASE_URL", "ADMIN_DATABASE_URL", "SEEDING_", "DJANGO_", "NODE_ENV", "ALLOW_PRODUCTION")
"""What the variables are called that the project reads."""
RULES, _BROKEN = discover()
_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """A database of a test."""

    alias: str
    url: str
    server: str

    def query(self, sql: str, *parameters: str | int | None) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        try:
            with connections[self.alias].cursor() as cursor:
                cursor.execute(sql, parameters or None)
                return list(cursor.fetchall()) if cursor.description else []
        finally:
            if threading.current_thread() is not threading.main_thread():  # nobody else closes this thread's connection
                connections[self.alias].close()

    def verdicts(self, *rules: Invariant) -> list[Verdict]:
        """What the database says about the rules (all, if none is given)."""
        failed: list[str] = []
        verdicts = list(check(self.alias, rules or RULES, failed))
        assert failed == []
        return verdicts

    def broken_rules(self) -> dict[str, int]:
        """The rules that do not hold: name → rows that break it."""
        return {verdict.rule: verdict.broken for verdict in self.verdicts() if verdict.broken}

    def references(self) -> list[Verdict]:
        """What the database says about every reference of the seeded rows."""
        return Checker(self.alias, "", Registry.discover()).references()

    def seed(self, **options: object) -> dict[str, Any]:
        """`seed --json` in this process, with a fixed day; returns the summary. Raises CommandError as the command does."""
        out = StringIO()
        options = {"as_of": AS_OF.isoformat(), "table": None, **options}
        call_command("seed", database=self.alias, json=True, stdout=out, stderr=StringIO(), **options)
        summary: dict[str, Any] = json.loads(out.getvalue())
        return summary

    def rollback(self, **options: object) -> dict[str, Any]:
        """`seed_rollback --force --json` in this process; returns the summary, also where it ends with exit code 6."""
        out = StringIO()
        options = {"force": True, **options}
        try:
            call_command("seed_rollback", database=self.alias, json=True, stdout=out, stderr=StringIO(), **options)
        except CommandError as error:
            if error.returncode != RollbackError.exit_code:
                raise
        summary: dict[str, Any] = json.loads(out.getvalue())
        return summary

    def last_results(self) -> dict[str, dict[str, Any]]:
        """What the last run has recorded of each seeder."""
        return {result["seeder"]: result for result in SeedRun.objects.using(self.alias).latest("pk").results}

    def content(self, table: str) -> list[tuple[Any, ...]]:
        """Every row of a table, in the order of its keys."""
        quoted = connections[self.alias].ops.quote_name(table)
        return self.query(f"SELECT * FROM {quoted} ORDER BY id")  # noqa: S608 - the name is quoted


@pytest.fixture(scope="session")
def running() -> Iterator[Callable[[str], Server]]:
    """One server of each kind for all tests, started when first asked for; where it cannot be had, its tests are skipped."""
    started: dict[str, Server] = {}

    def get(kind: str) -> Server:
        if kind not in started:
            if missing := KINDS[kind].missing():
                pytest.skip(f"NOT TESTED on {kind}: {missing}")
            started[kind] = KINDS[kind]().start()
        return started[kind]

    yield get
    for server in started.values():
        server.stop()


@pytest.fixture
def mariadb(running: Callable[[str], Server]) -> MariaDB:
    """The MariaDB among them."""
    server = running("mariadb")
    assert isinstance(server, MariaDB)
    return server


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say which servers and browser the tests had, and which not: a skipped one must not look like a passed one."""
    for name, kind in KINDS.items():
        missing = kind.missing()
        words = f"NOT TESTED on {name}: {missing}" if missing else f"tested on {kind.version()}"
        terminalreporter.write_line(words, red=bool(missing), bold=bool(missing))
    for engine in ENGINES:
        if missing := engine.missing():
            terminalreporter.write_line(f"NOT TESTED on {engine.__name__}: {missing}", red=True, bold=True)
    missing = browser.missing()
    words = f"NOT TESTED in a browser: {missing}" if missing else f"tested in {browser.version()}"
    terminalreporter.write_line(words, red=bool(missing), bold=bool(missing))


@pytest.fixture(autouse=True)
def audit_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the test's rollbacks are written down."""
    file = tmp_path / "audit.log"
    monkeypatch.setenv("SEEDING_AUDIT_FILE", str(file))
    return file


@pytest.fixture(scope="session")
def template(
    running: Callable[[str], Server], tmp_path_factory: pytest.TempPathFactory, django_db_blocker: DjangoDbBlocker
) -> Callable[[str, str], str]:
    """Databases to be copied, since making one takes seconds: (server, empty or small) → name, of SQLite's the file."""
    folder = tmp_path_factory.mktemp("templates")

    @cache
    def get(server: str, rows: str) -> str:
        name = f"template_{rows}"
        host = None if server == "sqlite" else running(server)
        with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as environment:
            for variable in [one for one in os.environ if one.startswith(OURS)]:
                environment.delenv(variable)
            environment.setenv("SEEDING_AUDIT_FILE", str(folder / "audit.log"))
            if host is not None:
                host.create(name)
            database = opened(name, server, host.url(name) if host else f"sqlite:///{folder / name}.sqlite3")
            call_command("terp_schema", database=name, stdout=StringIO())
            call_command("migrate", database=name, verbosity=0)
            if rows == "small":
                database.seed()
            closed(name)
        return name if host else str(folder / f"{name}.sqlite3")

    return get


def opened(name: str, server: str, url: str) -> Database:
    """The database as an alias of DATABASES."""
    env = environ.Env()
    env.ENVIRON = {"DATABASE_URL": url}
    connections.settings[name] = database_settings(env, "DATABASE_URL", default="")
    if server == "sqlite":  # what a power cut would leave is not tested, and waiting for the disk is most of the time
        connections.settings[name].setdefault("OPTIONS", {})["init_command"] = "PRAGMA synchronous=OFF"
    connections.configure_settings(connections.settings)
    return Database(alias=name, url=url, server=server)


def closed(name: str) -> None:
    """The alias gone again, and its connection."""
    connections[name].close()
    del connections[name], connections.settings[name]


@pytest.fixture
def make_database(
    running: Callable[[str], Server],
    template: Callable[[str, str], str],
    tmp_path: Path,
    django_db_blocker: DjangoDbBlocker,
) -> Iterator[Callable[..., Database]]:
    """Make a database on a server: with TERP's tables and the ledger if it is to be `ready`, the small rows, too, if `seeded`.

    It is reached at `address` instead of the server's socket, and lies on the server `on` instead of the one of all tests.
    """
    made: list[tuple[str, Server | None]] = []

    def make(
        server: str,
        *,
        ready: bool = True,
        seeded: bool = False,
        address: tuple[str, int] | None = None,
        on: Server | None = None,
    ) -> Database:
        host = None if server == "sqlite" else on or running(server)
        name = f"t{next(_numbers)}"
        file = tmp_path / f"{name}.sqlite3"
        copied = ready and on is None
        rows = "small" if seeded else "empty"
        if host is None and copied:
            shutil.copyfile(template(server, rows), file)
        elif host is not None and copied:
            host.copy(template(server, rows), to=name)
        elif host is not None:
            host.create(name)
        database = opened(name, server, host.url(name, address=address) if host else f"sqlite:///{file}")
        made.append((name, host))
        if ready and not copied:
            call_command("terp_schema", database=name, stdout=StringIO())
            call_command("migrate", database=name, verbosity=0)
        return database

    with django_db_blocker.unblock():
        yield make
        for name, host in made:
            closed(name)
            if host is not None:
                host.drop(name)


@pytest.fixture(params=SERVERS)
def database(request: pytest.FixtureRequest, make_database: Callable[..., Database]) -> Database:
    """A new database with TERP's tables and the ledger, on each kind of server."""
    return make_database(request.param)


@pytest.fixture(params=SERVERS)
def seeded(request: pytest.FixtureRequest, make_database: Callable[..., Database]) -> Database:
    """The same with all the small rows in it."""
    return make_database(request.param, seeded=True)


@pytest.fixture
def sqlite(make_database: Callable[..., Database]) -> Database:
    """The same on SQLite alone, for what does not depend on the server."""
    return make_database("sqlite")


Manage = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """The environment of a subprocess: nothing of ours but what a test adds."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith(OURS)}
    return {
        **clean,
        "DATABASE_URL": f"sqlite:///{tmp_path / 'terp.sqlite3'}",
        "ADMIN_DATABASE_URL": f"sqlite:///{tmp_path / 'admin.sqlite3'}",
        "SEEDING_LOG_FILE": str(tmp_path / "seeding.log"),
    }


@pytest.fixture
def manage(environment: dict[str, str]) -> Manage:
    """Run `manage.py` as a process of its own, with the given variables added to `environment`."""

    def run(
        *arguments: str, variables: Mapping[str, str] | None = None, timeout: float = 120, **options: Any
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env={**environment, **(variables or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
            **options,
        )

    return run
