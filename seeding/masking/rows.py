"""The rows of a table to be masked: read in the order of their keys, and compared with what was written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import polars as pl
from django.db import connections

from seeding.db.features import features, run_deferred_triggers
from seeding.db.sql import quoted
from seeding.exceptions import InsertionError
from seeding.keys import KeySet
from seeding.ledger.queries import Ledger
from seeding.masking.masker import FieldMasking, PIIMasker, TableMasking
from seeding.masking.tables import Key, Target, is_spelled
from seeding.models import SeedRun
from seeding.schema.tables import ColumnSchema, Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskedRows:
    """The rows of one transaction."""

    entry: int | None
    """Their batch in the ledger; None if there was nothing to mask in them."""
    rows: int
    fields: Mapping[str, int]
    """Column → values masked."""
    last: Key


@dataclass(slots=True, kw_only=True)
class TableRun:
    """Progress on one table."""

    target: Target
    run: SeedRun
    seeded: Mapping[str, KeySet]
    """Column → keys of rows in which it was masked when they were loaded, or that are synthetic."""
    rows: int = 0
    fields: Counter[str] = field(default_factory=Counter)
    """Column → values masked."""
    unanswered: MaskedRows | None = None
    """What was written last, until its commit is answered."""

    def count(self, masked: MaskedRows) -> Key:
        """Account for rows that are committed; returns the key of the last one."""
        self.rows += masked.rows
        self.fields.update(masked.fields)
        self.unanswered = None
        return masked.last

    def audit(self, masker: PIIMasker) -> TableMasking:
        """What has been masked so far, for the audit."""
        fields = [FieldMasking(column=one, strategy=self.target.fields[one], count=count) for one, count in self.fields.items()]
        return TableMasking(table=self.target.table.name, mode=masker.mode, key=masker.fingerprint, fields=tuple(fields))

    def committed(self, ledger: Ledger) -> Key | None:
        """The last key of the rows whose commit went unanswered, if the ledger has them; None otherwise."""
        written, batches = self.unanswered, ledger.masked_batches(self.target.table.name)
        if written is None or written.entry is None or not batches.filter(pk=written.entry, run=self.run).exists():
            return None
        return self.count(written)


def read_rows(
    using: str, target: Target, after: Key | None, limit: int | None, *, until: Key | None = None, lock: bool = False
) -> pl.DataFrame:
    """The next rows after the key `after`, in key order: the columns of the key, and those to mask.

    At most `limit` rows, and none after the key `until`. Raises InsertionError for a key that cannot be read exactly.
    """
    table, fields = target.table, list(target.fields)
    columns = [quoted(connections[using], name) for name in fields]
    rows = _select(using, target, columns, after, limit, until=until, lock=lock)
    found = list(zip(*rows, strict=True)) or [()] * (len(table.key) + len(fields))
    try:
        data = target.key.frame(found[: len(table.key)])
    except TypeError as error:
        raise InsertionError(f"its primary key ({', '.join(table.key)}) holds a value that cannot be read exactly") from error
    read = zip(fields, found[len(table.key) :], strict=True)
    return unpadded(target, pl.DataFrame(data | {name: _series(table.columns[name], values) for name, values in read}))


def _series(column: ColumnSchema, values: Sequence[Any]) -> pl.Series:
    """Texts or dates of a column; raises InsertionError for anything else, which a column of SQLite may hold."""
    kind = Kind.TEXT if column.kind is Kind.TEXT else Kind.DATE
    try:
        return pl.Series(values, dtype=pl.String if kind is Kind.TEXT else pl.Date)
    except TypeError as error:
        raise InsertionError(f"{column.name} holds a value that is no {kind}, such as bytes: store it as one") from error


def _select(
    using: str, target: Target, columns: Sequence[str], after: Key | None, limit: int | None, *, until: Key | None, lock: bool
) -> list[tuple[Any, ...]]:
    """The key and the columns, as SQL, of the rows that `read_rows` describes."""
    connection = connections[using]
    quote, table = partial(quoted, connection), target.table
    bounds = [target.key.condition(connection, sign, key) for sign, key in ((">", after), ("<=", until)) if key is not None]
    condition = f"WHERE {' AND '.join(clause for clause, _ in bounds)}" if bounds else ""
    most = "" if limit is None else f"LIMIT {limit}"
    locking = f" {connection.ops.for_update_sql()}" if lock and connection.features.has_select_for_update else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {', '.join((*target.key.selected(connection), *columns))} "  # noqa: S608 - names are quoted
            f"FROM {quote(table.name)} {condition} ORDER BY {target.key.order(connection, table.name)} {most}{locking}",
            [one for _, values in bounds for one in values],
        )
        return list(cursor.fetchall())


def unpadded(target: Target, rows: pl.DataFrame) -> pl.DataFrame:
    """`rows` without the spaces at the end of texts that a column stores, or leaves out, whatever is written."""
    padded = [name for name in target.fields if target.table.columns[name].is_padded]
    return rows.with_columns(pl.col(padded).str.strip_chars_end(" ")) if padded else rows


def unmasked_values(using: str, target: Target, after: Key | None, until: Key, *, lock: bool = False) -> pl.DataFrame:
    """Hashes of what the rows after the key `after` and up to `until` hold besides masks; generated columns are left out.

    A colon stands before the names of the columns; the key is one column, with an empty name.
    """
    masked = {*target.table.key, *target.fields}
    columns = [one for one in target.table.columns.values() if one.name not in masked and not one.is_generated]
    width, as_text = len(target.table.key), features(connections[using]).as_text
    spelled = [(as_text if is_spelled(one) else "{0}").format(quoted(connections[using], one.name)) for one in columns]
    found = _select(using, target, spelled, after, None, until=until, lock=lock)
    rows = [[_hash(row[:width]), *map(_hash, row[width:])] for row in found]
    return pl.DataFrame(rows, schema=dict.fromkeys(("", *(f":{one.name}" for one in columns)), pl.Int64), orient="row")


def _hash(value: Any) -> int:
    return hash(repr(bytes(value) if isinstance(value, memoryview) else value))


def differing(using: str, target: Target, after: Key | None, written: pl.DataFrame, before: pl.DataFrame) -> str:
    """What is wrong with the rows after the key `after`, of which some were `written`; empty if nothing is.

    `before` are the `unmasked_values` of before.
    """
    run_deferred_triggers(connections[using])
    names, table = target.key.names, target.table.name
    last = written.select(names).row(-1)
    stored = read_rows(using, target, after, None, until=last)
    held = stored.join(written.select(names), on=names, how="semi", maintain_order="left")
    for column in target.fields:
        if not held[column].equals(written[column]):
            return f"{table}.{column} does not hold the masks that were written"
    now = unmasked_values(using, target, after, last)
    was, now = (
        one.join(other.select(""), on="", how="semi", maintain_order="left") for one, other in ((before, now), (now, before))
    )
    for column in was.columns:
        if not was[column].equals(now[column]):
            return f"{table}.{column[1:]} is not masked, and changed with the masks"
    return ""
