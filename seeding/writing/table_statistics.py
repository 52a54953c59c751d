"""The query planner's statistics: the database updates them only some seconds after rows are inserted.

Until then it assumes that the table is empty and reads all of it for every row that refers to it. On MySQL and PostgreSQL
derived columns then took ten times as long as everything else.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db import DatabaseError, connections

from seeding.db.features import features
from seeding.db.retries import Transience, transience
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
    try:
        with connection.cursor() as cursor:
            cursor.execute(f"{statement} {names}")
    except DatabaseError as error:
        if transience(error) is Transience.CONNECTION:
            connection.close()
        tell(Event(operation="analyze", message=f"The planner was not informed: {error}", level="debug", error=error))
