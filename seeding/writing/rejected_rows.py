"""The writer protocol, and how one bad row does not cost its batch."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Protocol

import polars as pl
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connections, models, transaction

from seeding.db.retries import refuses_row
from seeding.db.sql import quoted_plainly

WAITING = """
    SELECT n.nspname, c.conname FROM pg_constraint c JOIN pg_namespace n ON n.oid = c.connamespace
    WHERE c.conrelid = %s::regclass AND c.condeferrable AND c.confrelid <> c.conrelid
"""
"""The constraints of a table that may wait, without its references to itself."""


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


class UnwritableError(Exception):
    """A value that its field does not convert for the database: `row` is its position in the frame."""

    def __init__(self, row: int, column: str, error: Exception) -> None:
        super().__init__(row, column)
        self.row = row
        self.column = column
        self.error = error


class RowsRefusedError(Exception):
    """The database rejected a row; whoever opened the transaction or savepoint undoes it."""

    def __init__(self, error: DatabaseError) -> None:
        super().__init__(str(error))
        self.error = error


def insert_whole(
    writer: Writer,
    using: str,
    model: type[models.Model],
    data: pl.DataFrame,
    start: int = 0,
    *,
    whole: bool = True,
    defers: bool = True,
) -> None:
    """Write `data` inside a transaction; raises RowsRefusedError if the database rejects any of it.

    Constraints that wait for the commit are checked here too; `defers` is False if there are none. `whole` says that `data` is
    the whole batch, `start` where it begins otherwise. Raises UnwritableError for a value that keeps the writer from sending
    the rows.
    """
    try:
        writer.write(using, model, data)
        if defers:
            settle(using, model, whole=whole)
    except DatabaseError as error:
        if not refuses_row(error):
            raise
        raise RowsRefusedError(error) from error
    except (ArithmeticError, AttributeError, TypeError, ValueError, ValidationError) as error:
        if (found := _unwritable(using, model, data)) is None:
            raise
        row, column, said = found
        raise UnwritableError(start + row, column, said) from error


def insert(
    writer: Writer, using: str, model: type[models.Model], data: pl.DataFrame, start: int = 0, *, whole: bool = True
) -> list[Refusal]:
    """Write `data`, halving it until the rows that the database rejects are isolated, and return those.

    Must run inside a transaction: every attempt is a savepoint. For the rest see `insert_whole`.
    """
    if not data.height:
        return []
    try:
        with transaction.atomic(using=using):
            insert_whole(writer, using, model, data, start, whole=whole)
    except RowsRefusedError as refused:
        if data.height == 1:
            return [Refusal(row=start, error=refused.error)]
        half = data.height // 2
        return [
            *insert(writer, using, model, data[:half], start, whole=False),
            *insert(writer, using, model, data[half:], start + half, whole=False),
        ]
    return []


def _unwritable(using: str, model: type[models.Model], data: pl.DataFrame) -> tuple[int, str, Exception] | None:
    """The first value that its field does not convert: its position, its column, and the field's error."""
    fields = {field.column: field for field in model._meta.concrete_fields}
    for row, values in enumerate(data.iter_rows(named=True)):
        for column, value in values.items():
            try:
                fields[column].get_db_prep_save(value, connections[using])
            except Exception as error:  # noqa: BLE001 - external code: whatever it raises is the field's own failure
                return row, column, error
    return None


def settle(using: str, model: type[models.Model], *, whole: bool) -> None:
    """Have PostgreSQL check at once what would wait for the commit, where no single row could be blamed.

    Part of a batch may refer to rows of the other part: the table's references to itself then wait on.
    """
    connection = connections[using]
    if connection.vendor != "postgresql":
        return
    names = ["ALL"]
    with connection.cursor() as cursor:
        if not whole:
            cursor.execute(WAITING, [quoted_plainly(connection, model._meta.db_table)])
            names = [".".join(map(partial(quoted_plainly, connection), row)) for row in cursor.fetchall()]
        if names:
            cursor.execute(f"SET CONSTRAINTS {', '.join(names)} IMMEDIATE")
