"""`INSERT` with many rows per statement, literals built a whole column at a time: for servers that refuse LOAD DATA LOCAL."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl
from django.db import DataError, connections, models

from seeding.writing.encoding import ahead, backslash_escapes, literals, pieces, target
from seeding.writing.orm import handed_over

BYTES_PER_STATEMENT = 200_000
"""Of values; the server processes longer statements more slowly."""


class MultiInsertWriter:
    """`INSERT … VALUES (…), (…), …` on MySQL and MariaDB, every statement within `max_packet` bytes (max_allowed_packet)."""

    name = "multi_insert"
    rows_per_batch = 100_000

    def __init__(self, max_packet: int) -> None:
        self._max_packet = max_packet

    def write(self, using: str, model: type[models.Model], data: pl.DataFrame) -> None:
        """Insert the whole frame; raises DataError for a row too large for any statement."""
        if handed_over(using, model, data):
            return
        connection = connections[using]
        table, columns = target(connection, model, data)
        head = f"INSERT INTO {table} {columns} VALUES "  # noqa: S608 - the names are quoted
        room = self._max_packet - len(head.encode())
        escapes = backslash_escapes(connection)  # first: rows are built in a thread that must not use the connection
        rows = (_in_brackets(piece, escapes=escapes) for piece in pieces(model, data, connection))
        with connection.cursor() as cursor:
            for values in ahead(part for texts in rows for part in self._statements(texts, room)):
                cursor.execute(head + values)

    def _statements(self, texts: pl.Series, room: int) -> Iterator[str]:
        lengths = texts.str.len_bytes().to_numpy().astype(np.int64) + 1  # for the comma
        if lengths.max() > room:
            raise DataError(f"A row of {lengths.max():,} bytes is more than max_allowed_packet ({self._max_packet:,}) allows.")
        ends = np.cumsum(lengths)
        start, limit = 0, min(room, BYTES_PER_STATEMENT)
        while start < len(ends):
            before = int(ends[start - 1]) if start else 0
            stop = max(start + 1, int(np.searchsorted(ends, before + limit, side="right")))
            yield texts[start:stop].str.join(",").item()
            start = stop


def _in_brackets(rows: pl.DataFrame, *, escapes: bool) -> pl.Series:
    """`(1,'text',NULL)` for every plain row."""
    row = pl.concat_str(literals(rows, escapes=escapes), separator=",")
    return rows.select(pl.concat_str(pl.lit("("), row, pl.lit(")"))).to_series()
