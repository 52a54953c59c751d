"""`LOAD DATA LOCAL INFILE`, fed from a pipe: as fast as MySQL and MariaDB take rows, and no file on disk."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress

import polars as pl
from django.db import DataError, IntegrityError, connections, models

from seeding.writers.encoding import plain

INTEGRITY_CODES = frozenset({1022, 1048, 1062, 1216, 1452, 1557, 1569, 1586, 3819, 4025})
"""Warnings that an INSERT would have raised as IntegrityError: null, duplicate key, missing parent, broken check."""

FORMAT = """
    CHARACTER SET utf8mb4 FIELDS TERMINATED BY ',' OPTIONALLY ENCLOSED BY '"' ESCAPED BY '' LINES TERMINATED BY '\n'
"""


class LoadDataWriter:
    """One `LOAD DATA LOCAL INFILE` for the whole frame.

    The statement never fails for a bad row: like INSERT IGNORE it leaves out duplicates, cuts texts and turns junk into
    zeros, and says so in warnings alone. So the rows and the warnings are counted, and every difference is raised.
    """

    name = "load_data"
    rows_per_batch = 100_000

    def write(self, using: str, model: type[models.Model], data: pl.DataFrame) -> None:
        """Load every row, or raise IntegrityError or DataError with the server's first warning."""
        connection = connections[using]
        quote = connection.ops.quote_name
        rows = plain(model, data, connection)
        columns = ", ".join(map(quote, rows.columns))
        statement = f"LOAD DATA LOCAL INFILE '%s' INTO TABLE {quote(model._meta.db_table)} {FORMAT} ({columns})"
        with connection.cursor() as cursor:
            with _piped(rows) as path:
                cursor.execute(statement.replace("%s", path, 1))
            loaded, warnings = cursor.rowcount, cursor.warning_count
            if loaded == rows.height and not warnings:
                return
            cursor.execute("SHOW WARNINGS LIMIT 1")
            _, code, words = cursor.fetchone() or (
                "",
                0,
                f"{loaded} of {rows.height} rows were loaded, and no warning tells why",
            )
        raise (IntegrityError if code in INTEGRITY_CODES else DataError)(code, words)


@contextmanager
def _piped(rows: pl.DataFrame) -> Iterator[str]:
    """A path under which the rows can be read once, as CSV; a failure to write them is raised at the end."""
    reading, writing = os.pipe()

    def feed() -> None:
        with os.fdopen(writing, "wb") as pipe:
            rows.write_csv(pipe, include_header=False, null_value="NULL", quote_style="non_numeric")

    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="feed") as executor:
        feeding = executor.submit(feed)
        try:
            yield f"/dev/fd/{reading}"
        except BaseException:
            os.close(reading)  # the feeder would wait for ever for somebody to read
            with suppress(Exception):
                feeding.result()
            raise
        os.close(reading)
        feeding.result()
