"""What to install if Django finds no driver for a database, or one that is too old; and which one is in use."""

from __future__ import annotations

from collections.abc import Callable
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
    module = _backend(connection).__name__.partition(".")[0]
    names = metadata.packages_distributions().get(module, ())
    return f"{names[0]} {metadata.version(names[0])}" if names else module


def writes_any_object(connection: BaseDatabaseWrapper) -> bool:
    """Whether `as_text` writes whatever a field may return: psycopg2 writes lists and ranges as SQL only."""
    return connection.vendor != "postgresql" or hasattr(_backend(connection), "adapt")


def as_text(connection: BaseDatabaseWrapper) -> Callable[[Any], str]:
    """What makes of a value the text that the driver would send for it, without quotes. No query is made.

    Raises the driver's error for a value of a class that it does not know.
    """
    if connection.vendor != "postgresql" or not writes_any_object(connection):
        return _simply
    adapt: Any = _backend(connection).adapt
    session: Any = connection.connection
    transformer, form = adapt.Transformer(session.adapters), adapt.PyFormat.TEXT

    def text(value: Any) -> str:
        return value if type(value) is str else bytes(transformer.get_dumper(value, form).dump(value)).decode()

    return text


def _backend(connection: BaseDatabaseWrapper) -> Any:
    return getattr(type(connection), "Database")  # noqa: B009 - Django's class declares none


def _simply(value: Any) -> str:
    """As PyMySQL and mysqlclient write it."""
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value).decode()
    return str(int(value)) if isinstance(value, bool) else str(value)
