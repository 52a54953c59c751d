"""What somebody has entered into seeded rows since: values that no seeder has made may be those of real people."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property

import numpy as np
from django.db import Error

from seeding.comparison.changed_rows import ChangeDetector, can_be_repeated
from seeding.generation.datasets import Dataset
from seeding.generation.registry import Registry
from seeding.generation.seeder_columns import derived_columns
from seeding.generation.seeders import BaseSeeder
from seeding.keys import KeyMap, KeySet, union
from seeding.ledger.queries import Ledger
from seeding.ledger.reference_resolution import Resolver
from seeding.ledger.row_identity import RowIdentity
from seeding.masking.tables import Target
from seeding.models import SeedingMetadata

Found = Iterator[tuple[str, KeySet]]
"""Column and keys of rows, several times."""


class EnteredValues:
    """Compares the generated rows of a ledger with what `seeders` make; they are asked for when there are such rows."""

    def __init__(self, ledger: Ledger, seeders: Callable[[], Registry]) -> None:
        self._ledger = ledger
        self._seeders = seeders

    def of(self, target: Target, identity: RowIdentity | None) -> Mapping[str, KeySet]:
        """Column → the keys of the table's generated rows in which it may hold what somebody has entered.

        A row counts in all columns if nobody can say what its seeder made: another version of the seeder, or of Faker, has, or
        there is no such seeder. Every row counts in derived columns: they follow from others, which may have held anything.
        """
        rows = self._ledger.live.filter(table_name=target.table.name, origin=SeedingMetadata.Origin.GENERATED)
        batches: dict[str, list[SeedingMetadata]] = {}
        for batch in rows.select_related("run").order_by("first_index"):
            batches.setdefault(batch.seeder_name, []).append(batch)
        dataset, registry = (self._ledger.dataset(generated=True), self._registry) if batches else (None, Registry([]))
        found: dict[str, list[KeySet]] = {column: [] for column in target.fields}
        for name, made in batches.items():
            for column, keys in self._of_seeder(target, identity, dataset, registry.by_name.get(name), made):
                found[column].append(keys)
        return {column: union(keys) for column, keys in found.items()}

    @cached_property
    def _registry(self) -> Registry:
        return self._seeders()

    def _of_seeder(
        self,
        target: Target,
        identity: RowIdentity | None,
        dataset: Dataset | None,
        seeder: BaseSeeder | None,
        batches: Sequence[SeedingMetadata],
    ) -> Found:
        if dataset is None or seeder is None or seeder.config.table_name != target.table.name:
            yield from ((column, _keys(batches)) for column in target.fields)
            return
        known = [batch for batch in batches if can_be_repeated(batch, seeder)]
        unknown = _keys(batches) - _keys(known)
        try:
            differing = list(self._differing(target, identity, dataset, seeder, known))
        except Error:
            raise
        except Exception:  # noqa: BLE001 - the author's code cannot make them: nobody can say what they were
            unknown, differing = _keys(batches), []
        yield from ((column, unknown) for column in target.fields)
        yield from differing

    def _differing(
        self,
        target: Target,
        identity: RowIdentity | None,
        dataset: Dataset,
        seeder: BaseSeeder,
        batches: Sequence[SeedingMetadata],
    ) -> Found:
        ledger, table, derived = self._ledger, target.table, derived_columns(seeder, dataset)
        made = frozenset(target.fields) - derived
        yield from ((column, _keys(batches)) for column in target.fields.keys() - made)
        if not made:
            return
        resolver = Resolver(self._registry, ledger, dataset)  # which is not asked: no column is a reference
        detector = ChangeDetector(ledger.using, seeder, dataset, resolver, table, identity=identity, ignored=derived, only=made)
        for compared in detector.compared(batches, _keys(batches)):
            for column in made - compared.columns:
                yield column, KeySet.holding(compared.keys)
            for column in made:
                keys = sorted(key for key, columns in compared.differing.items() if column in columns)
                yield column, KeySet.holding(np.array(keys, np.int64))


def _keys(batches: Sequence[SeedingMetadata]) -> KeySet:
    return union(KeyMap.of(batch.key_ranges).key_set() for batch in batches)
