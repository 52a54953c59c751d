"""Copies of databases, by the fastest way of each kind of server; docs/testing.md has the measurements."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from django.db import Error, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from seeding.db.sql import quoted_plainly
from seeding.exceptions import ConfigurationError, SeedingError

COLUMNS = """
    SELECT c.table_name, c.column_name FROM information_schema.columns c
    JOIN information_schema.tables t ON t.table_schema = c.table_schema AND t.table_name = c.table_name
    WHERE c.table_schema = %s AND t.table_type IN ('BASE TABLE', 'SYSTEM VERSIONED')
    AND c.extra NOT IN ('VIRTUAL GENERATED', 'STORED GENERATED', 'PERSISTENT GENERATED')
    ORDER BY c.table_name, c.ordinal_position
"""


class Copier(Protocol):
    """Copies and drops databases on the server of one alias, by what NAME calls them."""

    def copy(self, source: str, target: str) -> None:
        """Make `target` with all that is in `source`; what had the name is dropped. Raises SeedingError if it cannot."""

    def drop(self, name: str) -> None:
        """Drop the database, if there is one."""


class SQLiteCopier:
    """By SQLite's backup, which takes databases in files and in memory. One in memory lives until it is dropped."""

    def __init__(self, using: str) -> None:
        self._using = using
        self._held: dict[str, sqlite3.Connection] = {}

    def copy(self, source: str, target: str) -> None:
        """Page by page."""
        self.drop(target)
        connection, opened = connections[self._using], None
        if source == connection.settings_dict["NAME"]:  # it may be one in memory that only this connection sees
            connection.ensure_connection()
        else:
            opened = sqlite3.connect(source, uri=True)
        copied = sqlite3.connect(target, uri=True, check_same_thread=False)
        copied.execute("PRAGMA synchronous = OFF")
        try:
            (opened or connection.connection).backup(copied)
        finally:
            if opened is not None:
                opened.close()
            if _is_in_memory(target):
                self._held[target] = copied
            else:
                copied.close()

    def drop(self, name: str) -> None:
        """Delete the file with its journals, or let go of the memory."""
        if _is_in_memory(name):
            if name in self._held:
                self._held.pop(name).close()
            return
        for ending in ("", "-journal", "-wal", "-shm", ".seeding.lock"):
            Path(f"{name}{ending}").unlink(missing_ok=True)


class PostgreSQLCopier:
    """By CREATE DATABASE … TEMPLATE, which takes a source that nobody is connected to."""

    def __init__(self, using: str) -> None:
        self._using = using

    def copy(self, source: str, target: str) -> None:
        """File by file, where the server lets the client choose."""
        connection = connections[self._using]
        close(connection)
        self.drop(target)
        strategy = " STRATEGY FILE_COPY" if connection.pg_version >= 150_000 else ""  # type: ignore[attr-defined] # PostgreSQL alone has it
        close(connection)
        with no_database(connection) as cursor:
            names = (quoted_plainly(connection, name) for name in (target, source))
            try:
                cursor.execute("CREATE DATABASE {} TEMPLATE {}{}".format(*names, strategy))
            except Error as error:
                raise SeedingError(
                    f"{source} cannot be copied: {error} PostgreSQL copies a database that nobody is connected to."
                ) from error

    def drop(self, name: str) -> None:
        """With the sessions of those that are still connected."""
        connection = connections[self._using]
        with no_database(connection) as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS {quoted_plainly(connection, name)} WITH (FORCE)")


class MySQLCopier:
    """By INSERT … SELECT, table by table. Views, triggers, routines and events, if there are any, go by mysqldump."""

    def __init__(self, using: str) -> None:
        self._using = using

    def copy(self, source: str, target: str) -> None:
        """Tables as SHOW CREATE TABLE has them, and their rows."""
        self.drop(target)
        connection = connections[self._using]
        with no_database(connection) as cursor:
            cursor.execute("SELECT default_character_set_name, default_collation_name FROM information_schema.schemata "
                           "WHERE schema_name = %s", [source])  # fmt: skip
            charset, collation = cursor.fetchone()
            cursor.execute(f"CREATE DATABASE {quoted_plainly(connection, target)} CHARACTER SET {charset} COLLATE {collation}")
            if self._has_more_than_tables(cursor, source):
                self._dumped(source, target, "--skip-triggers", "--routines", "--events")
                self._inserted(cursor, source, target)
                self._dumped(source, target, "--no-create-info")  # the triggers, once the rows are there
            else:
                self._inserted(cursor, source, target, create=True)

    def drop(self, name: str) -> None:
        """Waits for open transactions on it."""
        connection = connections[self._using]
        with no_database(connection) as cursor:
            cursor.execute("SELECT 1 FROM information_schema.schemata WHERE schema_name = %s", [name])
            if cursor.fetchone():  # IF EXISTS alone is a warning, which some drivers raise
                cursor.execute(f"DROP DATABASE {quoted_plainly(connection, name)}")

    def _has_more_than_tables(self, cursor: Any, source: str) -> bool:
        """Whether there are views, sequences, tables with a history, triggers, routines or events."""
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM information_schema.tables WHERE table_schema = %s AND table_type <> 'BASE TABLE') "
            "OR EXISTS (SELECT 1 FROM information_schema.triggers WHERE trigger_schema = %s) "
            "OR EXISTS (SELECT 1 FROM information_schema.routines WHERE routine_schema = %s) "
            "OR EXISTS (SELECT 1 FROM information_schema.events WHERE event_schema = %s)",
            [source] * 4,
        )
        return bool(cursor.fetchone()[0])

    def _inserted(self, cursor: Any, source: str, target: str, *, create: bool = False) -> None:
        connection = connections[self._using]
        cursor.execute(COLUMNS, [source])
        columns: dict[str, list[str]] = {}
        for table, column in cursor.fetchall():
            columns.setdefault(quoted_plainly(connection, table), []).append(quoted_plainly(connection, column))
        there = quoted_plainly(connection, source)
        cursor.execute(f"USE {quoted_plainly(connection, target)}")
        cursor.execute("SET foreign_key_checks = 0, unique_checks = 0, sql_mode = 'NO_AUTO_VALUE_ON_ZERO'")
        for table in columns if create else ():
            cursor.execute(f"SHOW CREATE TABLE {there}.{table}")
            cursor.execute(cursor.fetchone()[1])
        cursor.execute("START TRANSACTION")
        for table, names in columns.items():
            listed = ", ".join(names)
            cursor.execute(f"INSERT INTO {table} ({listed}) SELECT {listed} FROM {there}.{table}")  # noqa: S608 - quoted names
        cursor.execute("COMMIT")

    def _dumped(self, source: str, target: str, *parts: str) -> None:
        """What there is beside rows. Raises SeedingError where a program is missing or fails."""
        from django.db.backends.mysql.client import DatabaseClient

        settings = {**connections[self._using].settings_dict, "NAME": ""}
        (_, *options), variables = DatabaseClient.settings_to_cmd_args_env(settings, [])
        if socket := settings["OPTIONS"].get("unix_socket"):
            options.append(f"--socket={socket}")
        environment = {**os.environ, **(variables or {})}
        dump = ["mysqldump", *options, "--no-data", *parts, source]
        try:
            with tempfile.TemporaryFile() as script:
                subprocess.run(dump, env=environment, stdout=script, stderr=subprocess.PIPE, check=True)  # noqa: S603 - own words
                script.seek(0)
                load = ["mysql", *options, target]
                subprocess.run(load, env=environment, stdin=script, capture_output=True, check=True)  # noqa: S603 - own words
        except FileNotFoundError as error:
            raise SeedingError(
                f"{source} has more than tables (views, triggers, routines): its copy needs the program {error.filename}, "
                "which is not installed."
            ) from error
        except subprocess.CalledProcessError as error:
            raise SeedingError(f"{source} cannot be copied: {error.stderr.decode(errors='replace').strip()}") from error


COPIERS: dict[str, Callable[[str], Copier]] = {
    "mysql": MySQLCopier,
    "postgresql": PostgreSQLCopier,
    "sqlite": SQLiteCopier,
}


def copier(using: str) -> Copier:
    """The copier for the server of an alias; raises ConfigurationError for a kind that there is none for."""
    vendor = connections[using].vendor
    if vendor not in COPIERS:
        raise ConfigurationError(f"No database of {vendor} can be copied; this works on MySQL, MariaDB, PostgreSQL and SQLite.")
    return COPIERS[vendor](using)


def close(connection: BaseDatabaseWrapper) -> None:
    """Close the connection, and those that a pool keeps open."""
    connection.close()
    if connection.settings_dict["OPTIONS"].get("pool"):
        connection.close_pool()  # type: ignore[attr-defined] # only a connection with a pool has it


@contextmanager
def no_database(connection: BaseDatabaseWrapper) -> Iterator[Any]:
    """A cursor on the server that is in none of the databases in question."""
    with connection._nodb_cursor() as cursor:  # noqa: SLF001 - as Django creates its test databases; there is no other way
        yield cursor


def _is_in_memory(name: str) -> bool:
    return "mode=memory" in name
