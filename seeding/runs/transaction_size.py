"""How much a run writes in one transaction: replicas apply it at once, and clusters refuse one that is too large."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from django.db import OperationalError, connections

from seeding.db.features import features
from seeding.db.redaction import error_text
from seeding.db.retries import Transience, transience
from seeding.db.sql import quoted_plainly
from seeding.keys import KeySet
from seeding.runs.retrier import Retrier
from seeding.telemetry.events import Event, Sink

FEW = 5_000
"""Rows that are written at once unless the server refuses that: their width is not asked for."""
SAMPLE = 100
"""Rows whose width is asked for."""
IMAGES = 2
"""An update is replicated with the row of before and the row of after."""
MANY = 1_000_000
"""Rows of a transaction where their width is unknown."""
BY_ROWS = "max_ws_rows"
"""In the words of an error about the number of rows, whatever their width."""


class TransactionSize:
    """How large a run's transactions may be: `most` bytes, or less once the server has found one too large."""

    def __init__(self, most: float, tell: Sink) -> None:
        self.is_reduced = False
        """Whether the server has found one too large."""
        self._bytes = most
        self._rows = MANY
        self._tell = tell

    def rows(self, width: float) -> int:
        """How many rows that take `width` bytes each fit into one transaction, at least one; 0 means unknown."""
        return max(1, min(self._rows, round(self._bytes / width) if width else MANY))

    def reduces_for(self, error: BaseException, rows: int, width: float) -> bool:
        """Whether a transaction of so many rows failed for its size, and fewer may pass: then all later ones are smaller."""
        if transience(error) is not Transience.SIZE or rows < 2:
            return False
        self.is_reduced = True
        if width and BY_ROWS not in str(error):
            self._bytes = min(self._bytes, rows * width / 2)
        else:
            self._rows = min(self._rows, rows // 2)
        words = f"A transaction of {rows:,} rows is too large, trying {self.rows(width):,}: {error_text(error)}"
        self._tell(Event(operation="retry", message=words, level="warn"))
        return True


def in_portions(keys: KeySet, work: Callable[[KeySet], int], *, width: float, size: TransactionSize, retry: Retrier) -> int:
    """Do the work for all keys, ascending, in as many transactions as `size` needs; returns the sum of its results."""
    done = 0
    while keys:
        portion = keys.lowest(size.rows(width))
        try:
            done += retry(partial(work, portion), written=len(portion) * width)
        except OperationalError as error:
            if not size.reduces_for(error, len(portion), width):
                raise
        else:
            keys -= portion
    return done


def row_width(using: str, table: str, columns: Iterable[str], rows: int) -> float:
    """About how many bytes a row of the table takes; 0 if it does not matter, for few `rows` or on this server."""
    connection = connections[using]
    measure = features(connection).bytes_of
    if rows <= FEW or not measure:
        return 0
    total = " + ".join(measure.format(quoted_plainly(connection, name)) for name in columns)
    sample = f"SELECT {total} AS size FROM {quoted_plainly(connection, table)} LIMIT {SAMPLE}"  # noqa: S608 - names are quoted
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT AVG(size) FROM ({sample}) AS sample")  # noqa: S608
        (width,) = cursor.fetchone()
    return float(width or 0)
