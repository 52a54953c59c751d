"""The rows of a database, as the server's own program writes them; nothing here knows of seeding."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing

from tests.servers import Server
from tests.servers.postgresql import binaries
from tests.support.databases import Database

INSERTED = re.compile(r'^INSERT INTO (?:public\.)?[`"]?(?P<table>\w+)[`"]?')
OURS = ("seeding_", "django_", "sqlite_")


def dumped_rows(database: Database, host: Server | None) -> list[str]:
    """A statement for each row of every table but the ledger's, in the order of their texts."""
    if host is None:
        with closing(sqlite3.connect(database.url.removeprefix("sqlite:///"))) as connection:
            lines = list(connection.iterdump())
    elif database.server == "postgresql":
        program = [str(binaries() / "pg_dump"), f"--host={host.folder}", "--username=postgres", "--data-only", "--inserts"]
        lines = host.run([*program, database.alias]).splitlines()
    else:
        program = ["mariadb-dump", "--no-defaults", f"--socket={host.socket}", "--user=root", "--no-tablespaces", "--compact",
                   "--no-create-info", "--skip-extended-insert", "--skip-triggers", "--hex-blob"]  # fmt: skip
        lines = host.run([*program, database.alias]).splitlines()
    named = ((INSERTED.match(line), line) for line in lines)
    return sorted(line for found, line in named if found and not found["table"].startswith(OURS))
