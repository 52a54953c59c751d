"""What to install if Django finds no driver for a database, or one that is too old; and which one is in use."""

from __future__ import annotations

from importlib import metadata
from importlib.util import find_spec
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db.backends.base.base import BaseDatabaseWrapper

DISTRIBUTION = "django-seed-ledger"
EXTRAS = {("MySQLdb", "mysqlclient"): ("MySQL", "mysql", "pymysql"), ("psycopg",): ("PostgreSQL", "postgres", "psycopg2")}
"""Words of Django's errors about drivers → the server's name, and the extras that install a driver, the preferred one first."""


def missing_driver(error: ImproperlyConfigured) -> str:
    """A sentence that names the extra to install; empty if the error is about something else."""
    said = str(error)
    for words, (server, preferred, other) in EXTRAS.items():
        if not any(word in said for word in words):
            continue
        if "MySQLdb" in said and find_spec("pymysql") is not None:
            return "PyMySQL is installed; let the settings put it in place: import pymysql; pymysql.install_as_MySQLdb()"
        if said.startswith("Error loading"):
            return (
                f"No driver for {server} is installed, or it does not load ({error.__cause__ or error.__context__}). "
                f"Run: pip install '{DISTRIBUTION}[{preferred}]' or '{DISTRIBUTION}[{other}]'"
            )
        return f"{said.rstrip('.')}. Run: pip install --upgrade '{DISTRIBUTION}[{preferred}]'"
    return ""


def driver(connection: BaseDatabaseWrapper) -> str:
    """The driver that the connection uses, with its version, as `PyMySQL 1.2.4`; SQLite's is Python's own `sqlite3`."""
    backend: Any = type(connection)
    module = backend.Database.__name__.partition(".")[0]
    names = metadata.packages_distributions().get(module, ())
    return f"{names[0]} {metadata.version(names[0])}" if names else module
