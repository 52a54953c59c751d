"""What to install where Django finds no driver, and which one is at work."""

from __future__ import annotations

import sys
from importlib import metadata
from importlib.machinery import ModuleSpec
from importlib.util import module_from_spec
from types import SimpleNamespace

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connections

from seeding.db.drivers import driver, missing_driver
from tests.support.databases import Database

RUN = "Run: pip install"


def error(words: str, cause: Exception | None = None, context: Exception | None = None) -> ImproperlyConfigured:
    made = ImproperlyConfigured(words)
    made.__context__, made.__cause__ = context, cause
    return made


@pytest.mark.parametrize(
    ("found", "cause", "advice"),
    [
        (
            error("Error loading MySQLdb module.\nDid you install mysqlclient?", ImportError("no module")),
            "No driver for MySQL is installed, or it does not load (no module). ",
            f"{RUN} 'django-seed-ledger[mysql]' or 'django-seed-ledger[pymysql]'",
        ),
        (
            error("Error loading psycopg2 or psycopg module", context=ImportError("libpq")),
            "No driver for PostgreSQL is installed, or it does not load (libpq). ",
            f"{RUN} 'django-seed-ledger[postgres]' or 'django-seed-ledger[psycopg2]'",
        ),
        (
            error("mysqlclient 2.2.1 or newer is required; you have 2.1.0."),
            "mysqlclient 2.2.1 or newer is required; you have 2.1.0. ",
            f"{RUN} --upgrade 'django-seed-ledger[mysql]'",
        ),
        (
            error("psycopg version 3.1.12 or newer is required; you have 3.0.1"),
            "psycopg version 3.1.12 or newer is required; you have 3.0.1. ",
            f"{RUN} --upgrade 'django-seed-ledger[postgres]'",
        ),
        (error("settings.DATABASES is improperly configured."), "", ""),
    ],
    ids=["none", "no other", "old", "another old", "no driver's"],
)
def test_the_extra_that_brings_a_driver_is_named(
    monkeypatch: pytest.MonkeyPatch, found: ImproperlyConfigured, cause: str, advice: str
) -> None:
    monkeypatch.setitem(sys.modules, "pymysql", None)

    assert missing_driver(found) == cause + advice


def test_a_driver_that_is_installed_and_only_not_in_place_is_put_in_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pymysql", module_from_spec(ModuleSpec("pymysql", None)))

    assert missing_driver(error("Error loading MySQLdb module.\nDid you install mysqlclient?")) == (
        "PyMySQL is installed; let the settings put it in place: import pymysql; pymysql.install_as_MySQLdb()"
    )


def test_the_driver_at_work_is_named_with_its_version_where_it_has_one(shop: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    class Wrapper:
        Database = SimpleNamespace(__name__="prometheus_client.driver")

    installed, connection = metadata.packages_distributions(), Wrapper()
    monkeypatch.setattr(metadata, "packages_distributions", lambda: installed)  # it reads every distribution's files

    assert driver(connection) == f"prometheus_client {metadata.version('prometheus_client')}"  # type: ignore[arg-type]  # a stand-in
    assert driver(connections[shop.alias]) == "sqlite3"
