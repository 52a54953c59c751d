"""The application: it makes the tables and writes real rows, in a session of its own and as the server's owner."""

from __future__ import annotations

import itertools
import shutil
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import MySQLdb  # PyMySQL, if the settings substitute it
import psycopg
from django.db import connections

from tests.release.make import dumping
from tests.servers import Server
from tests.storm.ddl import GUEST, Ddl
from tests.storm.schemas import COMPUTED, Schema, Table
from tests.support.databases import Database

REAL, SECRET = "real", "secret.person"
"""With what the mark of a real row begins, and its personal data."""
CODES = ("Café {}", "CAFE {}", "item {}", "Real {} ", "Item {}", "Itém {}", "ITEM {} ")
"""Some are equal to seeded ones, in some collations."""
KEYS = ("for key 'PRIMARY'", ".PRIMARY'", "_pkey", ".id")
"""How a server names the key that it gave to a new row and that was taken."""
REJECTED = (sqlite3.Error, MySQLdb.Error, psycopg.Error)
"""A statement that is against a rule of the schema."""
DAYS = {"postgresql": "'infinity'", "sqlite": "'2020-01-01'"}


@dataclass(kw_only=True)
class Application:
    """At work in a database."""

    schema: Schema
    database: Database
    host: Server | None
    """None: SQLite."""
    numbers: itertools.count[int] = field(default_factory=itertools.count)
    taken: list[str] = field(default_factory=list)
    """What it could not insert because the next key was taken: the counter is behind the rows."""
    placed: set[str] = field(default_factory=set)
    """The marks of rows whose keys it has chosen itself, or a trigger has."""
    moved: bool = False
    """Whether the database has another name now."""

    @property
    def name(self) -> str:
        """Of the database."""
        return str(connections[self.database.alias].settings_dict["NAME"])

    @property
    def ddl(self) -> Ddl:
        """How everything is called."""
        return Ddl(schema=self.schema, name=self.name)

    def sql(self, *statements: str) -> str:
        """The rows, tab-separated; raises one of REJECTED."""
        rows: list[tuple[Any, ...]] = []
        with closing(self._session.cursor()) as cursor:
            for one in statements:
                cursor.execute(one)
                rows += cursor.fetchall() if cursor.description else ()
        return "\n".join("\t".join(map(str, row)) for row in rows)

    @cached_property
    def _session(self) -> Any:
        """Where each statement is committed by itself; a process of the server's client for each takes most of the time."""
        if self.host is None:
            connection = sqlite3.connect(self.name, isolation_level=None)
            connection.execute("PRAGMA foreign_keys = ON")
            return connection
        if self.schema.server == "postgresql":
            return psycopg.connect(host=str(self.host.folder), user="postgres", dbname=self.name, autocommit=True)
        named = {"unix_socket": str(self.host.socket), "user": "root", "database": self.name, "charset": "utf8mb4"}
        return MySQLdb.connect(**named, autocommit=True)

    def _leave(self) -> None:
        if "_session" in self.__dict__:
            self._session.close()
            del self._session
        connections[self.database.alias].close()

    def begin(self) -> None:
        """Everything is made, with the first real rows; what tables are besides, they become last."""
        self.sql(*self.ddl.before())
        for table in self.schema.tables:
            self.sql(*self.ddl.table(table), *self.ddl.followers(table))
            for _ in range(table.real):
                self.insert(table)
        for table in self.schema.tables:
            self.sql(*self.ddl.trait(table))
        if self.schema.guest:
            self._admit()
            connections[self.database.alias].close()
            connections[self.database.alias].settings_dict["USER"] = GUEST

    def _admit(self) -> None:
        if self.schema.server == "postgresql":
            self.sql(f"DROP OWNED BY {GUEST}", *self.ddl.granted())

    def end(self) -> None:
        """What was made besides the first database goes."""
        self._leave()
        if self.host is None:
            return
        if self.ddl.elsewhere != "other":
            self.host.sql(f"DROP DATABASE IF EXISTS {self.ddl.elsewhere}")
        if self.moved:
            self.host.drop(self.name)

    def move(self) -> None:
        """The database is restored under another name, from a dump by the server's own tool; ours goes on there."""
        if self.moved or any("elsewhere" in one.followers or self._is_bound(one) for one in self.schema.tables):
            return
        self._leave()
        name = f"{self.name}_restored"
        if self.host is None:
            shutil.copyfile(self.name, name)
        else:
            self.host.create(name)
            self.host.sql(self.host.run(dumping(self.host, self.name)), name)
        self.moved = True
        connections[self.database.alias].settings_dict["NAME"] = name
        if self.schema.guest:
            self._admit()

    def _is_bound(self, table: Table) -> bool:
        """Whether a dump by MariaDB's tool names the database of a sequence, or MySQL does not take it back."""
        return table.key in {"sequence", "shared"} or (
            self.schema.server == "mysql"
            and (table.is_parted or "computed" in table.followers or not table.extras.isdisjoint(COMPUTED))
        )

    def shown(self, table: Table) -> str:
        """What else shows rows of the table than the tables of a dump, which leaves out what is computed."""
        name, computed = self.ddl.quoted(table.name), ", ".join(sorted(table.extras.intersection(COMPUTED)))
        shown = self.sql(f"SELECT {computed} FROM {name}") if computed else ""
        match table.trait:
            case "materialised":
                return shown + self.sql(f"SELECT * FROM shown{table.place}")
            case "versioned":
                return shown + self.sql(f"SELECT email FROM {name} FOR SYSTEM_TIME ALL")
        return shown

    def insert(self, table: Table) -> None:
        """A real row, which may refer to rows of any kind."""
        number = next(self.numbers)
        columns = {
            "code": f"'{CODES[number % len(CODES)].format(number)}'",
            "number": str(-1 - number),
            "email": f"'{SECRET}.{number}@real.test'",
            "mark": f"'{REAL} {number}'",
        }
        if "ratio" in table.extras:
            columns["ratio"] = "0.1"
        if "day" in table.extras:
            columns["day"] = DAYS.get(self.schema.server, "'0000-00-00'")
        if table.is_composite:
            columns["tenant"] = str(100 + number % 2)
            if number % 3 == 0:  # another tenant's row with the number of one that may be seeded
                columns |= self._some(table, {"id": "id"}, number)
        for place, one in enumerate(table.references):
            if number % 3:
                columns |= self._some(self.schema.tables[one.target], {f"ref{place}": self.schema.by(one)}, number)
        is_by_counter = "id" not in columns and table.trait != "renumbers"
        if not is_by_counter:
            self.placed.add(columns["mark"])
        self._insert(self.ddl.quoted(table.name), columns, is_by_counter=is_by_counter)

    def refer(self, table: Table, place: int, number: int) -> None:
        """A row of a table that follows this one names one of its rows."""
        found = self._some(table, self.ddl.follower_columns(table, table.followers[place]), number)
        self._insert(self.ddl.follower(table, place), {**found, "mark": f"'{REAL} {next(self.numbers)}'"})

    def note(self, table: Table, number: int) -> None:
        """A row in the log of a table names one of its rows, without a key."""
        found = self._some(table, {"row_id": "id"}, number)
        if found and not self.schema.guest:
            self._insert(f"log{table.place}", {**found, "mark": f"'{REAL} {next(self.numbers)}'"})

    def equal(self, table: Table, codes: list[str]) -> int:
        """How many rows have one of the codes, as the server compares them."""
        return int(self.sql(f"SELECT COUNT(*) FROM {self.ddl.quoted(table.stored)} WHERE code IN ({', '.join(codes)})"))

    def edit(self, table: Table, number: int) -> None:
        """A seeded row is changed."""
        self._write(f"UPDATE {self.ddl.quoted(table.name)} SET code = 'edited {number}' WHERE number = {number}")

    def delete(self, table: Table, number: int) -> None:
        """A seeded row goes, if nothing keeps it."""
        self._write(f"DELETE FROM {self.ddl.quoted(table.name)} WHERE number = {number}")

    def _insert(self, name: str, columns: Mapping[str, str], *, is_by_counter: bool = True) -> None:
        names = ", ".join(map(self.ddl.quoted, columns))
        self._write(f"INSERT INTO {name} ({names}) VALUES ({', '.join(columns.values())})", is_by_counter=is_by_counter)

    def _write(self, statement: str, *, is_by_counter: bool = True) -> None:
        try:
            self.sql(statement)
        except REJECTED as error:  # a rule of the schema is against it
            words = str(error)
            if "uplicate" in words and any(one in words for one in KEYS) and is_by_counter:
                self.taken.append(f"{statement}: {words}")

    def _some(self, table: Table, columns: Mapping[str, str], number: int) -> dict[str, str]:
        """Column → the value that one of the table's rows has in the other; nothing if there is no row."""
        wanted = ", ".join(columns.values())
        found = self.sql(f"SELECT {wanted} FROM {self.ddl.quoted(table.name)} ORDER BY id").splitlines()
        values = found[number % len(found)].split("\t") if found else []
        return {name: "'" + one.replace("'", "''") + "'" for name, one in zip(columns, values, strict=False)}
