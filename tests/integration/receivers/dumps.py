"""Every row of the application as the server's own dump tool gives it; nothing here knows of seeding."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing

from django.db import connections

from tests.release.make import dumping
from tests.servers import Server
from tests.storm.dump import OPTIONS
from tests.support.databases import Database

OF_APP = re.compile(r"INSERT INTO [\"`]?(?:public\.)?(?P<table>received_\w+|loose)")


def dumped(database: Database, host: Server | None) -> dict[str, set[str]]:
    """Table → its rows, as statements."""
    if host is None:
        with closing(sqlite3.connect(connections[database.alias].settings_dict["NAME"])) as file:
            lines = list(file.iterdump())
    else:
        *program, name = dumping(host, connections[database.alias].settings_dict["NAME"])
        options = OPTIONS["postgresql" if database.server == "postgresql" else "mysql"]
        lines = host.run([*program, *options, name]).splitlines()
    found: dict[str, set[str]] = {}
    for line in lines:
        if named := OF_APP.match(line):
            found.setdefault(named["table"], set()).add(line)
    return found


def added(before: dict[str, set[str]], after: dict[str, set[str]]) -> dict[str, int]:
    """Table → how many rows it has that it had not; no row may be gone."""
    assert all(rows <= after.get(table, set()) for table, rows in before.items())
    return {table: len(rows - before.get(table, set())) for table, rows in after.items() if rows - before.get(table, set())}
