"""`LOAD DATA LOCAL INFILE`, fed from a pipe: as fast as MySQL and MariaDB take rows, and no file on disk."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress

import polars as pl
from django.db import DataError, IntegrityError, connections, models

from seeding.db.interruption import undisturbed
from seeding.writing.encoding import csv, pieces, target

INTEGRITY_CODES = frozenset({1022, 1048, 1062, 1216, 1452, 1557, 1569, 1586, 3819, 4025})
"""Warnings that an INSERT would have raised as IntegrityError: null, duplicate key, missing parent, broken check."""

FORMAT = """
    CHARACTER SET utf8mb4 FIELDS TERMINATED BY ',' OPTIONALLY ENCLOSED BY '"' ESCAPED BY '' LINES TERMINATED BY '\n'
"""


PATIENCE = 0.01
"""Seconds between two looks at a feeder that is to end."""


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
        table, columns = target(connection, model, data)
        with connection.cursor() as cursor:
            with undisturbed(), _piped(csv(pieces(model, data, connection))) as path:
                file = path.replace("\\", r"\\").replace("'", "''")
                cursor.execute(f"LOAD DATA LOCAL INFILE '{file}' INTO TABLE {table} {FORMAT} {columns}")
            loaded = cursor.rowcount
            cursor.execute("SHOW COUNT(*) WARNINGS")  # not every driver counts them, and the server may keep none to be shown
            (warnings,) = cursor.fetchone()
            if loaded == data.height and not warnings:
                return
            cursor.execute("SHOW WARNINGS LIMIT 1")
            nameless = (
                "",
                0,
                f"{loaded} of {data.height} rows were loaded, with {warnings} warnings that the server does not show",
            )
            _, code, words = cursor.fetchone() or nameless
        raise (IntegrityError if code in INTEGRITY_CODES else DataError)(code, words)


@contextmanager
def _piped(texts: Iterable[bytes]) -> Iterator[str]:
    """A path under which the texts can be read once; a failure to make them is raised at the end.

    It is a named pipe: whoever opens it waits for the other side. An unnamed one, opened by /dev/fd/N, would wait for ever
    where the texts are so short that their writer has gone already.
    """
    with tempfile.TemporaryDirectory(prefix="seeding-") as folder, ThreadPoolExecutor(max_workers=1) as executor:
        path = f"{folder}/rows"
        os.mkfifo(path, mode=0o600)

        def feed() -> None:
            with open(path, "wb", buffering=0) as pipe:  # noqa: PTH123
                pipe.writelines(texts)

        feeding = executor.submit(feed)
        try:
            yield path
        except BaseException:
            _drain(path, feeding)
            raise
        feeding.result()


def _drain(path: str, feeding: Future[None]) -> None:
    """Let the feeder end, whose rows nobody wants any more: it may be waiting for a reader, or for room."""
    reading = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        while wait([feeding], timeout=PATIENCE).not_done:
            with suppress(BlockingIOError):
                while os.read(reading, 1 << 16):
                    pass
    finally:
        os.close(reading)
