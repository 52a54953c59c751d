"""Updates columns of many rows at once, each row with its own values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from types import MappingProxyType

import polars as pl
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from seeding.db.sql import quoted, quoted_plainly
from seeding.keys import KeySet
from seeding.schema.row_keys import RowKey
from seeding.writing.encoding import backslash_escapes, literals


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Which columns of which table are set, and which must stay unchanged."""

    table: str
    key: RowKey
    columns: Sequence[str]
    untouched: Sequence[str]
    types: Mapping[str, str]


BYTES_PER_STATEMENT = 200_000
"""Of values, roughly: with the rest of the statement below any max_allowed_packet."""
ROWS_PER_CASE = 64
"""Rows of one CASE: the server compares each row with half of them."""
SQL_TYPES: Mapping[type[pl.DataType], str] = {pl.String: "text", pl.Date: "date", pl.Float64: "double precision"}
"""Of values in PostgreSQL, other than integers."""


def update_rows(
    using: str,
    table: str,
    key: RowKey,
    data: pl.DataFrame,
    untouched: Sequence[str] = (),
    *,
    types: Mapping[str, str] = MappingProxyType({}),
) -> int:
    """Set the columns of `data` (texts, dates, integers) in the rows of `table` that its `key` names, each once.

    The columns `untouched`, which the database would update automatically, keep their values. `types` are those of columns
    for whose values texts stand, such as a UUID. Returns how many rows were found.
    """
    connection = connections[using]
    columns = [name for name in data.columns if name not in key.names]
    if not data.height or not columns:
        return 0
    by_vendor = {"mysql": _by_position if key.is_number else _by_cases, "postgresql": _by_records}
    update = by_vendor.get(connection.vendor, _one_by_one)
    change = Change(table=table, key=key, columns=columns, untouched=untouched, types=types)
    pieces = data.iter_slices(max(1, data.height * BYTES_PER_STATEMENT // (int(data.estimated_size()) + 1)))
    return sum(update(connection, change, rows) for rows in pieces)


def _by_position(connection: BaseDatabaseWrapper, change: Change, data: pl.DataFrame) -> int:
    """One statement: INTERVAL finds a row's position among the sorted keys by bisection, and ELT picks the value there.

    It updates in one pass. A join with a JSON_TABLE or VALUES takes two passes on these servers, and twice the time.
    """
    quote, (name,) = partial(quoted_plainly, connection), change.key.names
    key, rows = quote(name), data.sort(name)
    keys = ",".join(map(str, rows[name].to_list()))
    named = " OR ".join(f"{key} BETWEEN {first} AND {last}" for first, last in KeySet.holding(rows[name].to_numpy()).ranges)
    written = rows.select(change.columns)
    values = written.select(literals(written, escapes=backslash_escapes(connection)))
    with connection.cursor() as cursor:
        changes = [
            f"{quote(name)} = ELT(INTERVAL({key},{keys}),{values[name].str.join(',').item()})" for name in change.columns
        ]
        changes += [f"{quote(name)} = {quote(name)}" for name in change.untouched]
        cursor.execute(f"UPDATE {quote(change.table)} SET {', '.join(changes)} WHERE {named}")  # noqa: S608 - quoted
        return int(cursor.rowcount)


def _by_cases(connection: BaseDatabaseWrapper, change: Change, data: pl.DataFrame) -> int:
    """The same for keys that cannot be bisected, a few rows at a time.

    Keys stay constants: in a join, texts of two collations could not be compared.
    """
    quote, found = partial(quoted, connection), 0
    equals = change.key.equals(connection)
    with connection.cursor() as cursor:
        for rows in data.iter_slices(ROWS_PER_CASE):
            keys = change.key.values(rows)
            whens = " ".join([f"WHEN {equals} THEN %s"] * rows.height)
            changes = [f"{quote(name)} = CASE {whens} END" for name in change.columns]
            changes += [f"{quote(name)} = {quote(name)}" for name in change.untouched]
            named = " OR ".join([f"({equals})"] * rows.height)
            pairs = [pair for name in change.columns for pair in zip(keys, rows[name], strict=True)]
            values = [one for key, value in pairs for one in (*key, value)]
            cursor.execute(
                f"UPDATE {quote(change.table)} SET {', '.join(changes)} WHERE {named}",  # noqa: S608 - names are quoted
                [*values, *chain.from_iterable(keys)],
            )
            found += cursor.rowcount
    return found


def _by_records(connection: BaseDatabaseWrapper, change: Change, data: pl.DataFrame) -> int:
    """The same in one statement, where the server reads a JSON document as rows."""
    quote = partial(quoted, connection)
    changes = [f"{quote(column)} = s.{quote(column)}" for column in change.columns]
    types = {name: change.types.get(name) or SQL_TYPES.get(type(dtype), "bigint") for name, dtype in data.schema.items()}
    described = ", ".join(f"{quote(name)} {sql_type}" for name, sql_type in types.items())
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {quote(change.table)} t SET {', '.join(changes)} "  # noqa: S608 - names are quoted
            f"FROM json_to_recordset(%s) AS s({described}) WHERE {change.key.equals(connection, 't', 's')}",
            [data.write_json()],
        )
        return int(cursor.rowcount)


def _one_by_one(connection: BaseDatabaseWrapper, change: Change, data: pl.DataFrame) -> int:
    """One statement per row, prepared once."""
    quote = partial(quoted, connection)
    changes = [f"{quote(column)} = %s" for column in change.columns]
    changes += [f"{quote(column)} = {quote(column)}" for column in change.untouched]
    with connection.cursor() as cursor:
        cursor.executemany(
            f"UPDATE {quote(change.table)} SET {', '.join(changes)} WHERE {change.key.equals(connection)}",  # noqa: S608 - quoted
            data.select(*change.columns, *change.key.names).rows(),
        )
        return int(cursor.rowcount)
