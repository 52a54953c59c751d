"""Fixtures of all tests: databases on every kind of server, and `manage.py` as a process of its own."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from io import StringIO
from pathlib import Path
from typing import Any

import coverage
import hypothesis
import pytest
from django.core.management import call_command
from pytest_django import DjangoDbBlocker

from tests import browser
from tests.servers import KINDS, MariaDB, Server
from tests.servers.engines import ENGINES
from tests.support.databases import OURS, ROOT, SERVERS, Database, closed, opened
from tests.support.processes import Manage, plain_environment
from tests.support.share import IS_SHARED, share

_numbers = itertools.count(1)
EMPTY = "empty"

hypothesis.settings.register_profile("tests", deadline=None)  # a busy machine is no fault of the code
hypothesis.settings.load_profile("tests")


@pytest.fixture
def unmeasured() -> Iterator[None]:
    """No coverage: for what is timed, and for signals, which would leave its lock taken where they meet its own code."""
    measuring = coverage.Coverage.current()
    if measuring is None:
        yield
        return
    measuring.stop()
    try:
        yield
    finally:
        measuring.start()


FAST = (
    "unit", "shop", "integration", "safety",
    *(f"commands/test_{of}.py" for of in ("seed", "seed_new", "status", "rollback", "rollback_kept", "rollback_parts",
                                          "rollback_changed")),
)  # fmt: skip
"""Where the tests are that need no server, but for those that have one in their name."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let one half of the tests be chosen."""
    parser.addoption("--part", choices=("fast", "rest"), help="fast: what needs no server and no process; rest: all others")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the chosen half, or the share of both."""
    chosen = items
    if part := config.getoption("--part"):
        chosen = [item for item in items if is_fast(item) is (part == "fast")]
    if IS_SHARED:
        chosen = share(chosen)
    config.hook.pytest_deselected(items=[item for item in items if item not in set(chosen)])
    items[:] = chosen


def is_fast(item: pytest.Item) -> bool:
    """Whether a test needs no server."""
    place = item.path.relative_to(ROOT / "tests").as_posix()
    return place.startswith(FAST) and not any(server in item.nodeid for server in KINDS)


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


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that is gone stays away, but for the tests that say how long it takes."""
    monkeypatch.setenv("SEEDING_PATIENCE", "0")


@pytest.fixture(scope="session")
def template(
    running: Callable[[str], Server], tmp_path_factory: pytest.TempPathFactory, django_db_blocker: DjangoDbBlocker
) -> Callable[[str, str], str]:
    """Databases to be copied, since making one takes seconds: (server, "empty" or a size) → name, of SQLite's the file."""
    folder = tmp_path_factory.mktemp("templates")

    @cache
    def get(server: str, rows: str) -> str:
        name = f"template_{server}_{rows}"  # what a session is set to is remembered by alias
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
            if rows != EMPTY:
                database.seed(size=rows)
            closed(name)
        return name if host else str(folder / f"{name}.sqlite3")

    return get


@pytest.fixture
def make_database(
    running: Callable[[str], Server],
    template: Callable[[str, str], str],
    tmp_path: Path,
    django_db_blocker: DjangoDbBlocker,
) -> Iterator[Callable[..., Database]]:
    """Make a database on a server: with TERP's tables and the ledger if it is to be `ready`, and the rows of the size `seeded`.

    It is reached at `address` instead of the server's socket, and lies on the server `on` instead of the one of all tests.
    """
    made: list[tuple[str, Server | None]] = []

    def make(
        server: str,
        *,
        ready: bool = True,
        seeded: str = EMPTY,
        address: tuple[str, int] | None = None,
        on: Server | None = None,
    ) -> Database:
        host = None if server == "sqlite" else on or running(server)
        name = f"t{next(_numbers)}"
        file = tmp_path / f"{name}.sqlite3"
        copied = ready and on is None
        if host is None and copied:
            shutil.copyfile(template(server, seeded), file)
        elif host is not None and copied:
            host.copy(template(server, seeded), to=name)
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
    return make_database(request.param, seeded="small")


@pytest.fixture
def sqlite(make_database: Callable[..., Database]) -> Database:
    """The same on SQLite alone, for what does not depend on the server."""
    return make_database("sqlite")


@pytest.fixture
def small(make_database: Callable[..., Database]) -> Database:
    """The same with all the small rows in it, made once and copied."""
    return make_database("sqlite", seeded="small")


@pytest.fixture
def medium(make_database: Callable[..., Database]) -> Database:
    """The same with all the rows of size medium."""
    return make_database("sqlite", seeded="medium")


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """The environment of a subprocess: no variables of ours except those that a test adds."""
    return {
        **plain_environment(),
        "DATABASE_URL": f"sqlite:///{tmp_path / 'terp.sqlite3'}",
        "ADMIN_DATABASE_URL": f"sqlite:///{tmp_path / 'admin.sqlite3'}",
        "SEEDING_LOG_FILE": str(tmp_path / "seeding.log"),
    }


@pytest.fixture
def manage(environment: dict[str, str]) -> Manage:
    """Run `manage.py` as a process of its own, with the given variables added to `environment`."""

    measured = {key: value for key, value in os.environ.items() if key.startswith("COVERAGE_")}

    def run(
        *arguments: str, variables: Mapping[str, str] | None = None, timeout: float = 120, **options: Any
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env={**measured, **environment, **(variables or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
            **options,
        )

    return run
