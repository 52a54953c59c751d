"""What the database's planner believes of the tables: it learns only some seconds later of rows that have just come.

Until then it takes a table for empty and reads all of it for every row that refers to it, which on MySQL and PostgreSQL made
derived columns take ten times as long as everything else.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db import DatabaseError, connections

from seeding.db.features import features
from seeding.db.retries import Transience, transience
from seeding.telemetry.events import Event, Sink

WORTH = 1_000
"""Rows that have come, from which on it is worth telling: fewer are read as fast as they are counted."""


def refresh(using: str, tables: Iterable[str], tell: Sink) -> None:
    """Have the database count its tables anew. It commits on MySQL and MariaDB, so no transaction may be open.

    An account that may not is told of at debug: the queries are right without, only slower.
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
