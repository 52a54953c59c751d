"""Compares every seeded row with what its seeder makes, and says what is not as it was seeded."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import polars as pl
from django.db import connections
from django.db.models import F, Q

from seeding.db.connection import database_name
from seeding.db.redaction import REDACTED
from seeding.exceptions import ConfigurationError
from seeding.generation.datasets import Dataset
from seeding.generation.registry import Registry, near
from seeding.generation.seeder_columns import columns_of, seeded_references
from seeding.generation.seeders import BaseSeeder
from seeding.keys import KeyMap, KeySet
from seeding.ledger.queries import Ledger
from seeding.ledger.reference_resolution import Resolver
from seeding.models import SeedingMetadata
from seeding.restoration.fingerprints import Fingerprint, together
from seeding.restoration.results import Cell, TableVerdict, VerifyReport
from seeding.schema.introspection import all_tables
from seeding.schema.tables import ColumnSchema
from seeding.verification.changed_rows import ChangeDetector, Compared
from seeding.verification.referring_rows import Tracer
from seeding.verification.same_values import Precision, same

EXAMPLES = 20
"""How many values and keys of a table are listed."""
UNREPEATABLE = "another version of its seeder or of Faker has made them"
REASONS: Mapping[str, str] = {
    SeedingMetadata.Origin.SOURCE: "loaded from files",
    SeedingMetadata.Origin.RECEIVER: "created by receivers of the application",
}


class Verifier:
    """Looks at the seeded rows of one database; the lock is held by whoever calls it."""

    def __init__(self, using: str, registry: Registry) -> None:
        self._using = using
        self._registry = registry
        self._ledger = ledger = Ledger(using)
        self._there = all_tables(connections[using], ledger.tables())
        identities = ledger.identities(self._there)
        self._tracer = Tracer(using, identities)
        self._dataset = ledger.dataset(generated=True)

    def run(self, tables: Collection[str] = (), expected: str | None = None) -> VerifyReport:
        """A verdict on each table with seeded rows, or on the given ones; raises ConfigurationError for one without any."""
        started, seeded = time.monotonic(), sorted(self._ledger.tables())
        for table in tables:
            if table not in seeded:
                raise ConfigurationError(f"No rows of {table!r} are seeded. {near(table, seeded) if seeded else ''}".strip())
        resolver = None
        if self._dataset is not None:
            resolver = Resolver(self._registry, self._ledger, self._dataset, live=self._there)
        found = [self._verdict(table, self._dataset, resolver) for table in seeded if not tables or table in tables]
        known = {one.table: one.fingerprint for one in found}
        return VerifyReport(
            database=database_name(self._using),
            tables=tuple(found),
            fingerprint=together(known) if all(known.values()) else "",
            expected=expected,
            duration=time.monotonic() - started,
        )

    def _verdict(self, table: str, dataset: Dataset | None, resolver: Resolver | None) -> TableVerdict:
        batches = list(self._ledger.live.filter(table_name=table).select_related("run").order_by("seeder_name", "first_index"))
        held = KeyMap.of(one for batch in batches for one in batch.key_ranges)
        if table not in self._there:
            return TableVerdict(table=table, seeded=len(held), missing=len(held), unverifiable={"the table is gone": len(held)})
        keys = self._ledger.key_set(table)
        present = self._tracer.present(self._there[table], keys)
        gone = keys - present
        comparison = TableComparison(self, table, present)
        for name in dict.fromkeys(batch.seeder_name for batch in batches):
            own = [batch for batch in batches if batch.seeder_name == name]
            comparison.add(name, own, dataset, resolver)
        return TableVerdict(
            table=table,
            seeded=len(keys),
            edited=comparison.edited,
            missing=len(gone),
            others=self._tracer.total(self._there[table]) - len(present),
            stale=comparison.stale,
            unverifiable=comparison.unverifiable,
            cells=tuple(comparison.cells),
            missing_keys=tuple(str(one) for one in self.identity(table).shown(gone, EXAMPLES)),
            fingerprint="" if comparison.unverifiable else together(comparison.fingerprints),
        )

    def identity(self, table: str) -> Any:
        """How the table's seeded rows are found."""
        return self._tracer.identity(table, self._there[table].primary_key)

    def detector(self, seeder: BaseSeeder, dataset: Dataset, resolver: Resolver) -> ChangeDetector:
        """What compares the seeder's rows."""
        table = self._there[seeder.config.table_name]
        return ChangeDetector(self._using, seeder, dataset, resolver, table, identity=self.identity(table.name))

    def seeder(self, name: str, table: str) -> BaseSeeder | None:
        """The seeder of that name, if it still fills the table."""
        seeder = self._registry.by_name.get(name)
        return seeder if seeder is not None and seeder.config.table_name == table else None

    def column(self, seeder: BaseSeeder, field: str) -> ColumnSchema:
        """The live column of a field of the seeder's model."""
        (name,) = columns_of(seeder, [field])
        return self._there[seeder.config.table_name].columns[name]

    @property
    def registry(self) -> Registry:
        """The project's seeders."""
        return self._registry

    @property
    def using(self) -> str:
        """The database's alias."""
        return self._using


class Meanings:
    """What stored values mean: keys of seeded rows are the indexes of those rows."""

    def __init__(self, registry: Registry, resolver: Resolver, seeder: BaseSeeder) -> None:
        self._registry = registry
        self._resolver = resolver
        self._seeder = seeder
        self._references = {one.column: one for one in seeded_references(seeder) if not one.json_key and not one.when}
        self._indexes: dict[str, dict[Any, int]] = {}

    def of(self, column: str, value: Any) -> Any:
        """The value as a fingerprint has it; of a reference to a row that was not seeded, its key after an equals sign."""
        if column not in self._references or value is None:
            return value
        if column not in self._indexes:
            target = self._registry.target(self._seeder, self._references[column])
            index, keys = self._resolver.keys(target).pairs()
            self._indexes[column] = dict(zip(keys.tolist(), index.tolist(), strict=True))
        known = self._indexes[column].get(value)
        return f"={value}" if known is None else known


class TableComparison:
    """What is found of one table, seeder by seeder."""

    def __init__(self, verifier: Verifier, table: str, present: KeySet) -> None:
        self._verifier = verifier
        self._table = table
        self._present = present
        self.edited = 0
        self.stale: Counter[str] = Counter()
        self.unverifiable: Counter[str] = Counter()
        self.cells: list[Cell] = []
        self.fingerprints: dict[str, str] = {}

    def add(self, name: str, batches: Sequence[SeedingMetadata], dataset: Dataset | None, resolver: Resolver | None) -> None:
        """Compare the rows of these batches, which are all of one seeder."""
        seeder = self._verifier.seeder(name, self._table)
        if (why := self._reason(name, batches, seeder)) or seeder is None or dataset is None or resolver is None:
            self.unverifiable[why or f"{name} is not there any more"] += sum(batch.record_count for batch in batches)
            return
        detector = self._verifier.detector(seeder, dataset, resolver)
        fingerprint, meanings = Fingerprint(name), Meanings(self._verifier.registry, resolver, seeder)
        compared = KeySet.of(())
        for part in detector.compared(batches, self._present):
            self._take(part, seeder, detector, (fingerprint, meanings))
            compared |= KeySet.holding(part.keys)
        self.fingerprints[name] = fingerprint.hexdigest
        if left := len((KeyMap.of(one for batch in batches for one in batch.key_ranges).key_set() & self._present) - compared):
            self.unverifiable[UNREPEATABLE] += left
        self._judge_derived(seeder, dataset, compared)

    def _reason(self, name: str, batches: Sequence[SeedingMetadata], seeder: BaseSeeder | None) -> str:
        origins = {batch.origin for batch in batches} - {SeedingMetadata.Origin.GENERATED}
        if origins:
            return REASONS[min(origins)]
        return f"{name} is not there any more" if seeder is None else ""

    def _take(self, part: Compared, seeder: BaseSeeder, detector: ChangeDetector, told: tuple[Fingerprint, Meanings]) -> None:
        fingerprint, meanings = told
        self.edited += len(part.differing)
        found = detector.stored(part) if part.differing else {}
        place = {int(key): number for number, key in enumerate(part.keys)}
        patches: dict[str, dict[int, Any]] = {}
        for (key, column), value in found.items():
            patches.setdefault(column, {})[place[key]] = meanings.of(column, value)
            if len(self.cells) < EXAMPLES:
                expected = part.resolved.get_column(column)[place[key]]
                shown = REDACTED if column in seeder.config.pii_fields else str(value)  # somebody may have written a real one
                self.cells.append(Cell(key=str(detector.shown(key)), column=column, expected=str(expected), found=shown))
        columns = [name for name in part.data.columns if name in part.columns]
        fingerprint.add(pl.Series(part.index), part.data.select(columns), patches)

    def _judge_derived(self, seeder: BaseSeeder, dataset: Dataset, keys: KeySet) -> None:
        """Count the rows whose derived columns are not what the derivations compute now."""
        model, using = seeder.config.model, self._verifier.using
        conditions = list(self._verifier.identity(self._table).conditions(model, keys))
        for derivation in seeder.derivations(dataset):
            rows = model._base_manager.using(using)
            rows = rows if derivation.where is None else rows.filter(derivation.where)
            for name, value in derivation.values.items():
                column = self._verifier.column(seeder, name)
                empty = Q(**{f"{name}__isnull": True}), Q(seeding_computed__isnull=True)
                differs = ~Q(**{name: F("seeding_computed")}) & ~empty[0] & ~empty[1] | empty[0] ^ empty[1]
                for condition in conditions:
                    found = rows.filter(condition).annotate(seeding_computed=value).filter(differs)
                    told = found.values_list(name, "seeding_computed").iterator()  # SQLite compares decimals as floats
                    stale = sum(not _is_stored(computed, stored, column) for stored, computed in told)
                    self.stale.update({name: stale} if stale else {})


def _is_stored(computed: Any, stored: Any, column: ColumnSchema) -> bool:
    """Whether the column keeps the one as the other."""
    if isinstance(computed, (int, float, Decimal)) and isinstance(stored, Decimal) and column.scale is not None:
        return Decimal(str(computed)).quantize(Decimal(1).scaleb(-column.scale), ROUND_HALF_UP) == stored
    return same(computed, stored, Precision.of(column))
