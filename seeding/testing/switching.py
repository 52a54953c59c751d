"""To which database an alias leads: the project's code names the alias, and a test decides what is behind it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

from seeding.db.connection import database_name
from seeding.exceptions import ConfigurationError, RefusedError, SeedingError
from seeding.ledger.queries import Ledger
from seeding.runs.lifecycle import production
from seeding.testing.copies import close

READ_ONLY = {
    "mysql": ("SET SESSION TRANSACTION READ ONLY", "SET SESSION TRANSACTION READ WRITE"),
    "postgresql": ("SET default_transaction_read_only = on", "SET default_transaction_read_only = off"),
}
"""Kind of server → what makes a session refuse to write, and what undoes it."""
WRITES = frozenset(range(sqlite3.SQLITE_CREATE_INDEX, sqlite3.SQLITE_INSERT + 1)) | {
    sqlite3.SQLITE_UPDATE,
    sqlite3.SQLITE_ALTER_TABLE,
}
"""What SQLite is asked for by statements that write; in a mode in which it only reads, BEGIN IMMEDIATE fails."""


@dataclass(slots=True, kw_only=True)
class Place:
    """A database, and the driver's connection to it while the alias leads elsewhere."""

    name: str
    driver: Any = None

    def close(self) -> None:
        """Close the connection, if there is one."""
        if self.driver is not None:
            self.driver.close()
            self.driver = None


def require_switchable(using: str) -> None:
    """Raise SeedingError unless the alias can lead elsewhere now."""
    connection = connections[using]
    if connection.in_atomic_block:
        raise SeedingError(
            f"The alias {using!r} is in a transaction already, and cannot lead to a seeded database. Ask for it by the marker "
            "`seeded`, or, in a TestCase, by SeededMixin before TestCase."
        )
    for mirror, primary in _mirrors():
        if using in {mirror, primary}:
            raise ConfigurationError(
                f"In tests the database {mirror!r} mirrors {primary!r} (TEST, MIRROR): only one of them would lead to the "
                "seeded database. Leave MIRROR out in the settings of the tests."
            )
    if database_name(using) != str(connection.settings_dict["NAME"]):
        raise ConfigurationError(f"OPTIONS of the database {using!r} name another database than NAME: give NAME alone.")
    if words := production(using, has_ledger=Ledger(using).is_there()):
        raise RefusedError(f"{words} Tests run on a database of their own: nothing was copied.")


def _mirrors() -> Iterator[tuple[str, str]]:
    """Aliases that lead to the test database of another one, each with that one."""
    for alias in connections:
        if primary := connections.settings[alias].get("TEST", {}).get("MIRROR"):
            yield alias, primary


def go(using: str, there: Place) -> Place:
    """Let the alias lead to `there`, also in threads that connect from now on; returns where it led, for the way back."""
    connection = connections[using]
    here = Place(name=connection.settings_dict["NAME"], driver=_set_aside(connection))
    connection.settings_dict["NAME"] = there.name
    connection.connection, there.driver = there.driver, None
    return here


def back(using: str, here: Place, there: Place) -> None:
    """Let the alias lead to `here` again, and keep the connection to `there`."""
    there.driver = _set_aside(connections[using])
    go(using, here)


@contextmanager
def led_to(using: str, name: str) -> Iterator[None]:
    """Let the alias lead to the database for a block, also within a transaction; nobody is connected to it afterwards."""
    kept = connections[using]
    here = kept.settings_dict["NAME"]
    kept.settings_dict["NAME"] = name  # the dictionary is the one of all threads
    connections[using] = connections.create_connection(using)
    try:
        yield
    finally:
        connections[using].close()
        kept.settings_dict["NAME"] = here
        connections[using] = kept


@contextmanager
def read_only_at(using: str, there: Place) -> Iterator[None]:
    """Have every session that the alias opens to `there` in the block, in any thread, refuse to write."""

    def refuse(connection: BaseDatabaseWrapper, **_: object) -> None:
        if connection.alias == using and connection.settings_dict["NAME"] == there.name:
            _set_read_only(connection, on=True)

    connection = connections[using]
    connection.ensure_connection()
    _set_read_only(connection, on=True)
    connection_created.connect(refuse)
    try:
        yield
    finally:
        connection_created.disconnect(refuse)
        if not connection.in_atomic_block:
            connection.ensure_connection()
            _set_read_only(connection, on=False)


def _set_read_only(connection: BaseDatabaseWrapper, *, on: bool) -> None:
    """Have a session refuse to write, or write again."""
    if connection.vendor == "sqlite":
        connection.connection.set_authorizer(_refused if on else None)
        return
    with connection.cursor() as cursor:
        cursor.execute(READ_ONLY[connection.vendor][0 if on else 1])


def _refused(action: int, *_: object) -> int:
    return sqlite3.SQLITE_DENY if action in WRITES else sqlite3.SQLITE_OK


def _set_aside(connection: BaseDatabaseWrapper) -> Any:
    """The driver's connection, of which the wrapper knows no more; None if it is closed, or a pool's."""
    if connection.settings_dict["OPTIONS"].get("pool"):
        close(connection)
        return None
    driver = connection.connection
    connection.connection = None
    return driver
