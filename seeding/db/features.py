"""What each kind of server can do and needs, beyond Django's `connection.features`."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.backends.base.base import BaseDatabaseWrapper


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerFeatures:
    """One kind of server. The defaults are those of a database that is a file, or of an unknown server."""

    is_concurrent: bool = False
    """Whether a reader on a second connection holds up no writer."""
    keeps_time_zone: bool = False
    """Whether Django leaves the session's time zone as the server has it."""
    has_zero_dates: bool = False
    """Whether a date column may hold 0000-00-00, which no driver can read."""
    suspends_foreign_keys: bool = False
    """Whether a session can switch its foreign keys off, and with them every cascade."""
    truncates: bool = False
    """Whether TRUNCATE is faster than DELETE and stays outside of transactions."""
    renders_values: bool = False
    """Whether values are compared as texts that the server makes."""
    shared_lock: str = ""
    """What makes a SELECT see the latest commit whatever the isolation level; elsewhere the locked parent rows suffice."""
    locking_count: str = "SELECT COUNT(*) {}"
    """How rows are counted and locked at once."""
    analyze: str = ""
    """What has the query planner count tables anew."""


MYSQL = ServerFeatures(
    is_concurrent=True,
    keeps_time_zone=True,
    has_zero_dates=True,
    suspends_foreign_keys=True,
    truncates=True,
    renders_values=True,
    shared_lock=" LOCK IN SHARE MODE",
    analyze="ANALYZE NO_WRITE_TO_BINLOG TABLE",
)
POSTGRESQL = ServerFeatures(
    is_concurrent=True,
    locking_count="SELECT COUNT(*) FROM (SELECT 1 {}) AS locked",  # it locks no row that it aggregates
    analyze="ANALYZE",
)
KINDS = {"mysql": MYSQL, "postgresql": POSTGRESQL}
"""ANALYZE would add tables of SQLite's own, and it needs none."""


def features(connection: BaseDatabaseWrapper) -> ServerFeatures:
    """Those of the connection's kind of server; the server itself is not asked."""
    return KINDS.get(connection.vendor, ServerFeatures())


def assigns_from_left_to_right(connection: BaseDatabaseWrapper) -> bool:
    """Whether an UPDATE's expressions see what those before them have assigned; MariaDB has a mode in which they do not."""
    return connection.vendor == "mysql" and "SIMULTANEOUS_ASSIGNMENT" not in getattr(connection, "sql_mode", ())
