"""The query planner's statistics: the database updates them only some seconds after rows are inserted, or never.

Until then it assumes that the table is empty and reads all of it for every row that refers to it. On MySQL and PostgreSQL
derived columns then took ten times as long as everything else. They also hold samples of values, which stay when the values
are masked.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import partial

from django.db import DatabaseError, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from seeding.db.features import features
from seeding.db.redaction import redacted
from seeding.db.retries import Transience, transience
from seeding.db.sql import quoted_plainly
from seeding.telemetry.events import Event, Sink

WORTH = 1_000
"""Inserted rows from which on an ANALYZE pays off: fewer are read as fast as they are counted."""


def refresh(using: str, tables: Iterable[str], tell: Sink) -> None:
    """Have the database analyze its tables. It commits on MySQL and MariaDB, so no transaction may be open.

    Missing rights are reported at debug level: without it the queries are correct, only slower.
    """
    connection = connections[using]
    statement = features(connection).analyze
    names = ", ".join(map(connection.ops.quote_name, tables))
    if not statement or not names:
        return
    _analyze(connection, [f"{statement} {names}"], tell)


def renew(using: str, table: str, columns: Collection[str], tell: Sink) -> None:
    """Have the database sample the columns again, whose values have become masks: its statistics hold some of the former ones.

    PostgreSQL samples every column by itself, MySQL and MariaDB those that somebody had them sample. It commits on these two.
    """
    connection = connections[using]
    vendor = "mariadb" if getattr(connection, "mysql_is_mariadb", False) else connection.vendor
    if vendor not in SAMPLED:
        refresh(using, [table], tell)
        return
    sampled, again = SAMPLED[vendor]
    quote = partial(quoted_plainly, connection)
    try:
        with connection.cursor() as cursor:
            cursor.execute(sampled, [table])
            found = [(column, buckets) for column, buckets in cursor.fetchall() if column in columns]
    except DatabaseError as error:
        _complain(connection, error, tell)
        return
    _analyze(connection, [again.format(quote(table), quote(column), buckets) for column, buckets in found], tell)


SAMPLED = {
    "mysql": (
        """
        SELECT column_name, histogram->>'$."number-of-buckets-specified"' FROM information_schema.column_statistics
        WHERE schema_name = DATABASE() AND table_name = %s
        """,
        "ANALYZE NO_WRITE_TO_BINLOG TABLE {} UPDATE HISTOGRAM ON {} WITH {} BUCKETS",
    ),
    "mariadb": (
        "SELECT column_name, NULL FROM mysql.column_stats WHERE db_name = DATABASE() AND table_name = %s",
        "ANALYZE NO_WRITE_TO_BINLOG TABLE {} PERSISTENT FOR COLUMNS ({}) INDEXES ()",
    ),
}
"""Server → which columns of a table it has sampled, and the statement that samples one again."""


def _analyze(connection: BaseDatabaseWrapper, statements: Iterable[str], tell: Sink) -> None:
    try:
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
    except DatabaseError as error:
        _complain(connection, error, tell)


def _complain(connection: BaseDatabaseWrapper, error: DatabaseError, tell: Sink) -> None:
    if transience(error) is Transience.CONNECTION:
        connection.close()
    message = f"The planner was not informed: {redacted(error)}"  # an index over an expression may quote a row
    tell(Event(operation="analyze", message=message, level="debug", error=redacted(error)))
