"""What the seeded data is now, as a snapshot."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from seeding.exceptions import ConfigurationError
from seeding.generation.registry import Registry
from seeding.generation.rows import faker_version
from seeding.generation.seeder_columns import seeded_references
from seeding.generation.seeders import BaseSeeder
from seeding.keys import NOTHING, KeyMap, KeySet
from seeding.ledger.queries import generator_version
from seeding.restoration.differences import OTHERS, differences
from seeding.restoration.fingerprints import together
from seeding.restoration.generated_rows import GeneratedRows, Part
from seeding.restoration.verifier import TableComparison
from seeding.scaffold.automatic import held_runs
from seeding.snapshots.document import MOST_BYTES, Snapshot, SnapshotPart
from seeding.snapshots.values import ROW, UnportableError, portable

MOST_CELLS = 100_000
"""Values that differ from what was seeded: a snapshot is no copy of the data."""


class Saver:
    """Looks at the seeded rows of one database; the lock is held by whoever calls it."""

    def __init__(self, using: str, registry: Registry) -> None:
        self._rows = GeneratedRows(using, registry)
        self._edited: dict[str, dict[int, dict[str, Any]]] = {}
        self._cells = 0
        """How many values."""
        self._not_held: Counter[str] = Counter()
        self._unheld: set[str] = set()
        """Seeders with rows that it cannot hold."""
        self._taken: dict[str, KeySet] = {}
        """Seeder → the indexes of rows under whose keys there may be others."""
        self._incomplete: set[str] = set()
        """Seeders of which a value is not held."""

    def snapshot(self) -> Snapshot:
        """The state of all seeded rows; raises ConfigurationError if there are none, or too much differs."""
        rows = self._rows
        if rows.dataset is None:
            raise ConfigurationError("Nothing was generated in this database: there is nothing that a snapshot could hold.")
        self._look_for_others()
        parts: list[SnapshotPart] = []
        fingerprints: dict[str, str] = {}
        for table in rows.tables(()):
            own = list(rows.parts(table))
            found = self._table(table, own)
            parts += found
            known = {one.seeder: one.fingerprint for one in found}
            is_whole = len(known) == len(own) and all(known.values())
            fingerprints[table] = together(known) if is_whole else ""
        made = Snapshot(
            dataset=rows.dataset,
            faker=faker_version(),
            fingerprint=together(fingerprints) if all(fingerprints.values()) else "",
            parts=tuple(parts),
            automatic=tuple((one.tables, one.exclude) for one in held_runs(rows.ledger)),
            not_held=dict(self._not_held),
            unheld=tuple(sorted(self._unheld)),
        )
        if len(made.text.encode()) > MOST_BYTES:
            raise ConfigurationError(f"A snapshot has at most {MOST_BYTES:,} bytes, and too much differs from what was seeded.")
        return made

    def _look_for_others(self) -> None:
        """Let no reference lead to rows that may be others, under keys that were used again."""
        rows = self._rows
        for part in [part for table in rows.tables(()) for part in rows.parts(table)]:
            if part.seeder is None or part.is_unknown:
                continue
            present = rows.tracer.present(rows.there[part.table], part.keys.key_set())
            if taken := differences(rows, part, present).taken:
                self._not_held[f"rows of {part.table}: {OTHERS}"] += len(taken)
                self._incomplete.add(part.name)
                self._taken[part.name] = KeySet.holding(part.keys.split(taken)[0].pairs()[0])
                rows.resolver.leave_out(part.seeder, taken)

    def _table(self, table: str, parts: list[Part]) -> list[SnapshotPart]:
        rows, found = self._rows, list[SnapshotPart]()
        for part in parts:
            for why, keys in part.unknown.items():
                self._not_held[f"rows of {table}: {why}"] += len(keys)
                self._unheld.add(part.name)
        usable = [one for one in parts if one.seeder is not None and not one.is_unknown]
        if not usable:
            return []
        live = rows.there[table]
        present = rows.tracer.present(live, rows.ledger.key_set(table))
        comparison = TableComparison(rows, table, present, edit=self._note)
        for part in usable:
            assert part.seeder is not None  # it is usable
            comparison.add(part)
            known = part.known
            is_whole = not part.unknown and part.name not in self._incomplete
            found.append(
                SnapshotPart(
                    seeder=part.name,
                    table=table,
                    version=generator_version(part.seeder),
                    rows=_indexes(known),
                    missing=_indexes(known.split(present)[1]),
                    edited=self._edited.get(part.name, {}),
                    fingerprint=comparison.fingerprints[part.name] if is_whole else "",
                )
            )
        return found

    def _note(self, seeder: BaseSeeder, index: int, column: str, meant: Any) -> None:
        """Keep a value that differs, if it means the same elsewhere."""
        if self._taken.get(seeder.name, NOTHING).has(np.array([index]))[0]:
            return None
        if self._cells >= MOST_CELLS:
            raise ConfigurationError(
                f"More than {MOST_CELLS:,} values differ from what was seeded: a snapshot is no copy of the data. "
                "Put them back with seed_reset, or make a copy with the server's own tool."
            )
        references = [one for one in seeded_references(seeder) if one.column == column]
        if any(one.when or one.json_key for one in references):
            return self._leave(seeder, f"references in {seeder.config.table_name}.{column}")
        if references and meant is not None:
            if not isinstance(meant, int):
                return self._leave(seeder, f"references of {seeder.config.table_name}.{column} to rows that were not seeded")
            meant = {ROW: meant}
        try:
            told = meant if references else portable(meant)
        except UnportableError as error:
            return self._leave(seeder, f"values of {seeder.config.table_name}.{column}: {error}")
        self._edited.setdefault(seeder.name, {}).setdefault(index, {})[column] = told
        self._cells += 1
        return None

    def _leave(self, seeder: BaseSeeder, words: str) -> None:
        self._not_held[words] += 1
        self._incomplete.add(seeder.name)


def _indexes(keys: KeyMap) -> list[list[int]]:
    """The row indexes, as [first, count]."""
    index, _ = keys.pairs()
    return [[first, count] for first, count, _ in KeyMap.pair(index, index).as_lists()] if len(index) else []
