"""The driver's `executemany`: for SQLite, which lives in this process and has no faster way in."""

from __future__ import annotations

import polars as pl
from django.db import connections, models

from seeding.writers.encoding import plain


class ExecutemanyWriter:
    """One prepared `INSERT`, run for every row."""

    name = "executemany"
    rows_per_batch = 10_000

    def write(self, using: str, model: type[models.Model], data: pl.DataFrame) -> None:
        """Insert the whole frame."""
        connection = connections[using]
        quote = connection.ops.quote_name
        rows = plain(model, data, connection).with_columns(pl.col(pl.Decimal).cast(pl.String))
        columns = ", ".join(map(quote, rows.columns))
        places = ", ".join(["%s"] * rows.width)
        with connection.cursor() as cursor:
            cursor.executemany(
                f"INSERT INTO {quote(model._meta.db_table)} ({columns}) VALUES ({places})",  # noqa: S608 - the names are quoted
                rows.rows(),
            )
