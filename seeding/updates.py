"""Columns of many rows at once, each row with values of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Which columns of which table are set, and which must not change along."""

    table: str
    key: str
    columns: Sequence[str]
    untouched: Sequence[str]


JSON_TABLE = {True: (10, 6), False: (8, 0, 4)}
"""The first MariaDB (True) and MySQL that can read rows from a JSON document."""


def update_rows(using: str, table: str, key: str, data: pl.DataFrame, untouched: Sequence[str] = ()) -> None:
    """Set the columns of `data`, texts and dates, in the rows of `table` that its column `key` names.

    The columns `untouched`, which the database would set by itself, stay as they are.
    """
    connection = connections[using]
    columns = [name for name in data.columns if name != key]
    if not data.height or not columns:
        return
    by_document = _by_document if _reads_json(connection) else _one_by_one
    update = _by_records if connection.vendor == "postgresql" else by_document
    update(connection, Change(table=table, key=key, columns=columns, untouched=untouched), data)


def _reads_json(connection: BaseDatabaseWrapper) -> bool:
    if connection.vendor != "mysql":
        return False
    # Only the connections of this vendor have these two, and the type of all connections does not know them.
    version: tuple[int, ...] = connection.mysql_version  # type: ignore[attr-defined]
    return version >= JSON_TABLE[bool(connection.mysql_is_mariadb)]  # type: ignore[attr-defined]


def _by_document(connection: BaseDatabaseWrapper, change: Change, data: pl.DataFrame) -> None:
    """One statement, whose rows come in one JSON document: the columns are called c0, c1, … there."""
    quote = connection.ops.quote_name
    names = {column: f"c{number}" for number, column in enumerate(change.columns)}
    document = data.rename({change.key: "k", **names}).write_json()
    shape = ", ".join(f"{name} longtext PATH '$.{name}'" for name in names.values())
    changes = [f"t.{quote(column)} = s.{name}" for column, name in names.items()]
    changes += [f"t.{quote(column)} = t.{quote(column)}" for column in change.untouched]
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {quote(change.table)} t JOIN JSON_TABLE(%s, '$[*]' COLUMNS(k bigint PATH '$.k', {shape})) s "  # noqa: S608 - quoted
            f"ON s.k = t.{quote(change.key)} SET {', '.join(changes)}",
            [document],
        )


def _by_records(connection: BaseDatabaseWrapper, change: Change, data: pl.DataFrame) -> None:
    """The same, where the server reads the document as rows of the table itself."""
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
