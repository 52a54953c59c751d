"""What each kind of server can do and needs, beyond Django's `connection.features`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from django.db import Error
from django.db.backends.base.base import BaseDatabaseWrapper


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerFeatures:
    """One kind of server. The defaults describe a database file, or an unknown server."""

    is_concurrent: bool = False
    """Whether a reader on a second connection does not block writers."""
    keeps_time_zone: bool = False
    """Whether Django leaves the session's time zone as the server sets it."""
    has_zero_dates: bool = False
    """Whether a date column can hold 0000-00-00, which drivers read as null."""
    unreadable_date: str = ""
    """Condition of a date column, `{0}`, that is true for dates that no driver can read; empty if there are none."""
    unreadable_dates: str = ""
    """What these dates are called."""
    as_text: str = "CAST({0} AS TEXT)"
    """A column, `{0}`, as the server writes its values."""
    bytes_of: str = ""
    """How many bytes a column, `{0}`, takes in a row; empty where transactions go nowhere and may have any size."""
    suspends_foreign_keys: bool = False
    """Whether a session can disable foreign keys, and with them every cascade."""
    truncates: bool = False
    """Whether TRUNCATE is faster than DELETE and not transactional."""
    has_policies: bool = False
    """Whether row-level security may hide rows of a table from an account."""
    defers_triggers: bool = False
    """Whether a trigger can wait for the commit; `check_constraints` of the connection makes it run."""
    unusual_collation: str = ""
    """Statement that finds a collation under which letters or signs of ASCII may be equal or differ otherwise than by case."""
    renders_values: bool = False
    """Whether values are compared as text rendered by the server."""
    casts_to_text: bool = False
    """Whether every type casts from a text and to one, in a form that equal values share."""
    trims_fixed_texts: bool = False
    """Whether a text of a fixed length has no trailing blanks when it is compared."""
    expands_row_comparisons: bool = False
    """Whether (a, b) > (x, y) uses an index only when it is written as a > x OR (a = x AND b > y)."""
    shared_lock: str = ""
    """Clause that makes a SELECT see the latest commit at any isolation level; elsewhere the locked parent rows suffice."""
    locking_count: str = "SELECT COUNT(*) {}"
    """Statement that counts and locks rows at once."""
    given_keys: str = ""
    """Clause of an INSERT that keeps the keys given to a column that the server always fills in; legal for every table."""
    analyze: str = ""
    """Statement that refreshes the query planner's statistics of tables."""


MYSQL = ServerFeatures(
    is_concurrent=True,
    keeps_time_zone=True,
    has_zero_dates=True,
    as_text="CAST({0} AS CHAR)",
    bytes_of="COALESCE(LENGTH({0}), 0)",
    unreadable_date="DAYOFMONTH({0}) = 0 OR MONTH({0}) = 0 OR YEAR({0}) = 0",
    unreadable_dates="zero dates (such as 0000-00-00)",
    suspends_foreign_keys=True,
    truncates=True,
    unusual_collation="SELECT 1 FROM information_schema.columns WHERE table_schema = DATABASE() "
    "AND collation_name REGEXP 'turkish|_tr_' LIMIT 1",
    renders_values=True,
    trims_fixed_texts=True,
    expands_row_comparisons=True,
    shared_lock=" LOCK IN SHARE MODE",
    analyze="ANALYZE NO_WRITE_TO_BINLOG TABLE",
)
POSTGRESQL = ServerFeatures(
    has_policies=True,
    is_concurrent=True,
    unusual_collation="SELECT 1 FROM pg_collation WHERE NOT collisdeterministic LIMIT 1",
    defers_triggers=True,
    casts_to_text=True,
    trims_fixed_texts=True,
    bytes_of="COALESCE(pg_column_size({0}), 0)",
    unreadable_date="NOT isfinite({0}) OR {0} NOT BETWEEN '0001-01-01' AND '9999-12-31'",
    unreadable_dates="dates that are infinite, before the year 1 or after the year 9999",
    locking_count="SELECT COUNT(*) FROM (SELECT 1 {}) AS locked",  # PostgreSQL does not lock aggregated rows
    given_keys="OVERRIDING SYSTEM VALUE",
    analyze="ANALYZE",
)
SQLITE = ServerFeatures(
    as_text="CASE typeof({0}) WHEN 'blob' THEN NULL ELSE CAST({0} AS TEXT) END",
    unreadable_date="{0} IS NOT NULL AND date({0}) IS NOT {0}",
    unreadable_dates="dates that are not written like 2026-01-31",
    unusual_collation="SELECT 1 FROM pragma_collation_list WHERE name NOT IN ('BINARY', 'NOCASE', 'RTRIM', 'decimal', 'uint')",
)
"""Without ANALYZE, which would add tables of its own."""
KINDS = {"mysql": MYSQL, "postgresql": POSTGRESQL, "sqlite": SQLITE}


def features(connection: BaseDatabaseWrapper) -> ServerFeatures:
    """The features of the connection's kind of server; the server itself is not queried."""
    return KINDS.get(connection.vendor, ServerFeatures())


def assigns_from_left_to_right(connection: BaseDatabaseWrapper) -> bool:
    """Whether an UPDATE's expressions see earlier assignments of the same UPDATE; MariaDB has a mode in which they do not."""
    return connection.vendor == "mysql" and "SIMULTANEOUS_ASSIGNMENT" not in getattr(connection, "sql_mode", ())


def keeps_json_text(connection: BaseDatabaseWrapper) -> bool:
    """Whether a column of JSON holds the very text that was written: MariaDB has no type of its own for it."""
    return bool(getattr(connection, "mysql_is_mariadb", False))


def with_long_groups(connection: BaseDatabaseWrapper, selected: str, length: int) -> str:
    """A query of MySQL or MariaDB, given without its SELECT, whose GROUP_CONCAT may be so many bytes long."""
    if getattr(connection, "mysql_is_mariadb", False):
        return f"SET STATEMENT group_concat_max_len = {length} FOR SELECT {selected}"
    return f"SELECT /*+ SET_VAR(group_concat_max_len = {length}) */ {selected}"


def run_deferred_triggers(connection: BaseDatabaseWrapper) -> None:
    """Let triggers that wait for the commit run now, so that what they store can be compared."""
    if features(connection).defers_triggers:
        connection.check_constraints()


@contextmanager
def without_foreign_keys(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """Disable foreign-key cascades and checks within a block, if the server supports it per session."""
    if not features(connection).suspends_foreign_keys:
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SET SESSION foreign_key_checks = 0")
    try:
        yield
    finally:
        with suppress(Error), connection.cursor() as cursor:  # a lost connection has no session to restore
            cursor.execute("SET SESSION foreign_key_checks = 1")
