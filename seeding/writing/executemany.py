"""The driver's `executemany`: for SQLite, which runs in this process and has no faster way to load."""

from __future__ import annotations

import polars as pl
from django.db import connections, models

from seeding.writing.encoding import pieces, target
from seeding.writing.orm import handed_over


class ExecutemanyWriter:
    """One prepared `INSERT`, run for every row."""

    name = "executemany"
    rows_per_batch = 10_000

    def write(self, using: str, model: type[models.Model], data: pl.DataFrame) -> None:
        """Insert the whole frame."""
        if handed_over(using, model, data):
            return
        connection = connections[using]
        places = ", ".join(["%s"] * data.width)
        table, columns = target(connection, model, data)
        statement = f"INSERT INTO {table} {columns} VALUES ({places})"  # noqa: S608 - the names are quoted
        with connection.cursor() as cursor:
            for rows in pieces(model, data, connection):
                cursor.executemany(statement, rows.with_columns(pl.col(pl.Decimal).cast(pl.String)).rows())
