"""Seeded rows that were changed: compares the stored rows with what the seeder generates.

A row is a function of its index, so this needs no stored copy. If the generator's version or Faker's differs from that of the
seeding run, the rows cannot be compared.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import Enum
from itertools import islice
from threading import Event
from typing import Any

import numpy as np
import polars as pl
from django.db import models
from django.db.models import Value

from seeding.arrays import Integers
from seeding.comparison.rendered_rows import KEY, Texts
from seeding.comparison.stored_rows import StoredRows
from seeding.generation.datasets import Dataset
from seeding.generation.rows import faker_version
from seeding.generation.seeder_columns import changed_columns
from seeding.generation.seeders import BaseSeeder
from seeding.keys import NOTHING, KeyMap, KeySet, union
from seeding.ledger.parent_values import NotKnownYetError
from seeding.ledger.queries import generator_version
from seeding.ledger.reference_resolution import Resolved, Resolver
from seeding.ledger.row_identity import RowIdentity
from seeding.models import SeedingMetadata
from seeding.schema.kinds import converts
from seeding.schema.references import Reference, column_name
from seeding.schema.tables import ColumnSchema, TableSchema

EXAMPLES = 20
PLAIN: Mapping[type[models.Field[Any, Any]], tuple[type, ...]] = {
    models.BooleanField: (bool,),
    models.CharField: (str,),
    models.TextField: (str,),
    models.IntegerField: (int,),
    models.DecimalField: (int, Decimal),
}
"""Fields of which a default is compared, if it is a constant of these types."""
ROWS = 10_000
"""Rows compared at a time."""
AHEAD = 2
"""How many times as many are generated in advance, so that neither thread waits whenever the other takes longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """The result of comparing one table's rows."""

    keys: KeySet
    examples: Mapping[int | str, tuple[str, ...]]
    """Primary key → the columns that differ, for the first few."""
    complete: bool
    """Whether every row could be compared."""
    loaded: bool = False
    """Whether the rows came from files, so that they can never be compared."""


UNKNOWN = Changes(keys=NOTHING, examples={}, complete=False)
"""For rows that no seeder here can generate."""
LOADED = replace(UNKNOWN, loaded=True)
"""For rows that came from files."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Compared:
    """Some rows, as they were seeded, compared with what is stored under their keys."""

    index: Integers
    keys: Integers
    data: pl.DataFrame
    """As the seeder generates them: references are row indexes."""
    resolved: pl.DataFrame
    """With references resolved: what is expected in the table."""
    columns: frozenset[str]
    """The columns that were compared."""
    differing: Mapping[int, tuple[str, ...]]
    """Primary key → the columns that differ."""
    lost: Mapping[Reference, KeySet]
    """Reference → the rows in which it can lead nowhere: the row that it led to is not there."""
    untold: KeySet = NOTHING
    """Those of them in which it leads somewhere all the same: whether somebody has changed it, nobody can say."""
    absent: tuple[str, ...]
    """The columns that are generated, and that the table has not."""
    defaults: frozenset[str] = frozenset()
    """The compared columns that are not generated, and are to hold a constant."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Expected:
    """Some rows, as they were seeded."""

    index: Integers
    keys: Integers
    data: pl.DataFrame
    """As the seeder generates them."""
    resolved: Resolved
    frame: pl.DataFrame
    """What the table is to hold: the columns that are compared, and the keys."""
    columns: Sequence[str]
    defaults: frozenset[str]
    """Those of them that hold a constant default."""
    texts: Texts | None
    """What the server writes then, if it compares by texts."""


class ChangeDetector:
    """Compares one seeder's stored rows with what it generates. `table` is the live table.

    The columns `ignored` are not compared: unless given, those that derivations change or touch. `only` these columns are
    looked at, if they are given: they are compared as they are generated, and no reference is resolved.
    """

    def __init__(
        self,
        using: str,
        seeder: BaseSeeder,
        dataset: Dataset,
        resolver: Resolver,
        table: TableSchema,
        *,
        identity: RowIdentity | None = None,
        ignored: frozenset[str] | None = None,
        only: frozenset[str] | None = None,
    ) -> None:
        self._using = using
        self._seeder = seeder
        self._dataset = dataset
        self._resolver = resolver
        self._table = table
        self._stored = StoredRows(using, seeder.config.model, table, identity)
        self._ignored = changed_columns(seeder, dataset) if ignored is None else ignored
        self._only = only
        self._fillable = frozenset(filter(self._is_wanted, _fillable(seeder, table)))
        self._defaults = {name: one for name, one in _defaults(seeder, table) if self._is_wanted(name)}

    def run(self, batches: Collection[SeedingMetadata], among: KeySet, ended: Event | None = None) -> Changes:
        """The rows of the batches, limited to `among`, that differ from what was seeded; if `ended`, those found so far."""
        changed: list[KeySet] = []
        examples: dict[int | str, tuple[str, ...]] = {}
        for _, found in self.differences(batches, among):
            if ended is not None and ended.is_set():
                break
            changed.append(KeySet.of((key, key) for key in found))
            for key, columns in islice(found.items(), EXAMPLES - len(examples)):
                examples[self._stored.shown(key)] = columns
        return Changes(keys=union(changed), examples=examples, complete=all(map(self._can_be_repeated, batches)))

    def differences(
        self, batches: Collection[SeedingMetadata], among: KeySet
    ) -> Iterator[tuple[frozenset[str], dict[int, tuple[str, ...]]]]:
        """The same, a part at a time: the columns that are compared, and primary key → those of them that differ."""
        return ((part.columns, dict(part.differing)) for part in self.compared(batches, among))

    def compared(self, batches: Collection[SeedingMetadata], among: KeySet) -> Iterator[Compared]:
        """The same with the rows, ascending by index."""
        held = KeyMap.of(one for batch in batches if self._can_be_repeated(batch) for one in batch.key_ranges)
        for expected in self._generated(_chunks(held, among)):
            yield self._compared(expected)

    def expected(self, rows: KeyMap) -> pl.DataFrame:
        """What these rows are to hold, whether they are there or not; the KEYs are theirs."""
        index, keys = rows.pairs()
        return self._expected(self._resolver, self._dataset.generate(self._seeder, index), index, keys).frame

    def stored(self, part: Compared) -> dict[tuple[int, str], Any]:
        """(primary key, column) → what is stored, of all that differs."""
        return self._stored.values({(key, column) for key, columns in part.differing.items() for column in columns})

    def shown(self, key: int) -> int | str:
        """The key of the row with this number, for a person."""
        return self._stored.shown(key)

    def _generated(self, chunks: Iterator[tuple[Integers, Integers]]) -> Iterator[Expected]:
        """What is expected of each chunk, generated while the server compares the previous ones."""
        offline = self._resolver.offline()
        with ThreadPoolExecutor(max_workers=1) as ahead:
            made = ((ahead.submit(self._expected_or_data, offline, *rows), rows) for rows in chunks)
            waiting = deque(islice(made, AHEAD))
            while waiting:
                waiting.extend(islice(made, 1))
                found, (index, keys) = waiting.popleft()
                expected = found.result()
                yield expected if isinstance(expected, Expected) else self._expected(self._resolver, expected, index, keys)

    def _expected_or_data(self, offline: Resolver, index: Integers, keys: Integers) -> Expected | pl.DataFrame:
        """What is expected; only what is generated if the database would have to be asked for keys."""
        data = self._dataset.generate(self._seeder, index)
        try:
            return self._expected(offline, data, index, keys)
        except NotKnownYetError:
            return data

    def _expected(self, resolver: Resolver, data: pl.DataFrame, index: Integers, keys: Integers) -> Expected:
        left_out = sorted(self._fillable.difference(data.columns))
        lacking = self._defaults.keys() - set(data.columns)
        data = data.with_columns(pl.lit(self._defaults[name]).alias(name) for name in sorted(lacking))
        columns = [name for name in data.columns if name in self._table.columns and self._is_wanted(name)]
        if self._only is None:
            resolved = resolver.resolve(self._seeder, data, resolver.keys(self._seeder), exact=True)
        else:
            resolved = Resolved(data=data, broken={})
        empty = (pl.lit(None, pl.String).alias(name) for name in left_out)
        frame = resolved.data.select(columns).with_columns(*empty, pl.Series(KEY, keys))
        together = (*columns, *left_out)
        texts = self._stored.texts(frame, together)
        return Expected(
            index=index, keys=keys, data=data, resolved=resolved, frame=frame, columns=together, defaults=frozenset(lacking),
            texts=texts,
        )  # fmt: skip

    def _is_wanted(self, column: str) -> bool:
        return column not in self._ignored and (self._only is None or column in self._only)

    def _can_be_repeated(self, batch: SeedingMetadata) -> bool:
        return can_be_repeated(batch, self._seeder)

    def _compared(self, expected: Expected) -> Compared:
        """The expected rows, compared with those of them that are in the table."""
        found = self._stored.differing(expected.frame, expected.columns, expected.texts)
        # A reference whose parent is gone cannot be regenerated.
        lost = {
            (int(key), one.column)
            for one, broken in expected.resolved.broken.items()
            for key in expected.keys[broken.to_numpy()]
        }
        differing: dict[int, tuple[str, ...]] = {}
        for key, column in sorted(found - lost):
            differing[key] = (*differing.get(key, ()), column)
        return Compared(
            index=expected.index, keys=expected.keys, data=expected.data, resolved=expected.frame,
            columns=frozenset(expected.columns), differing=differing,
            lost={one: KeySet.holding(expected.keys[where.to_numpy()]) for one, where in expected.resolved.broken.items()},
            untold=KeySet.holding(np.array(sorted({key for key, _ in found & lost}), np.int64)),
            absent=tuple(name for name in expected.data.columns if name not in self._table.columns),
            defaults=expected.defaults,
        )  # fmt: skip


def can_be_repeated(batch: SeedingMetadata, seeder: BaseSeeder) -> bool:
    """Whether the seeder generates the batch's rows now as it did then."""
    return batch.run.faker_version == faker_version() and batch.generator_version == generator_version(seeder)


def _fillable(seeder: BaseSeeder, table: TableSchema) -> frozenset[str]:
    """The model's columns that stay null if a seeder leaves them out: neither the database nor the model fills them."""
    fields = seeder.config.model._meta.concrete_fields
    columns = (column_name(field) for field in fields if not (field.generated or field.has_default()))
    there = [table.columns[name] for name in columns if name in table.columns]
    return frozenset(one.name for one in there if one.nullable and not one.has_default and not one.on_update)


def _defaults(seeder: BaseSeeder, table: TableSchema) -> Iterator[tuple[str, Any]]:
    """The model's columns that hold a constant if a seeder leaves them out, and that constant."""
    for field in seeder.config.model._meta.concrete_fields:
        kinds = next((kinds for kind, kinds in PLAIN.items() if isinstance(field, kind)), ())
        if converts(field) or column_name(field) not in table.columns:
            continue
        default = field.default if field.has_default() else field.db_default
        value = default.value if isinstance(default, (Enum, Value)) else default
        if isinstance(value, kinds) and (field.has_default() or _is_default(value, table.columns[column_name(field)])):
            yield column_name(field), value


def _is_default(value: Any, column: ColumnSchema) -> bool:
    """Whether the live column has this constant as its default, so that rows that leave it out hold it."""
    if column.default is None:
        return False
    written = column.default.partition("::")[0].removeprefix("b").strip("()").removeprefix("'").removesuffix("'")
    return written.lower() in {str(value).lower(), str(int(value))} if isinstance(value, bool) else written == str(value)


def _chunks(held: KeyMap, among: KeySet) -> Iterator[tuple[Integers, Integers]]:
    """(row indexes, primary keys) of the rows of `held` whose keys are in `among`, at most ROWS at a time."""
    waiting = KeyMap.of(())
    for part in held.parts(ROWS):
        inside = part.split(among)[0]
        if len(waiting) and len(waiting) + len(inside) > ROWS:
            yield waiting.pairs()
            waiting = KeyMap.of(())
        waiting = waiting.plus(inside)
    if len(waiting):
        yield waiting.pairs()
