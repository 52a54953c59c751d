"""Derived columns that are generated with their rows, so that a run that fills all that they depend on need not update them.

Only where that is certain beforehand and is found to be so afterwards: every row of the seeder, and of the tables that its
derivations depend on, is this run's and made by seeders that were written together; none was left out, and rows taken as a
sample hold what the derivations compute. Everything else is derived by updates: rows that have grown since, or lie beside real
ones.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
from django.db import connections, models

from seeding.db.sql import every_row, quoted, quoted_plainly
from seeding.generation.datasets import Dataset
from seeding.generation.registry import Registry
from seeding.generation.seeder_columns import filled_table, written_columns
from seeding.generation.seeders import BaseSeeder, Condition, Derivation, ExistingRows
from seeding.keys import RANGES_PER_STATEMENT, KeyMap, KeySet, union
from seeding.ledger.queries import Ledger
from seeding.ledger.row_identity import RowIdentity
from seeding.schema.references import column_name, counts_keys
from seeding.schema.tables import TableSchema
from seeding.schema.validation import SchemaValidator

SAMPLE = 256
"""Rows of a seeder whose generated values are compared with what its derivations compute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DerivedAhead:
    """The seeders of a run whose rows are generated with their derived columns."""

    reads: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Such a seeder → the tables that its derivations depend on."""
    planned: Mapping[str, int] = field(default_factory=dict)
    """Seeder → how many rows the run is to make: of those seeders, and of all that fill the tables."""
    sources: Mapping[str, Sequence[BaseSeeder]] = field(default_factory=dict)
    """Table → its seeders."""

    @classmethod
    def of(
        cls, using: str, dataset: Dataset, registry: Registry, seeders: Sequence[BaseSeeder], *,
        counts: Mapping[str, int], live: Mapping[str, TableSchema], refused: Container[str],
    ) -> DerivedAhead:  # fmt: skip
        """Those of the planned `seeders` that depend on nothing but rows that this run makes, from the first to the last.

        `counts` says how many rows each is to have, `live` which tables there are, and `refused` which of them get none. Asks
        the database which are empty.
        """
        foreseeing = [one for one in seeders if one.foresees and not any(map(_looks_elsewhere, one.derivations(dataset)))]
        reads = {one.name: _tables(one, registry, dataset) for one in foreseeing}
        wanted = frozenset().union(*reads.values())
        if not wanted:
            return cls()
        held = Ledger(using).keys_of(seeders)
        fresh = {one for one in seeders if not (len(held[one.name]) or one.config.is_real or isinstance(one, ExistingRows))}
        sources = {table: registry.by_table.get(table, ()) for table in wanted}
        wholly = {
            table
            for table, of_table in sources.items()
            if of_table
            and table in live
            and table not in refused
            and fresh.issuperset(of_table)
            and all(counts_keys(one.config.model) and _fits(using, one, dataset, live) for one in of_table)
        }
        found = _counts(using, wholly, most=1)
        empty = {table for table in wholly if not found[table]}
        reads = {
            one.name: reads[one.name]
            for one in foreseeing
            if one in fresh and reads[one.name] <= empty and _are_written_together(one, sources, reads[one.name])
        }
        return cls(reads=reads, planned=counts, sources={table: sources[table] for table in frozenset().union(*reads.values())})

    def covers(self, seeder: BaseSeeder) -> bool:
        """Whether the seeder's rows are generated with their derived columns."""
        return seeder.name in self.reads

    def completed(self, using: str, inserted: Mapping[str, int], keys: Callable[[BaseSeeder], KeyMap]) -> DerivedAhead:
        """Those for which all went as planned: `inserted` says how many rows of each seeder this run has made, `keys` which.

        Counts the rows of the tables: nobody else may have added any.
        """
        made = {name for name, count in self.planned.items() if inserted.get(name) == count}
        wanted = {
            table: (sources[0].config.model, union(keys(one).key_set() for one in sources))
            for table, sources in self.sources.items()
            if made.issuperset(one.name for one in sources)
        }
        whole = _holding_only(using, wanted)
        return replace(self, reads={name: tables for name, tables in self.reads.items() if name in made and tables <= whole})

    def without(self, seeder: BaseSeeder) -> DerivedAhead:
        """The others that do not depend on the seeder's table: its derived columns are not what was foreseen."""
        own = seeder.config.table_name
        left = {name: tables for name, tables in self.reads.items() if name != seeder.name and own not in tables}
        return replace(self, reads=left)


def foreseen(using: str, seeder: BaseSeeder, dataset: Dataset, keys: KeyMap, identity: RowIdentity | None) -> frozenset[str]:
    """The fields that the seeder generates as its derivations compute them; none if rows of a sample hold something else.

    `keys` are its rows, which were generated with their derived columns; `identity` finds them, as `derived_columns.derive`
    has it.
    """
    model = seeder.config.model
    data = seeder.derived_data(dataset.rows(seeder, np.arange(1)))
    fields = {one.name for one in model._meta.concrete_fields if one.column in data.columns}
    numbers, known = keys.lookup(np.linspace(0, len(keys) - 1, min(SAMPLE, len(keys))).astype(np.int64))
    sample = KeySet.holding(numbers[known])
    conditions = list(sample.conditions() if identity is None else identity.conditions(model, sample))
    for derivation in seeder.derivations(dataset):
        named = [name for name in derivation.values if name in fields]
        computed = {f"seeding_{name}": derivation.values[name] for name in named}
        rows = every_row(model, using)
        rows = rows if derivation.where is None else rows.filter(derivation.where)
        for condition in conditions if named else ():
            found = rows.filter(condition).annotate(**computed).values_list(*named, *computed)
            if any(one[: len(named)] != one[len(named) :] for one in found):
                return frozenset()
    return frozenset(fields)


def _tables(seeder: BaseSeeder, registry: Registry, dataset: Dataset) -> frozenset[str]:
    """The tables that the seeder's derivations read, and those that the derivations of their seeders do."""
    found: set[str] = set()
    ahead = {table for one in seeder.derivations(dataset) for table in one.reads}
    while ahead:
        found |= ahead
        sources = [source for table in ahead for source in registry.by_table.get(table, ())]
        ahead = {table for source in sources for one in source.derivations(dataset) for table in one.reads} - found
    return frozenset(found)


def _fits(using: str, seeder: BaseSeeder, dataset: Dataset, live: Mapping[str, TableSchema]) -> bool:
    """Whether the table has not drifted from what the seeder fills."""
    validator = SchemaValidator(filled_table(seeder, connections[using]), live)
    return validator.validate_schema("", filled=partial(written_columns, [seeder], dataset)).valid


def _are_written_together(seeder: BaseSeeder, sources: Mapping[str, Sequence[BaseSeeder]], tables: Iterable[str]) -> bool:
    """Whether the seeders of the tables are of the seeder's own package: it knows what they generate, and no others."""
    packages = {type(one).__module__.rpartition(".")[0] for table in tables for one in (seeder, *sources[table])}
    return len(packages) == 1


def _looks_elsewhere(derivation: Derivation) -> bool:
    """Whether it may leave out a row for what other rows hold: a value that was foreseen wrongly would stay."""
    return _reads_rows(derivation.where)


def _reads_rows(where: Condition | Any) -> bool:
    if where is None:
        return False
    if not isinstance(where, models.Q):
        return True
    return any(
        _reads_rows(child) if isinstance(child, models.Q)
        else not isinstance(child, tuple) or isinstance(child[1], models.QuerySet) or hasattr(child[1], "resolve_expression")
        for child in where.children
    )  # fmt: skip


def _counts(using: str, tables: Iterable[str], most: int) -> dict[str, int]:
    """How many rows each table has; `most` at most."""
    connection, names = connections[using], sorted(tables)
    if not names:
        return {}
    sources = [f"(SELECT 1 FROM {quoted_plainly(connection, table)} LIMIT {most}) AS found" for table in names]  # noqa: S608
    query = " UNION ALL ".join(f"SELECT {place}, COUNT(*) FROM {source}" for place, source in enumerate(sources))  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(query)
        return {names[place]: int(count) for place, count in cursor.fetchall()}


def _holding_only(using: str, wanted: Mapping[str, tuple[type[models.Model], KeySet]]) -> frozenset[str]:
    """Which of the tables have exactly the rows with these keys."""
    connection = connections[using]
    parts, values = list[str](), list[Any]()
    asked = {table: keys for table, (_, keys) in sorted(wanted.items()) if 0 < len(keys.bounds) <= RANGES_PER_STATEMENT}
    for place, (table, keys) in enumerate(asked.items()):
        pk = wanted[table][0]._meta.pk
        assert pk is not None  # BaseSeeder ensures it
        inside, edges = keys.condition_on(quoted(connection, column_name(pk)))
        parts.append(f"SELECT {place}, COUNT(*), COUNT(CASE WHEN {inside} THEN 1 END) FROM {quoted(connection, table)}")  # noqa: S608
        values += edges
    if not parts:
        return frozenset()
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), values)
        found = {int(place): (int(rows), int(ours)) for place, rows, ours in cursor.fetchall()}
    return frozenset(table for place, (table, keys) in enumerate(asked.items()) if found[place] == (len(keys), len(keys)))
