"""`COPY FROM STDIN`: as fast as PostgreSQL takes rows."""

from __future__ import annotations

import polars as pl
from django.db import connections, models

from seeding.writers.encoding import ahead, csv, pieces, target

FORMAT = "(FORMAT csv, NULL 'NULL')"


class CopyWriter:
    """One `COPY` for the whole frame; a row that the server refuses fails it with an exception of its own."""

    name = "copy"
    rows_per_batch = 100_000

    def write(self, using: str, model: type[models.Model], data: pl.DataFrame) -> None:
        """Copy every row."""
        connection = connections[using]
        table, columns = target(connection, model, data)
        statement = f"COPY {table} {columns} FROM STDIN WITH {FORMAT}"
        with connection.wrap_database_errors, connection.cursor() as cursor, cursor.copy(statement) as copy:
            for text in ahead(csv(pieces(model, data, connection))):
                copy.write(text)
