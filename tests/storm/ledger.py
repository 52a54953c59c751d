"""The ledger's tables in a new database: migrated once per server, and copied from there."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from django.core.management import call_command
from django.db import connections

from tests.release.make import dumping
from tests.servers import Server
from tests.support.databases import Database

_statements: dict[str, str] = {}
"""Server → what makes the tables."""


def add_ledger(database: Database, host: Server | None) -> None:
    """Make the tables."""
    name = str(connections[database.alias].settings_dict["NAME"])
    made = _statements.get(database.server)
    if made is None:
        call_command("migrate", "seeding", database=database.alias, verbosity=0)
        connections[database.alias].close()
        if host is not None:
            _statements[database.server] = host.run(dumping(host, name))
            return
        with closing(sqlite3.connect(name)) as connection:
            _statements[database.server] = "\n".join(connection.iterdump())
    elif host is not None:
        host.sql(made, name)
    else:
        with closing(sqlite3.connect(name)) as connection:
            connection.executescript(made)
