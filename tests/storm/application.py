"""The application: it makes the tables and writes real rows, by the server's own client and as its owner."""

from __future__ import annotations

import itertools
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field

from django.db import connections

from tests.release.make import dumping
from tests.servers import Server
from tests.storm.ddl import GUEST, Ddl
from tests.storm.schemas import Schema, Table
from tests.support.databases import Database

REAL, SECRET = "real", "secret.person"
"""With what the mark of a real row begins, and its personal data."""
CODES = ("Café {}", "CAFE {}", "item {}", "Real {} ")
KEYS = ("for key 'PRIMARY'", ".PRIMARY'", "_pkey", ".id")
"""How a server names the key that it gave to a new row and that was taken."""
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
        """The rows, tab-separated; raises RuntimeError or sqlite3.Error."""
        if self.host is not None:
            return self.host.sql(";\n".join(statements) + ";", self.name)
        with closing(sqlite3.connect(self.name)) as connection, connection:
            connection.execute("PRAGMA foreign_keys = ON")
            rows = [row for one in statements for row in connection.execute(one).fetchall()]
        return "\n".join("\t".join(map(str, row)) for row in rows)

    def begin(self) -> None:
        """Everything is made, with the first real rows; what tables are besides, they become last."""
        self.sql(*self.ddl.before())
        for table in self.schema.tables:
            self.sql(*self.ddl.table(table), *self.ddl.followers(table))
            for _ in range(table.real):
                self.insert(table)
        for table in self.schema.tables:
            self.sql(*self.ddl.trait(table))
        if any("hidden" in (table.trait, *table.followers) for table in self.schema.tables):
            self.sql(f"DROP OWNED BY {GUEST}", *self.ddl.granted())
            connections[self.database.alias].close()
            connections[self.database.alias].settings_dict["USER"] = GUEST

    def end(self) -> None:
        """What was made besides the first database goes."""
        connections[self.database.alias].close()
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
        connections[self.database.alias].close()
        name = f"{self.name}_restored"
        if self.host is None:
            shutil.copyfile(self.name, name)
        else:
            self.host.create(name)
            self.host.sql(self.host.run(dumping(self.host, self.name)), name)
        self.moved = True
        connections[self.database.alias].settings_dict["NAME"] = name

    def _is_bound(self, table: Table) -> bool:
        """Whether a dump by MariaDB's tool names the database of a sequence, or MySQL does not take it back."""
        return table.key == "sequence" or (self.schema.server == "mysql" and "generated" in table.extras)

    def shown(self, table: Table) -> str:
        """What else shows rows of the table than the tables of a dump."""
        match table.trait:
            case "materialised":
                return self.sql(f"SELECT * FROM shown{table.place}")
            case "versioned":
                return self.sql(f"SELECT email FROM {self.ddl.quoted(table.name)} FOR SYSTEM_TIME ALL")
        return ""

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
        for place, one in enumerate(table.references):
            if number % 3:
                target = self.schema.tables[one.target]
                columns[f"ref{place}"] = self._some(target, "id" if target.is_parted else one.by, number)
        self._insert(self.ddl.quoted(table.name), columns)

    def refer(self, table: Table, place: int, number: int) -> None:
        """A row of a table that follows this one names one of its rows."""
        kind = table.followers[place]
        columns = {
            self.ddl.follower_column(kind): self._some(table, "id", number),
            "other": self._some(table, "number", number) if kind == "pair" else "1",
            "mark": f"'{REAL} {next(self.numbers)}'",
        }
        self._insert(self.ddl.follower(table, place), columns)

    def edit(self, table: Table, number: int) -> None:
        """A seeded row is changed."""
        self._write(f"UPDATE {self.ddl.quoted(table.name)} SET code = 'edited {number}' WHERE number = {number}")

    def delete(self, table: Table, number: int) -> None:
        """A seeded row goes, if nothing keeps it."""
        self._write(f"DELETE FROM {self.ddl.quoted(table.name)} WHERE number = {number}")

    def _insert(self, name: str, columns: dict[str, str]) -> None:
        names = ", ".join(map(self.ddl.quoted, columns))
        self._write(f"INSERT INTO {name} ({names}) VALUES ({', '.join(columns.values())})")

    def _write(self, statement: str) -> None:
        try:
            self.sql(statement)
        except (RuntimeError, sqlite3.Error) as error:  # a rule of the schema is against it
            words = str(error)
            if "uplicate" in words and any(one in words for one in KEYS):
                self.taken.append(f"{statement}: {words}")

    def _some(self, table: Table, column: str, number: int) -> str:
        found = self.sql(f"SELECT {column} FROM {self.ddl.quoted(table.name)} ORDER BY id").split()
        return found[number % len(found)] if found else "NULL"
