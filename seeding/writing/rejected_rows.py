"""The writer protocol, and how one bad row does not cost its batch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import polars as pl
from django.db import DatabaseError, models, transaction

from seeding.db.retries import refuses_row


class Writer(Protocol):
    """Inserts every row of a frame, or raises and inserts none."""

    name: str
    rows_per_batch: int
    """A batch size that suits it."""

    def write(self, using: str, model: type[models.Model], data: pl.DataFrame) -> None:
        """Insert `data`: settled rows under the database's column names, keys included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A row that the database rejected."""

    row: int
    """Position in the frame."""
    error: DatabaseError


def insert(writer: Writer, using: str, model: type[models.Model], data: pl.DataFrame, start: int = 0) -> list[Refusal]:
    """Write `data`; if the database rejects it, halve until the rejected rows are isolated, and return those.

    Must run inside a transaction: every attempt is a savepoint.
    """
    if not data.height:
        return []
    try:
        with transaction.atomic(using=using):
            writer.write(using, model, data)
    except DatabaseError as error:
        if not refuses_row(error):
            raise
        if data.height == 1:
            return [Refusal(row=start, error=error)]
        half = data.height // 2
        return [
            *insert(writer, using, model, data[:half], start),
            *insert(writer, using, model, data[half:], start + half),
        ]
    return []
