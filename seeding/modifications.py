"""Seeded rows that somebody has changed: what is in the table, compared with what the seeder generates.

A row is a function of its index, so nothing has to be remembered for this. No verdict is possible where the generator, or the
Faker behind it, is another one than at the time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from importlib.metadata import version
from itertools import islice
from typing import Any

import polars as pl
from django.db import connections

from seeding.keys import KeyMap
from seeding.keysets import NOTHING, KeySet, union
from seeding.ledger import generator_version
from seeding.models import SeedingMetadata
from seeding.references import column_name
from seeding.resolution import Resolver
from seeding.rows import Integers
from seeding.schema import Kind, TableSchema
from seeding.seeders import BaseSeeder, Dataset
from seeding.tracing import ranges

EXAMPLES = 20
ROWS = 10_000
"""Rows compared at a time."""
TICK = timedelta(seconds=1)
"""What a TIMESTAMP without fractions may lose."""
SEPARATOR, NULL = "\x1f", "\x1e"
KEY = "primary key"
"""The name of the key's column in a frame; no column of a table has a space in its name here."""

SERVER_TEXT: Mapping[Kind, str] = {
    **dict.fromkeys((Kind.BOOLEAN, Kind.INTEGER, Kind.DECIMAL, Kind.TEXT, Kind.DATE), "CAST({} AS CHAR)"),
    Kind.DATETIME: "DATE_FORMAT({}, '%%Y-%%m-%%d %%H:%%i:%%s.%%f')",
}
"""How MySQL and MariaDB write a value as `_text` does; kinds that are not here are compared by value alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What the comparison of one table's rows has found."""

    keys: KeySet
    examples: Mapping[int, tuple[str, ...]]
    """Primary key → the columns that differ, for the first few."""
    complete: bool
    """Whether every row could be compared."""
    loaded: bool = False
    """Whether they came from files, so that no row ever can be."""


UNKNOWN = Changes(keys=NOTHING, examples={}, complete=False)
"""Of rows that nothing here can generate."""
LOADED = replace(UNKNOWN, loaded=True)
"""Of rows that came from files."""


class Comparison:
    """Compares one seeder's rows with what it generates. `table` is the live table."""

    def __init__(self, using: str, seeder: BaseSeeder, dataset: Dataset, resolver: Resolver, table: TableSchema) -> None:
        self._using = using
        self._seeder = seeder
        self._dataset = dataset
        self._resolver = resolver
        self._table = table
        self._ignored = _derived(seeder, dataset)
        self._fillable = _fillable(seeder, table) - self._ignored

    def run(self, batches: Collection[SeedingMetadata], among: KeySet) -> Changes:
        """The rows of the batches, of those `among`, that are no longer what was seeded."""
        comparable = [batch for batch in batches if self._can_be_repeated(batch)]
        changed: list[KeySet] = []
        examples: dict[int, tuple[str, ...]] = {}
        held = KeyMap.of(one for batch in comparable for one in batch.key_ranges)
        for data, keys in self._generated(_chunks(held, among)):
            found = self._differing(data, keys)
            changed.append(KeySet.of((key, key) for key in found))
            examples |= dict(islice(found.items(), EXAMPLES - len(examples)))
        return Changes(keys=union(changed), examples=examples, complete=len(comparable) == len(batches))

    def _generated(self, chunks: Iterator[tuple[Integers, Integers]]) -> Iterator[tuple[pl.DataFrame, Integers]]:
        """What the chunks hold, each made while the server is asked about the one before; and their keys."""
        with ThreadPoolExecutor(max_workers=1) as ahead:
            made = (
                (ahead.submit(self._seeder.generate_data, self._dataset.rows(self._seeder, index)), keys)
                for index, keys in chunks
            )
            waiting = next(made, None)
            while waiting is not None:
                following = next(made, None)
                yield waiting[0].result(), waiting[1]
                waiting = following

    def _can_be_repeated(self, batch: SeedingMetadata) -> bool:
        same_faker = batch.run.faker_version == version("Faker")
        return same_faker and batch.generator_version == generator_version(self._seeder)

    def _differing(self, data: pl.DataFrame, keys: Integers) -> dict[int, tuple[str, ...]]:
        """Primary key → the columns that differ, for the rows of `data` that are in the table."""
        resolved = self._resolver.resolve(self._seeder, data, self._resolver.keys(self._seeder), exact=True)
        columns = [name for name in data.columns if name in self._table.columns and name not in self._ignored]
        left_out = sorted(self._fillable.difference(data.columns))
        empty = (pl.lit(None, pl.String).alias(name) for name in left_out)
        frame = resolved.data.select(columns).with_columns(*empty, pl.Series(KEY, keys))
        columns += left_out
        told = [name for name in columns if self._table.columns[name].kind in SERVER_TEXT]
        if connections[self._using].vendor == "mysql":
            untold = [name for name in columns if name not in told]
            found = self._by_value(told, self._suspects(frame, told)) | self._by_value(untold, frame)
        else:
            found = self._by_value(columns, frame)
        # A reference whose parent is gone cannot be generated again.
        lost = {(int(key), one.column) for one, broken in resolved.broken.items() for key in keys[broken.to_numpy()]}
        differing: dict[int, tuple[str, ...]] = {}
        for key, column in sorted(found - lost):
            differing[key] = (*differing.get(key, ()), column)
        return differing

    def _by_value(self, columns: list[str], frame: pl.DataFrame) -> set[tuple[int, str]]:
        """(primary key, column) of every value that is another in the table than in `frame`."""
        if not columns or not frame.height:
            return set()
        expected = dict(zip(frame[KEY].to_list(), frame.select(columns).iter_rows(), strict=True))
        model = self._seeder.config.model
        attributes = {field.column: field.attname for field in model._meta.concrete_fields}
        rows = model._base_manager.using(self._using)
        return {
            (key, column)
            for condition in KeySet.holding(frame[KEY].to_numpy()).conditions()
            for key, *actual in rows.filter(condition).values_list("pk", *(attributes[name] for name in columns))
            for column, one, other in zip(columns, expected.get(key, actual), actual, strict=True)
            if not same(one, other)
        }

    def _suspects(self, frame: pl.DataFrame, columns: list[str]) -> pl.DataFrame:
        """The rows of `frame` whose text, as the server writes it, is not the expected text.

        One text per row instead of a Python object per value; whether the values differ is seen afterwards.
        """
        quote = connections[self._using].ops.quote_name
        kinds = {name: self._table.columns[name] for name in columns}
        texts = [_text(frame.schema[name], name, one.scale).fill_null(NULL) for name, one in kinds.items()]
        written = ", ".join(f"IFNULL({SERVER_TEXT[one.kind].format(quote(name))}, 0x1e)" for name, one in kinds.items())
        primary, parts = quote(self._table.primary_key), []
        with connections[self._using].cursor() as cursor:
            for piece in KeySet.holding(frame[KEY].to_numpy()).pieces():
                condition, values = ranges(primary, piece)
                # The binary separator makes the whole binary, so that columns of several collations can meet in it.
                cursor.execute(
                    f"SELECT {primary}, CONCAT_WS(0x1f, {written}) FROM {quote(self._table.name)} WHERE {condition}",  # noqa: S608
                    values,
                )
                parts += cursor.fetchall()
        actual = pl.DataFrame(parts, schema={KEY: pl.Int64, "actual": pl.Binary}, orient="row")
        expected = pl.concat_str(texts, separator=SEPARATOR).cast(pl.Binary)
        return frame.join(actual, on=KEY).filter(expected != pl.col("actual"))


def same(expected: Any, actual: Any) -> bool:
    """Whether two values mean the same: 12.5 and Decimal("12.50"), True and 1, moments less than a second apart."""
    if expected is None or actual is None:
        return expected is actual
    if isinstance(expected, datetime) and isinstance(actual, datetime):
        return abs(expected - actual) < TICK
    if isinstance(expected, (int, float, Decimal)) and isinstance(actual, (int, float, Decimal)):
        return Decimal(str(+expected)) == Decimal(str(+actual))
    if isinstance(expected, dict) and isinstance(actual, dict):
        return expected.keys() == actual.keys() and all(same(value, actual[key]) for key, value in expected.items())
    if isinstance(expected, list) and isinstance(actual, list):
        return len(expected) == len(actual) and all(same(*pair) for pair in zip(expected, actual, strict=True))
    return bool(expected == actual)


def _text(dtype: pl.DataType, name: str, scale: int | None) -> pl.Expr:
    """A column as MySQL writes it."""
    column = pl.col(name)
    if scale is not None:
        return column.cast(pl.Decimal(38, scale)).cast(pl.String)
    if isinstance(dtype, pl.Datetime):
        return column.dt.strftime("%Y-%m-%d %H:%M:%S%.6f")
    return column.cast(pl.Int8 if dtype == pl.Boolean else dtype).cast(pl.String)


def _derived(seeder: BaseSeeder, dataset: Dataset) -> frozenset[str]:
    """The columns that a derivation changes after the row is seeded."""
    model = seeder.config.model
    names = {name for one in seeder.derivations(dataset) for name in (*one.values, *one.touches)}
    return frozenset(column_name(field) for field in model._meta.concrete_fields if {field.name, field.attname} & names)


def _fillable(seeder: BaseSeeder, table: TableSchema) -> frozenset[str]:
    """The model's columns that stay null, whatever the database does, where a seeder leaves them out."""
    columns = map(column_name, seeder.config.model._meta.concrete_fields)
    there = [table.columns[name] for name in columns if name in table.columns]
    return frozenset(one.name for one in there if one.nullable and not one.has_default and not one.on_update)


def _chunks(held: KeyMap, among: KeySet) -> Iterator[tuple[Integers, Integers]]:
    """(row indexes, primary keys) of those of `held` that are among the keys, at most ROWS at a time."""
    for first, count, key in held.as_lists():
        for start in range(0, count, ROWS):
            part = KeyMap.of([(first + start, min(ROWS, count - start), key + start)]).split(among)[0]
            if len(part):
                yield part.pairs()
