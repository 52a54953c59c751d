"""The limits: each server, as durable as it comes out of the box, and how it writes and loads files by itself."""

from __future__ import annotations

from dataclasses import dataclass

from tests.servers import MariaDB, PostgreSQL


class DurableMariaDB(MariaDB):
    """With memory and log as anybody has it who loads millions of rows."""

    in_memory = False
    settings = ("--skip-networking", "--innodb-buffer-pool-size=1G", "--innodb-log-file-size=512M")


class DurablePostgreSQL(PostgreSQL):
    """The same."""

    in_memory = False
    SETTINGS = ("fsync=on", "full_page_writes=on", "shared_buffers=1GB", "max_wal_size=4GB")

    def __init__(self) -> None:
        super().__init__(*(part for setting in self.SETTINGS for part in ("-c", setting)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """The statements by which a server loads rows faster than by any other. `{file}` and `{table}` are put in."""

    name: str
    """What the server calls it."""
    empty: str
    """Makes `{database}` anew."""
    foreign_keys: str
    """Each as child and parent."""
    dump: str
    load: str
    session: str
    """Of our own connections (settings/databases.py), and so of the limit's."""
    after: str = ""
    """What tells how many rows were not loaded as they were."""


_FORMAT = "CHARACTER SET utf8mb4 FIELDS TERMINATED BY ',' OPTIONALLY ENCLOSED BY '\"'"
LOAD_DATA = Limit(
    name="LOAD DATA",
    empty="DROP DATABASE IF EXISTS {database}; CREATE DATABASE {database} CHARACTER SET utf8mb4",
    foreign_keys="""
        SELECT table_name, referenced_table_name FROM information_schema.key_column_usage
        WHERE table_schema = DATABASE() AND referenced_table_name IS NOT NULL
    """,
    dump=f"SELECT * INTO OUTFILE '{{file}}' {_FORMAT} FROM `{{table}}`",  # noqa: S608 - a table of the benchmark's own
    load=f"LOAD DATA LOCAL INFILE '{{file}}' INTO TABLE `{{table}}` {_FORMAT}",
    session="SET time_zone = '+00:00', sql_mode = 'TRADITIONAL'",
    after="SHOW COUNT(*) WARNINGS",
)
COPY = Limit(
    name="COPY",
    empty="DROP DATABASE IF EXISTS {database}; CREATE DATABASE {database}",
    foreign_keys="SELECT conrelid::regclass, confrelid::regclass FROM pg_constraint WHERE contype = 'f'",
    dump="""COPY "{table}" TO '{file}'""",
    load="""COPY "{table}" FROM '{file}'""",
    session="SET time zone 'UTC'",
)
