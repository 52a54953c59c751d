"""A measured project on MariaDB, on a server of its own; the client's own dump says what the rows are."""

from __future__ import annotations

import os
import re

from tests.servers.mysql import MariaDB

NAME = "project"
COUNTER = re.compile(r" AUTO_INCREMENT=\d+")
"""Where a table's keys go on: the server never gives one twice."""
server = MariaDB()


def start() -> None:
    """Start the server, which the settings find in PROJECT_SOCKET."""
    server.start()
    server.create(NAME)
    os.environ["PROJECT_SOCKET"] = str(server.socket)


def _names() -> list[str]:
    tables = server.sql(f"SELECT table_name FROM information_schema.tables WHERE table_schema = '{NAME}'").split()  # noqa: S608
    return sorted(name for name in tables if not name.startswith("seeding_"))


def counts() -> dict[str, int]:
    """Table → rows, without the ledger."""
    found = {}
    for name in _names():
        found[name] = int(server.sql(f"SELECT COUNT(*) FROM `{name}`", NAME))  # noqa: S608 - a name of a table
    return found


def dump() -> list[str]:
    """Every row of every table but the ledger's, and every declaration."""
    return COUNTER.sub("", _dumped()).splitlines()


def _dumped() -> str:
    options = ["--skip-comments", "--skip-extended-insert", "--order-by-primary", "--hex-blob", "--no-tablespaces"]
    return server.run(["mariadb-dump", "--no-defaults", f"--socket={server.socket}", "--user=root", *options, NAME, *_names()])


class Copy:
    """The rows of the project as they are now."""

    def __init__(self, _: str) -> None:
        self._rows = _dumped()

    def restore(self) -> None:
        """Put them back, and forget the ledger's."""
        ledger = [name for name in server.sql("SHOW TABLES", NAME).split() if name.startswith("seeding_")]
        emptied = "".join(f"TRUNCATE `{one}`; " for one in ledger)
        server.sql(f"SET foreign_key_checks = 0; {self._rows}; {emptied}", NAME)
