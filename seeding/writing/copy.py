"""`COPY FROM STDIN`: the fastest way to load rows into PostgreSQL."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import polars as pl
from django.db import connections, models
from django.db.backends.base.base import BaseDatabaseWrapper

from seeding.db.interruption import undisturbed
from seeding.writing.encoding import ahead, csv, pieces, target
from seeding.writing.orm import handed_over

BYTES_PER_READ = 1 << 20
FORMAT = "(FORMAT csv, NULL 'NULL')"


class CopyWriter:
    """One `COPY` for the whole frame; a row that the server rejects fails all of it with the row's exception."""

    name = "copy"
    rows_per_batch = 100_000

    @staticmethod
    def possible(connection: BaseDatabaseWrapper) -> bool:
        """Whether the connection's driver can COPY: psycopg and psycopg2 can."""
        with connection.cursor() as cursor:
            return hasattr(cursor, "copy") or hasattr(cursor, "copy_expert")

    def write(self, using: str, model: type[models.Model], data: pl.DataFrame) -> None:
        """Copy every row."""
        if handed_over(using, model, data):
            return
        connection = connections[using]
        table, columns = target(connection, model, data)
        statement = f"COPY {table} {columns} FROM STDIN WITH {FORMAT}"
        texts = ahead(csv(pieces(model, data, connection), hexadecimal="\\x"))
        with connection.wrap_database_errors, connection.cursor() as cursor:
            if not hasattr(cursor, "copy"):
                _copy(cursor, statement, _Stream(texts))
                return
            with cursor.copy(statement) as copy:
                for text in texts:
                    copy.write(text)


def _copy(cursor: Any, statement: str, stream: _Stream) -> None:
    try:
        with undisturbed():
            cursor.copy_expert(statement, stream, BYTES_PER_READ)
    except Exception:
        if stream.error is not None:
            raise stream.error from None
        raise


class _Stream(io.RawIOBase):
    """The texts as one file, which psycopg2 reads."""

    def __init__(self, texts: Iterator[bytes]) -> None:
        self._texts = texts
        self._rest = memoryview(b"")
        self.error: Exception | None = None
        """The error that interrupted the texts: psycopg2 would send its message to the server and hide its class."""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._rest:
            try:
                text = next(self._texts, None)
            except Exception as error:  # noqa: BLE001 - it is raised by whom psycopg2 returns to
                self.error = error
                raise OSError("the rows cannot be made") from None
            if text is None:
                return 0
            self._rest = memoryview(text)
        room = memoryview(buffer)
        size = min(len(room), len(self._rest))
        room[:size], self._rest = self._rest[:size], self._rest[size:]
        return size
