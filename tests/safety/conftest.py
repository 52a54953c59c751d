"""Servers and databases of one test, and the seeders of two small apps."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings

from tests.safety.forms import PRODUCTS
from tests.servers import Server
from tests.servers.engines import Intermediary, stopping
from tests.support.databases import Database, closed, opened

MASKING_KEY = "0123456789abcdef0123456789abcdef"
_numbers = itertools.count(1)


@pytest.fixture
def start() -> Iterator[Callable[[Server], Server]]:
    """Start servers for one test; it stands before `make_database` where that makes databases on them."""
    with ExitStack() as started:

        def one(server: Server) -> Server:
            started.enter_context(stopping(server))
            return server.start()

        yield one


@pytest.fixture
def reach() -> Iterator[Callable[[str], Database]]:
    """Databases by their URLs, which are there already."""
    names: list[str] = []

    def one(url: str) -> Database:
        names.append(f"reached{next(_numbers)}")  # never again: how an alias is reached is known to the whole process
        return opened(names[-1], "mariadb" if url.startswith("mysql") else "postgresql", url)

    yield one
    for name in names:
        closed(name)


@pytest.fixture
def products(make_database: Callable[..., Database]) -> Callable[..., Database]:
    """Make a database with the ledger and a table of products, made by the statements if there are some."""

    def make(server: str, *statements: str, **options: Any) -> Database:
        database = make_database(server, ready=False, **options)
        call_command("migrate", "seeding", database=database.alias, verbosity=0)
        for statement in statements or (f"CREATE TABLE shop_product ({PRODUCTS[server]})",):
            database.query(statement)
        return database

    return make


@pytest.fixture
def classified(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[None]:
    """The columns of `personal_data` are personal, and there is a key to mask them with."""
    settings.SEEDING_DATABASE_IS_FALLBACK = False
    monkeypatch.setenv("SEEDING_MASKING_KEY", MASKING_KEY)
    with override_settings(INSTALLED_APPS=["seeding", "tests.safety"]):
        yield


def mask(database: Database, *options: str) -> tuple[int, list[dict[str, Any]]]:
    """Exit code and results of `seed_mask`."""
    out, arguments = StringIO(), ("--env=staging", "--force", "--json", *options)
    try:
        call_command("seed_mask", *arguments, database=database.alias, stdout=out, stderr=StringIO())
    except CommandError as error:
        return error.returncode, json.loads(out.getvalue())["results"]
    return 0, json.loads(out.getvalue())["results"]


def require(*engines: type[Server | Intermediary]) -> None:
    """Skip, loudly, where one of them cannot be had."""
    for engine in engines:
        if missing := engine.missing():
            pytest.skip(f"NOT TESTED on {engine.__name__}: {missing}")
