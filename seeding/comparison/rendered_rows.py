"""Stored rows as MySQL and MariaDB write them: compared by one digest for many, then by one text for each."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
from django.db import connections, models

from seeding.db.features import keeps_json_text, with_long_groups
from seeding.db.sql import quoted
from seeding.keys import KeySet
from seeding.ledger.row_identity import RowIdentity
from seeding.schema.kinds import base_of, converts
from seeding.schema.tables import ColumnSchema, Kind, TableSchema
from seeding.writing.encoding import json_text, moments

DIGITS = 38
"""Of a decimal of Polars."""
SECONDS = 19
"""Characters of a date-time up to its seconds: less than one is no difference."""
SEPARATOR, NULL, END = "\x1f", "\x1e", "\x1d"
KEY = "primary key"
"""The name of the key's column in a frame; no table column has a space in its name here."""
BLOCK = 1_000
"""Rows that are not worth another digest."""
ENOUGH = 4
"""Blocks that all differ: so do most rows of the table, then, and digests of more of them would be for nothing."""
DIGEST_BYTES = 4_000_000
"""Of the rows of one digest: any server lets a value be so long."""

SERVER_TEXT: Mapping[Kind, str] = {
    **dict.fromkeys((Kind.BOOLEAN, Kind.INTEGER, Kind.DECIMAL, Kind.DATE), "{}"),
    **dict.fromkeys((Kind.TEXT, Kind.UUID, Kind.JSON), "CAST({} AS CHAR)"),
    Kind.DATETIME: f"LEFT({{}}, {SECONDS})",
    Kind.TIME: "TIME_FORMAT({}, '%%H:%%i:%%s.%%f')",
    Kind.BINARY: "HEX({})",
}
"""How the server writes a value as `_text` does, among bytes; other kinds are compared only by value."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Texts:
    """What the server writes of rows, if they hold what is expected."""

    columns: Sequence[str]
    rows: pl.DataFrame
    """The rows' KEYs, ascending, and "text"."""


class RenderedRows:
    """The rows of one live table; `fields` are those of the model that mirrors it."""

    def __init__(
        self, using: str, fields: Mapping[str, models.Field[Any, Any]], table: TableSchema, identity: RowIdentity
    ) -> None:
        self._using = using
        self._fields = fields
        self._table = table
        self._identity = identity
        self._keeps_json_text = keeps_json_text(connections[using])
        self._are_digested = not (identity.is_of_ledger or identity.others)
        """Whether digests are worth asking for: the rows are read in the order of their numbers, and few differ."""

    def writes(self, name: str, dtype: pl.DataType) -> bool:
        """Whether `_text` writes the values of a column as the server does."""
        column = self._table.columns[name]
        if column.kind is Kind.JSON:
            return self._keeps_json_text and name in self._fields
        is_written = dtype == pl.String and column.kind is Kind.DECIMAL
        if column.kind not in SERVER_TEXT or is_written or dtype == pl.Object or dtype.is_nested():
            return False
        return (column.scale or 0) <= DIGITS and not (name in self._fields and converts(self._fields[name]))

    def texts(self, frame: pl.DataFrame, columns: Sequence[str]) -> Texts:
        """The text of each row of `frame`; the server is not asked."""
        rows = frame.select(KEY).with_columns(self._expected(frame, columns) if columns else pl.lit("").alias("text"))
        return Texts(columns=columns, rows=rows.sort(KEY))

    def suspects(self, texts: Texts) -> pl.DataFrame:
        """The KEYs of the rows of which the server writes another text."""
        nothing = texts.rows.select(KEY).clear()
        found: pl.DataFrame = pl.concat([nothing, *(self._unlike(texts.rows, texts.columns) if texts.columns else ())])
        return found

    def _unlike(self, expected: pl.DataFrame, columns: Sequence[str]) -> Iterator[pl.DataFrame]:
        """The keys of the rows whose text is another one: of many rows a digest tells, then of each block, then their texts."""
        height = expected.height
        if self._are_digested and height > BLOCK and len(KeySet.holding(expected[KEY].to_numpy()).ranges) < BLOCK // 10:
            most = max(BLOCK, height * DIGEST_BYTES // (1 + int(expected["text"].str.len_bytes().sum())))
            for part in expected.iter_slices(most):
                yield from self._in_blocks(part, columns)
        elif height:
            yield self._compared(expected, columns)

    def _in_blocks(self, expected: pl.DataFrame, columns: Sequence[str]) -> Iterator[pl.DataFrame]:
        """The same of rows of which one digest is made."""
        if self._are_alike([expected], columns) == [True]:
            return
        blocks = list(expected.iter_slices(BLOCK))
        alike = self._are_alike(blocks, columns) if len(blocks) > 1 else [False]
        if not any(alike) and len(blocks) >= ENOUGH:
            self._are_digested = False
        yield self._compared(pl.concat(block for block, is_alike in zip(blocks, alike, strict=True) if not is_alike), columns)

    def _compared(self, expected: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
        """The keys of the rows whose text is another one: fetches a text for each, instead of a Python object per value."""
        own, rows = ", ".join(self._identity.selected()), list[Any]()
        with connections[self._using].cursor() as cursor:
            for _, (condition, values) in self._identity.pieces(KeySet.holding(expected[KEY].to_numpy())):
                cursor.execute(
                    f"SELECT {own}, {self._written(columns)} FROM {self._name} WHERE {condition}",  # noqa: S608 - quoted
                    values,
                )
                rows += cursor.fetchall()
        numbers = self._identity.numbers([row[:-1] for row in rows])
        held = [text.encode() if isinstance(text, str) else text for *_, text in rows]
        actual = pl.DataFrame({KEY: numbers, "actual": pl.Series(held, dtype=pl.Binary)})
        unlike = expected.join(actual, on=KEY).filter(pl.col("text").cast(pl.Binary) != pl.col("actual"))
        return unlike.select(KEY)

    def _are_alike(self, parts: Sequence[pl.DataFrame], columns: Sequence[str]) -> list[bool]:
        """Whether each part's stored rows have the digest of the expected ones; read in another order, they have not."""
        connection = connections[self._using]
        key, selects, values = quoted(connection, self._identity.number), list[str](), list[Any]()
        row = f"CONCAT_WS(0x1f, {key}, {self._written(columns)})"
        for place, part in enumerate(parts):
            condition, edges = KeySet.holding(part[KEY].to_numpy()).condition_on(key)
            digest = f"SHA2(GROUP_CONCAT({row} SEPARATOR 0x1d), 256)"
            selects.append(f"{place}, {digest} FROM {self._name} WHERE {condition}")
            values += edges
        with connection.cursor() as cursor:
            cursor.execute(with_long_groups(connection, " UNION ALL SELECT ".join(selects), 2 * DIGEST_BYTES), values)
            stored = dict(cursor.fetchall())
        return [stored[place] == _digest(part) for place, part in enumerate(parts)]

    def _written(self, columns: Sequence[str]) -> str:
        """SQL of the text of a row; its separator makes bytes of it, so that columns of different collations can be joined."""
        written = ", ".join(self._value(self._table.columns[name]) for name in columns)
        return f"CAST(CONCAT_WS(0x1f, {written}) AS BINARY)"

    def _value(self, column: ColumnSchema) -> str:
        is_as_stored = column.kind is Kind.TEXT and column.character_set == "utf8mb4"
        written = ("{}" if is_as_stored else SERVER_TEXT[column.kind]).format(quoted(connections[self._using], column.name))
        return f"IFNULL({written}, 0x1e)" if column.nullable else written

    @property
    def _name(self) -> str:
        return quoted(connections[self._using], self._table.name)

    def _expected(self, frame: pl.DataFrame, columns: Sequence[str]) -> pl.Series:
        """The text of each row."""
        documents = [name for name in columns if self._table.columns[name].kind is Kind.JSON]
        frame = _dated(frame.with_columns(self._document(frame[name]) for name in documents), columns)
        texts = [_text(frame.schema[name], name, self._table.columns[name].scale, bare=self._is_bare(name)) for name in columns]
        written = frame.select(pl.concat_str([one.fill_null(NULL) for one in texts], separator=SEPARATOR).alias("text"))
        return written.to_series()

    def _document(self, column: pl.Series) -> pl.Series:
        """JSON as writers write it."""
        base = base_of(self._fields[column.name])
        return json_text(column, base.encoder if isinstance(base, models.JSONField) else None).cast(pl.String)

    def _is_bare(self, name: str) -> bool:
        """Whether a column of text holds UUIDs, as Django writes them: without dashes."""
        is_uuid = name in self._fields and isinstance(base_of(self._fields[name]), models.UUIDField)
        return is_uuid and self._table.columns[name].kind is Kind.TEXT


def _digest(expected: pl.DataFrame) -> str:
    rows = expected.select(pl.concat_str(pl.col(KEY).cast(pl.String), "text", separator=SEPARATOR)).to_series()
    return hashlib.sha256(bytes_of(rows, END)).hexdigest()


def bytes_of(texts: pl.Series, separator: str = "") -> bytes:
    """Texts, none of which is null, in one piece of UTF-8; Python makes no text of it."""
    joined: bytes = texts.str.join(separator).cast(pl.Binary).item()
    return joined


def _dated(frame: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    """Dates and date-times as MySQL writes them; `_text` takes what is made of them."""
    return frame.with_columns(
        moments(frame[name]) for name in columns if isinstance(frame.schema[name], (pl.Datetime, pl.Date))
    )


def _text(dtype: pl.DataType, name: str, scale: int | None, *, bare: bool = False) -> pl.Expr:
    """A column as MySQL writes it; a UUID that is `bare`, without dashes."""
    column = pl.col(name)
    if bare:
        return column.cast(pl.String).str.replace_all("-", "", literal=True).str.to_lowercase()
    if isinstance(dtype, pl.Time):
        return column.dt.strftime("%H:%M:%S%.6f")
    if isinstance(dtype, pl.Duration):
        return column.dt.total_microseconds().cast(pl.String)
    if dtype == pl.Binary:
        return column.bin.encode("hex").str.to_uppercase()
    if scale is not None:
        return column.cast(pl.Decimal(38, scale)).cast(pl.String)
    return column.cast(pl.Int8 if dtype == pl.Boolean else dtype).cast(pl.String)
