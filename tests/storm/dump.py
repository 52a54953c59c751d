"""Every row of a database as the server's own dump tool gives it; nothing here knows of seeding."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from itertools import chain

from tests.release.make import dumping
from tests.storm.application import REAL, Application

STATEMENT = re.compile(r"^INSERT INTO (?P<table>.+?) \((?P<columns>.*?)\) (OVERRIDING \w+ VALUE )?VALUES \((?P<values>.*)\);$")
LITERAL = re.compile(r"\s*((?:'(?:[^'\\]|''|\\.)*')|[^,]+)(?:,|$)")
OPTIONS = {
    "mysql": ("--no-create-info", "--skip-extended-insert", "--complete-insert", "--skip-triggers", "--compact"),
    "postgresql": ("--data-only", "--column-inserts", "--load-via-partition-root"),
}
OURS = ("seeding_", "django_", "sqlite_")

Row = Mapping[str, str]
"""Column → literal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dump:
    """The rows of every table, by its name."""

    tables: Mapping[str, tuple[Row, ...]]
    ledger: tuple[Row, ...] = field(default=(), compare=False)
    """Those of the tables that the commands keep for themselves."""

    def real(self) -> dict[tuple[str, str], Row]:
        """Those of the application, by table and mark."""
        return {(table, row["mark"]): row for table, rows in self.tables.items() for row in rows if is_real(row)}

    def rows(self, table: str) -> tuple[Row, ...]:
        """Of a table, in the order of the dump."""
        return self.tables.get(table, ())

    def seeded(self, table: str) -> list[Row]:
        """The others of a table."""
        return [row for row in self.rows(table) if not is_real(row)]

    def cells(self, text: str) -> str:
        """All cells that hold it, of the ledger too."""
        rows = chain(self.ledger, *self.tables.values())
        return "\n".join(value for row in rows for value in row.values() if text in value)


def is_real(row: Row) -> bool:
    """Whether the application wrote it."""
    return row.get("mark", "").strip("'").startswith(REAL)


def dumped(application: Application) -> Dump:
    """What is there now."""
    tables: dict[str, list[Row]] = {}
    for name, row in _rows(application):
        tables.setdefault(OURS[0] if name.startswith(OURS) else name, []).append(row)
    ledger = tuple(tables.pop(OURS[0], ()))
    return Dump(tables={name: tuple(rows) for name, rows in tables.items()}, ledger=ledger)


def _rows(application: Application) -> Iterator[tuple[str, Row]]:
    host, server = application.host, application.schema.server
    if host is None:
        yield from _rows_of_sqlite(application.name)
        return
    options = OPTIONS["postgresql" if server == "postgresql" else "mysql"]
    databases = [application.name]
    if server != "postgresql" and any("elsewhere" in table.followers for table in application.schema.tables):
        databases.append(application.ddl.elsewhere)
    for database in databases:
        *program, _ = dumping(host, database)
        for line in host.run([*program, *options, database]).splitlines():
            if found := STATEMENT.match(line):
                name = _plain(found["table"].removeprefix("public."))
                columns = [_plain(one) for one in found["columns"].split(", ")]
                yield (
                    name if database == application.name else f"{database}.{name}",
                    dict(zip(columns, LITERAL.findall(found["values"]), strict=True)),
                )


def _rows_of_sqlite(file: str) -> Iterator[tuple[str, Row]]:
    with closing(sqlite3.connect(file)) as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        for name in names:
            quoted = '"' + name.replace('"', '""') + '"'
            cursor = connection.execute(f"SELECT * FROM {quoted}")
            columns = [column for column, *_ in cursor.description]
            for row in cursor:
                yield name, dict(zip(columns, map(repr, row), strict=True))


def _plain(name: str) -> str:
    return name.strip('`"')
