"""Engines, databases on them, and commands."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from pytest_django import DjangoDbBlocker

from tests.clusters.commands import Commands
from tests.clusters.engines import Galera, GaleraNode, GroupReplication, Member, Replication
from tests.clusters.engines.base import Cluster
from tests.clusters.rows import Rows
from tests.servers import MariaDB, Server
from tests.servers.engines import Intermediary
from tests.support.databases import Database, closed, opened
from tests.support.processes import plain_environment
from tests.support.rows import business_data

_numbers = itertools.count(1)


def require(*engines: type[Server | Intermediary]) -> None:
    """Skip, loudly, where one of them cannot be had; the summary of the tests names it as well."""
    for engine in engines:
        if missing := engine.missing():
            pytest.skip(f"NOT TESTED on {engine.__name__}: {missing}")


@pytest.fixture(scope="session")
def _galera() -> Iterator[Galera]:
    require(GaleraNode)
    galera = Galera()
    with galera.started():
        yield galera


@pytest.fixture(scope="session")
def _group() -> Iterator[GroupReplication]:
    require(Member)
    group = GroupReplication()
    with group.started():
        yield group


@pytest.fixture(scope="session")
def replication() -> Iterator[Replication]:
    """A MariaDB and its replica."""
    require(MariaDB)
    replication = Replication()
    with replication.started():
        yield replication


@pytest.fixture
def galera(_galera: Galera) -> Iterator[Galera]:
    """Three nodes, all up before and after the test."""
    yield _galera
    _galera.repair()


@pytest.fixture
def group(_group: GroupReplication) -> Iterator[GroupReplication]:
    """Three members, the first of which is the primary before the test."""
    yield _group
    _group.repair()


@pytest.fixture
def commands(tmp_path: Path) -> Iterator[Commands]:
    """Commands of one test."""
    (tmp_path / "commands").mkdir()
    variables = {
        **plain_environment(),
        "SEEDING_PATIENCE": "60",
        "ADMIN_DATABASE_URL": f"sqlite:///{tmp_path / 'admin.sqlite3'}",
        "SEEDING_LOG_FILE": str(tmp_path / "seeding.log"),
        "SEEDING_AUDIT_FILE": str(tmp_path / "audit.log"),
        "SEEDING_MASKING_KEY": "0123456789abcdef0123456789abcdef",
    }
    commands = Commands(tmp_path / "commands", variables)
    yield commands
    commands.stop()


@pytest.fixture(scope="session")
def _prepared(tmp_path_factory: pytest.TempPathFactory) -> Callable[[MariaDB], str]:
    folder = tmp_path_factory.mktemp("prepared")

    @cache
    def prepare(node: MariaDB) -> str:
        """A database with TERP's tables and the ledger, to be copied."""
        variables = {**plain_environment(), "SEEDING_LOG_FILE": str(folder / "log")}
        commands = Commands(folder, {**variables, "ADMIN_DATABASE_URL": f"sqlite:///{folder / 'admin.sqlite3'}"})
        node.create("prepared")
        for command in (("terp_schema",), ("migrate", "--verbosity=0")):
            done = commands.run(node.url("prepared"), *command)
            assert done.code == 0, done.err
        return "prepared"

    return prepare


@pytest.fixture
def new_database(_prepared: Callable[[MariaDB], str]) -> Callable[[Cluster[Any]], str]:
    """Make a database with TERP's tables and the ledger on a cluster; returns its name."""

    def make(cluster: Cluster[Any]) -> str:
        name = f"c{next(_numbers)}"
        cluster.writer.copy(_prepared(cluster.nodes[0]), to=name)
        cluster.settle()
        return name

    return make


@pytest.fixture
def rows(django_db_blocker: DjangoDbBlocker) -> Iterator[Callable[[str], Rows]]:
    """What is in the database of a URL."""
    names: list[str] = []

    def read(url: str) -> Rows:
        names.append(f"rows{len(names)}")
        database = opened(names[-1], "mariadb" if url.startswith("mysql") else "postgresql", url)
        return Rows.of(database)

    with django_db_blocker.unblock():
        yield read
        for name in names:
            closed(name)


@pytest.fixture(scope="session")
def _undisturbed() -> dict[str, Any]:
    return {}


@pytest.fixture
def undisturbed(make_database: Callable[..., Database], _undisturbed: dict[str, Any]) -> Callable[[str], Any]:
    """The business data of a run of this size to which nothing happened, on SQLite."""

    def seeded(size: str) -> Any:
        if size not in _undisturbed:
            database = make_database("sqlite")
            database.seed(size=size)
            _undisturbed[size] = business_data(database)
        return _undisturbed[size]

    return seeded
