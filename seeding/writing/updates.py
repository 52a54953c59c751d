"""Updates columns of many rows at once, each row with its own values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from seeding.keys import KeySet
from seeding.writing.encoding import backslash_escapes, literals


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Which columns of which table are set, and which must stay unchanged."""

    table: str
    key: str
    columns: Sequence[str]
    untouched: Sequence[str]


BYTES_PER_STATEMENT = 200_000
"""Of values, roughly: with the rest of the statement below any max_allowed_packet."""


def update_rows(using: str, table: str, key: str, data: pl.DataFrame, untouched: Sequence[str] = ()) -> None:
    """Set the columns of `data` (texts, dates, integers) in the rows of `table` that its column `key` names, each once.

    The columns `untouched`, which the database would update automatically, keep their values.
    """
    connection = connections[using]
    columns = [name for name in data.columns if name != key]
    if not data.height or not columns:
        return
    update = {"mysql": _by_position, "postgresql": _by_records}.get(connection.vendor, _one_by_one)
    change = Change(table=table, key=key, columns=columns, untouched=untouched)
    for rows in data.iter_slices(max(1, data.height * BYTES_PER_STATEMENT // (int(data.estimated_size()) + 1))):
        update(connection, change, rows)


def _by_position(connection: BaseDatabaseWrapper, change: Change, data: pl.DataFrame) -> None:
    """One statement: INTERVAL finds a row's position among the sorted keys by bisection, and ELT picks the value there.

    It updates in one pass. A join with a JSON_TABLE or VALUES takes two passes on these servers, and twice the time.
    """
    quote = connection.ops.quote_name
    key, rows = quote(change.key), data.sort(change.key)
    keys = ",".join(map(str, rows[change.key].to_list()))
    named = " OR ".join(
        f"{key} BETWEEN {first} AND {last}" for first, last in KeySet.holding(rows[change.key].to_numpy()).ranges
    )
    written = rows.select(change.columns)
    values = written.select(literals(written, escapes=backslash_escapes(connection)))
    with connection.cursor() as cursor:
        changes = [
            f"{quote(name)} = ELT(INTERVAL({key},{keys}),{values[name].str.join(',').item()})" for name in change.columns
        ]
        changes += [f"{quote(name)} = {quote(name)}" for name in change.untouched]
        cursor.execute(f"UPDATE {quote(change.table)} SET {', '.join(changes)} WHERE {named}")  # noqa: S608 - quoted


def _by_records(connection: BaseDatabaseWrapper, change: Change, data: pl.DataFrame) -> None:
    """The same in one statement, where the server reads a JSON document as rows of the table."""
    quote = connection.ops.quote_name
    table, key = quote(change.table), quote(change.key)
    changes = [f"{quote(column)} = s.{quote(column)}" for column in change.columns]
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} t SET {', '.join(changes)} "  # noqa: S608 - names are quoted
            f"FROM json_populate_recordset(NULL::{table}, %s) s WHERE s.{key} = t.{key}",
            [data.write_json()],
        )


def _one_by_one(connection: BaseDatabaseWrapper, change: Change, data: pl.DataFrame) -> None:
    """One statement per row, prepared once."""
    quote = connection.ops.quote_name
    changes = [f"{quote(column)} = %s" for column in change.columns]
    changes += [f"{quote(column)} = {quote(column)}" for column in change.untouched]
    with connection.cursor() as cursor:
        cursor.executemany(
            f"UPDATE {quote(change.table)} SET {', '.join(changes)} WHERE {quote(change.key)} = %s",  # noqa: S608 - quoted
            data.select(*change.columns, change.key).rows(),
        )
