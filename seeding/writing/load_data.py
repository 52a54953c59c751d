"""`LOAD DATA LOCAL INFILE`, fed from a pipe: the fastest way to load rows into MySQL and MariaDB, without a file on disk."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Collection, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress

import polars as pl
from django.db import DataError, IntegrityError, connections, models
from django.db.backends.base.base import BaseDatabaseWrapper

from seeding.db.interruption import undisturbed
from seeding.writing.encoding import binary_columns, csv, pieces, target
from seeding.writing.orm import handed_over

INTEGRITY_CODES = frozenset({1022, 1048, 1062, 1216, 1452, 1557, 1569, 1586, 3819, 4025})
"""Warnings that an INSERT would raise as IntegrityError: null, duplicate key, missing parent, violated check."""

REMARKS = range(4035, 4041)
"""MariaDB's codes for what a function such as json_valid() says of a text that is not JSON. Whether the row is valid is
another question, which the CHECK answers."""

FORMAT = """
    CHARACTER SET utf8mb4 FIELDS TERMINATED BY ',' OPTIONALLY ENCLOSED BY '"' ESCAPED BY '' LINES TERMINATED BY '\n'
"""


PATIENCE = 0.01
"""Seconds between two checks whether the feeder has ended."""


class LoadDataWriter:
    """One `LOAD DATA LOCAL INFILE` for the whole frame.

    The statement never fails for a bad row: like INSERT IGNORE it skips duplicates, truncates texts and turns invalid values
    into zeros, and reports this only as warnings. So rows and warnings are counted, and any difference raises.
    """

    name = "load_data"
    rows_per_batch = 100_000

    def write(self, using: str, model: type[models.Model], data: pl.DataFrame) -> None:
        """Load every row, or raise IntegrityError or DataError with the server's first warning."""
        if handed_over(using, model, data):
            return
        connection = connections[using]
        table, _ = target(connection, model, data)
        columns = _columns(connection, data.columns, binary_columns(model, data, connection))
        with connection.cursor() as cursor:
            with undisturbed(), _piped(csv(pieces(model, data, connection))) as path:
                file = path.replace("\\", r"\\").replace("'", "''")
                cursor.execute(f"LOAD DATA LOCAL INFILE '{file}' INTO TABLE {table} {FORMAT} {columns}")
            loaded = cursor.rowcount
            cursor.execute("SHOW COUNT(*) WARNINGS")  # not every driver counts them, and the server may not keep any to show
            (warnings,) = cursor.fetchone()
            if loaded == data.height and not warnings:
                return
            cursor.execute("SHOW WARNINGS")
            shown = cursor.fetchall()
            found = [one for one in shown if not (one[1] in REMARKS and " to function '" in one[2])]
            if loaded == data.height and not found and len(shown) == warnings:
                return
            nameless = (
                "",
                0,
                f"{loaded} of {data.height} rows were loaded, with {warnings} warnings that the server does not show",
            )
            _, code, words = next(iter(found or shown), nameless)
        raise (IntegrityError if code in INTEGRITY_CODES else DataError)(code, words)


def _columns(connection: BaseDatabaseWrapper, names: Sequence[str], binary: Collection[str]) -> str:
    """Which column each field of a line goes to; those of bytes from hexadecimal digits."""
    quote = connection.ops.quote_name
    variables = {name: f"@seeding_{place}" for place, name in enumerate(names) if name in binary}
    listed = ", ".join(variables.get(name) or quote(name) for name in names)
    converted = ", ".join(f"{quote(name)} = UNHEX({variable})" for name, variable in variables.items())
    return f"({listed}) SET {converted}" if converted else f"({listed})"


@contextmanager
def _piped(texts: Iterable[bytes]) -> Iterator[str]:
    """A path from which the texts can be read once; an error while generating them is raised at the end.

    It is a named pipe: each side waits for the other to open it. An unnamed one, opened as /dev/fd/N, would block forever if
    the texts are so short that their writer has already closed it.
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
    """Let the feeder end, whose rows are no longer needed: it may be waiting for a reader, or for room in the pipe."""
    reading = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        while wait([feeding], timeout=PATIENCE).not_done:
            with suppress(BlockingIOError):
                while os.read(reading, 1 << 16):
                    pass
    finally:
        os.close(reading)
