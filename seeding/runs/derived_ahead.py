"""Derived columns that are generated with their rows, so that a run that fills all that they depend on need not update them.

Only where that is certain beforehand and is found to be so afterwards: every row of the seeder, and of the tables that its
derivations depend on, is this run's, none was left out, and rows taken as a sample hold what the derivations compute.
Everything else is derived by updates: rows that have grown since, or lie beside real ones.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from django.db import connections

from seeding.db.sql import quoted_plainly
from seeding.generation.datasets import Dataset
from seeding.generation.registry import Registry
from seeding.generation.seeders import BaseSeeder, ExistingRows
from seeding.keys import KeyMap, KeySet
from seeding.ledger.queries import Ledger
from seeding.ledger.row_identity import RowIdentity

SAMPLE = 256
"""Rows of a seeder whose generated values are compared with what its derivations compute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DerivedAhead:
    """The seeders of a run whose rows are generated with their derived columns."""

    reads: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Such a seeder → the tables that its derivations depend on."""
    planned: Mapping[str, int] = field(default_factory=dict)
    """Seeder → how many rows the run is to make: of those seeders, and of all that fill the tables."""
    sources: Mapping[str, Collection[str]] = field(default_factory=dict)
    """Table → its seeders."""

    @classmethod
    def of(
        cls, using: str, dataset: Dataset, registry: Registry, seeders: Sequence[BaseSeeder], *,
        counts: Mapping[str, int], there: Container[str],
    ) -> DerivedAhead:  # fmt: skip
        """Those of the planned `seeders` that depend on nothing but rows that this run makes, from the first to the last.

        `counts` says how many rows each is to have, `there` which tables there are. Asks the database which of them are empty.
        """
        if not any(one.foresees for one in seeders):
            return cls()
        held = Ledger(using).keys_of(seeders)
        generated = [one for one in seeders if not (one.config.is_real or isinstance(one, ExistingRows))]
        fresh = {one for one in generated if not len(held[one.name])}
        wholly = {table for table, of_table in registry.by_table.items() if table in there and fresh.issuperset(of_table)}
        reads = {one.name: _tables(one, registry, dataset) for one in seeders if one in fresh and one.foresees}
        reads = {name: tables for name, tables in reads.items() if tables <= wholly}
        found = _counts(using, frozenset().union(*reads.values()), most=1)
        reads = {name: tables for name, tables in reads.items() if not any(found[table] for table in tables)}
        sources = {table: [one.name for one in registry.by_table[table]] for tables in reads.values() for table in tables}
        return cls(reads=reads, planned=counts, sources=sources)

    def covers(self, seeder: BaseSeeder) -> bool:
        """Whether the seeder's rows are generated with their derived columns."""
        return seeder.name in self.reads

    def completed(self, using: str, inserted: Mapping[str, int]) -> DerivedAhead:
        """Those for which all went as planned: `inserted` says how many rows of each seeder this run has made.

        Counts the rows of the tables: nobody else may have added any.
        """
        made = {name for name, count in self.planned.items() if inserted.get(name) == count}
        wanted = {
            table: sum(self.planned[name] for name in names) for table, names in self.sources.items() if made.issuperset(names)
        }
        whole = {table for table, count in _counts(using, wanted).items() if count == wanted[table]}
        return replace(self, reads={name: tables for name, tables in self.reads.items() if name in made and tables <= whole})


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
        rows = model._base_manager.using(using)
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


def _counts(using: str, tables: Iterable[str], most: int | None = None) -> dict[str, int]:
    """How many rows each table has; `most` at most."""
    connection, names = connections[using], sorted(tables)
    if not names:
        return {}
    sources = [quoted_plainly(connection, table) for table in names]
    if most is not None:
        sources = [f"(SELECT 1 FROM {source} LIMIT {most}) AS found" for source in sources]  # noqa: S608 - quoted
    query = " UNION ALL ".join(f"SELECT {place}, COUNT(*) FROM {source}" for place, source in enumerate(sources))  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(query)
        return {names[place]: int(count) for place, count in cursor.fetchall()}
