"""A driver that is missing or too old is told in one sentence, with the extra that brings it."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable

import pymysql
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError, connections

from seeding.db.connection import connect
from seeding.db.drivers import driver, missing_driver
from seeding.db.error_hints import GRANT, hint
from seeding.db.retries import transience
from seeding.exceptions import ConfigurationError
from tests.support.databases import ROOT, Database

MANAGE = "import manage, sys; sys.argv = ['manage.py', 'seed', '--dry-run']; manage.main()"
HIDDEN = "import sys; sys.modules |= dict.fromkeys({!r});"
"""An import of what stands for None fails as one of what is not installed does."""


@pytest.fixture
def said(environment: dict[str, str]) -> Callable[[str, str], tuple[int, str]]:
    """What `manage.py seed --dry-run` says of a URL, in an interpreter prepared by some statements; with its exit code."""

    def run(url: str, prepared: str) -> tuple[int, str]:
        command = [sys.executable, "-c", f"{prepared} {MANAGE}"]
        variables = {**environment, "DATABASE_URL": url}
        done = subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, check=False)
        return done.returncode, done.stderr

    return run


@pytest.mark.parametrize(
    ("url", "hidden", "extras"),
    [
        ("mysql://a:b@localhost/c", ("MySQLdb", "pymysql"), ("mysql", "pymysql")),
        ("postgres://a:b@localhost/c", ("psycopg", "psycopg2"), ("postgres", "psycopg2")),
    ],
)
def test_a_missing_driver_names_the_extras(
    said: Callable[[str, str], tuple[int, str]], url: str, hidden: tuple[str, ...], extras: tuple[str, str]
) -> None:
    code, words = said(url, HIDDEN.format(hidden))

    assert code == 1
    assert len(words.splitlines()) == 1
    assert words.endswith("Run: pip install 'django-seed-ledger[{}]' or 'django-seed-ledger[{}]'\n".format(*extras))


def test_a_driver_that_is_too_old_is_told_with_both_versions(said: Callable[[str, str], tuple[int, str]]) -> None:
    code, words = said("postgres://a:b@localhost/c", "import psycopg; psycopg.__version__ = '3.0.1';")

    assert code == 1
    assert re.fullmatch(
        r"manage\.py: psycopg version 3\.1\.\d+ or newer is required; you have 3\.0\.1\. "
        r"Run: pip install --upgrade 'django-seed-ledger\[postgres\]'\n",
        words,
    )


def test_so_is_that_of_another_alias(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(
        connections.settings, "elsewhere", {**connections.settings["default"], "ENGINE": "tests.support.too_old"}
    )

    with pytest.raises(ConfigurationError, match=r"pip install --upgrade 'django-seed-ledger\[mysql\]'"):
        connect("elsewhere", lambda _, __: None)


def test_errors_about_other_things_are_left_alone() -> None:
    assert missing_driver(ImproperlyConfigured("settings.DATABASES is improperly configured.")) == ""


@pytest.mark.parametrize(("server", "name"), [("mariadb", "mysqlclient "), ("postgresql", "psycopg"), ("sqlite", "sqlite3")])
def test_the_driver_at_work_is_named(make_database: Callable[..., Database], server: str, name: str) -> None:
    assert driver(connections[make_database(server, ready=False).alias]).startswith(name)


@pytest.mark.parametrize(
    ("code", "state", "family"), [(1142, "42000", None), (1213, "40001", "contention"), (2013, None, "connection")]
)
def test_errors_of_pymysql_go_by_their_number(code: int, state: str | None, family: str | None) -> None:
    error = OperationalError(code, "words")
    error.__cause__ = pymysql.err.OperationalError(code, "words", sqlstate=state)

    found = transience(error)

    assert (found.value if found else None) == family
    assert (hint(error) == GRANT) is (code == 1142)
