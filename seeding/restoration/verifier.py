"""Compares every seeded row with what its seeder makes, and says what is not as it was seeded."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import polars as pl

from seeding.comparison.changed_rows import ChangeDetector, Compared
from seeding.db.connection import database_name
from seeding.db.redaction import REDACTED
from seeding.exceptions import SeedingError
from seeding.generation.registry import Registry
from seeding.generation.seeder_columns import seeded_references
from seeding.generation.seeders import BaseSeeder
from seeding.keys import NOTHING, KeySet, union
from seeding.ledger.reference_resolution import Resolver
from seeding.masking.classification import personal_columns
from seeding.restoration.beside import Beside
from seeding.restoration.derived_values import Stale, begin
from seeding.restoration.fingerprints import Fingerprint, together
from seeding.restoration.generated_rows import GONE, GeneratedRows, Part
from seeding.restoration.results import Cell, TableVerdict, VerifyReport

EXAMPLES = 20
"""How many values and keys of a table are listed."""
UNTOLD = "they refer to rows that are not seeded any more, or to others instead"


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What the ledger and one table hold of each other."""

    table: str
    parts: Sequence[Part]
    keys: KeySet
    """Of the seeded rows."""
    present: KeySet
    """Those of them that are there."""
    stale: Sequence[Callable[[], Stale]]
    """What tells the rows whose derived columns are not what is derived now, per seeder."""


class Verifier:
    """Looks at the seeded rows of one database; the lock is held by whoever calls it."""

    def __init__(self, using: str, registry: Registry) -> None:
        self._rows = GeneratedRows(using, registry)

    def run(self, tables: Collection[str] = (), expected: str | None = None) -> VerifyReport:
        """A verdict on each table with seeded rows, or on the given ones; raises ConfigurationError for one without any."""
        started = time.monotonic()
        with Beside(self._rows) as deriving, Beside(self._rows) as comparing:
            held = [self._held(table, deriving) for table in self._rows.tables(tables)]
            there = sorted((one for one in held if one.table in self._rows.there), key=lambda one: -len(one.present))
            compared = dict(zip((one.table for one in there), comparing.map(_compared, there), strict=True))
            found = [self._verdict(one, compared.get(one.table)) for one in held]
        known = {one.table: one.fingerprint for one in found}
        return VerifyReport(
            database=database_name(self._rows.using),
            tables=tuple(found),
            fingerprint=together(known) if all(known.values()) else "",
            expected=expected,
            duration=time.monotonic() - started,
        )

    def _held(self, table: str, beside: Beside) -> Held:
        rows, parts = self._rows, list(self._rows.parts(table))
        keys = union(part.keys.key_set() for part in parts)
        present = rows.tracer.present(rows.there[table], keys) if table in rows.there else NOTHING
        known = [(one, one.known.key_set() & present) for one in parts if table in rows.there and not one.is_unknown]
        stale = [begin(beside, one.seeder, held) for one, held in known if one.seeder is not None]
        return Held(table=table, parts=parts, keys=keys, present=present, stale=stale)

    def _verdict(self, held: Held, comparison: TableComparison | None) -> TableVerdict:
        rows, table, keys = self._rows, held.table, held.keys
        if comparison is None:
            return TableVerdict(table=table, seeded=len(keys), missing=len(keys), unverifiable={GONE: len(keys)})
        gone = keys - held.present
        stale: Counter[str] = Counter()
        for waiting in held.stale:
            stale.update({column: len(found) for column, found in waiting().items()})
        return TableVerdict(
            table=table,
            seeded=len(keys),
            edited=comparison.edited,
            missing=len(gone),
            others=rows.tracer.total(rows.there[table]) - len(held.present),
            stale=stale,
            unverifiable=comparison.unverifiable,
            cells=tuple(comparison.cells),
            missing_keys=tuple(str(one) for one in rows.identity(table).shown(gone, EXAMPLES)),
            fingerprint="" if comparison.unverifiable else together(comparison.fingerprints),
        )


def _compared(rows: GeneratedRows, held: Held) -> TableComparison:
    comparison = TableComparison(rows, held.table, held.present)
    for part in held.parts:
        comparison.add(part)
    return comparison


class Meanings:
    """What stored values mean: keys of seeded rows are the indexes of those rows."""

    def __init__(self, registry: Registry, resolver: Resolver, seeder: BaseSeeder) -> None:
        self._registry = registry
        self._resolver = resolver
        self._seeder = seeder
        self._references = {one.column: one for one in seeded_references(seeder) if not one.json_key and not one.when}
        self._indexes: dict[str, dict[str, int]] = {}

    def of(self, column: str, value: Any) -> Any:
        """The value as a fingerprint has it; of a reference to a row that was not seeded, its key after an equals sign."""
        if column not in self._references or value is None:
            return value
        if column not in self._indexes:
            self._indexes[column] = self._read(column)
        known = self._indexes[column].get(_spelled(value))
        return f"={value}" if known is None else known

    def _read(self, column: str) -> dict[str, int]:
        """What the column holds of each seeded row to which it may lead → the row's index."""
        try:
            target = self._registry.target(self._seeder, self._references[column])
        except SeedingError:  # the seeder leaves the column out
            return {}
        index, _ = self._resolver.keys(target).pairs()
        own = self._resolver.keys(self._seeder)
        held = self._resolver.resolve(self._seeder, pl.DataFrame({column: index}), own, exact=True).data[column]
        return {_spelled(value): row for value, row in zip(held.to_list(), index.tolist(), strict=True) if value is not None}


def _spelled(value: Any) -> str:
    """A key in one spelling; that of a UUID has dashes or not."""
    text = str(value)
    try:
        return UUID(text).hex
    except ValueError:
        return text


Edit = Callable[[BaseSeeder, int, str, Any], None]
"""Called with each value that differs: its seeder, row index and column, and what `Meanings` makes of it."""


class TableComparison:
    """What is found of one table, seeder by seeder."""

    def __init__(self, rows: GeneratedRows, table: str, present: KeySet, *, edit: Edit | None = None) -> None:
        self._edit = edit
        self._rows = rows
        self._table = table
        self._present = present
        self._personal = personal_columns(rows.registry, rows.there[table])
        self.edited = 0
        self.unverifiable: Counter[str] = Counter()
        self.cells: list[Cell] = []
        self.fingerprints: dict[str, str] = {}

    def add(self, part: Part) -> None:
        """Compare the rows of one seeder."""
        for why, keys in part.unknown.items():
            self.unverifiable[why] += len(keys)
        if part.seeder is None or part.is_unknown:
            return
        seeder, rows = part.seeder, self._rows
        detector = rows.detector(seeder)
        fingerprint, meanings = Fingerprint(part.name), Meanings(rows.registry, rows.resolver, seeder)
        with ThreadPoolExecutor(max_workers=1, thread_name_prefix="fingerprint") as beside:
            added: Future[None] | None = None
            for compared in detector.compared(part.batches, self._present):
                if rows.ended.is_set():
                    break
                if compared.absent:
                    self.unverifiable[f"the table has no column {', '.join(compared.absent)}"] += len(compared.keys)
                if compared.untold:
                    self.unverifiable[UNTOLD] += len(compared.untold)
                patches = self._patches(compared, seeder, detector, meanings)
                if added is not None:
                    added.result()
                added = beside.submit(fingerprint.add, compared, patches)
            if added is not None:
                added.result()
        self.fingerprints[part.name] = fingerprint.hexdigest

    def _patches(
        self, part: Compared, seeder: BaseSeeder, detector: ChangeDetector, meanings: Meanings
    ) -> dict[str, dict[int, Any]]:
        """Column → place among the rows → what is stored there instead of what was seeded; counted and noted."""
        if not part.differing:
            return {}
        self.edited += len(part.differing)
        found = detector.stored(part)
        place = {int(key): number for number, key in enumerate(part.keys)}
        patches: dict[str, dict[int, Any]] = {}
        for (key, column), value in found.items():
            meant = patches.setdefault(column, {})[place[key]] = meanings.of(column, value)
            if self._edit is not None:
                self._edit(seeder, int(part.index[place[key]]), column, meant)
            if len(self.cells) < EXAMPLES:
                expected = part.resolved.get_column(column)[place[key]]
                shown = REDACTED if column in self._personal else str(value)  # somebody may have written a real one
                self.cells.append(Cell(key=str(detector.shown(key)), column=column, expected=str(expected), found=shown))
        return patches
