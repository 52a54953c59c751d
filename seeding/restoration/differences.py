"""Seeded rows that are not as they were seeded, and which of them can be put back."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from seeding.comparison.changed_rows import Compared
from seeding.generation.seeders import BaseSeeder
from seeding.keys import NOTHING, KeyMap, KeySet, union
from seeding.ledger.row_digests import replaced
from seeding.restoration.generated_rows import GeneratedRows, Part

TAKEN = "somebody can have used their keys again, and they hold too little of what was seeded under them"
OTHERS = "they hold so little of what was seeded that they may be other rows, under keys that were used again"
DISTINCT = 0.5
"""A column tells rows apart if so many of its values differ from each other, as a share of the rows."""
SAME = 0.5
"""A row under a key that can be used again is the seeded one if so many of those columns hold what was seeded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Differences:
    """Of one seeder's rows."""

    part: Part
    seeder: BaseSeeder
    edited: KeySet = NOTHING
    """Rows in which a generated column holds something else."""
    gone: KeyMap
    """Rows that are not there: their indexes and keys."""
    taken: Mapping[str, KeySet]
    """Why rows under keys of seeded ones are not touched → their keys."""

    def __len__(self) -> int:
        """How many rows can be put back."""
        return len(self.edited) + len(self.gone)

    @property
    def keys(self) -> KeySet:
        """Those."""
        return self.edited | self.gone.key_set()


def differences(rows: GeneratedRows, part: Part, present: KeySet, *, among: KeySet | None = None) -> Differences:
    """Compare the rows of `part` that can be generated again, or those of them that are `among` these keys.

    `present` are the keys that the table has.
    """
    assert part.seeder is not None  # nothing else can be generated
    live, known = rows.there[part.table], part.known
    if among is not None:
        known = known.split(among)[0]
    edited, unlike, unlike_all = list[KeySet](), list[KeySet](), list[KeySet]()
    for compared in rows.compared(part, known.key_set() & present):
        edited.append(_key_set(compared.differing))
        likeness = _likeness(compared, live.key)
        unlike.append(_key_set(key for key, share in likeness.items() if share < SAME))
        unlike_all.append(_key_set(key for key, share in likeness.items() if not share and len(compared.differing[key]) > 1))
    doubtful = union(unlike)
    taken = replaced(live, rows.identity(part.table), doubtful, rows.ledger.digests(part.table)) if doubtful else NOTHING
    others = union(unlike_all) - taken
    return Differences(
        part=part,
        seeder=part.seeder,
        edited=union(edited) - taken - others,
        gone=_wanted(rows, part, known.split(present)[1]),
        taken={why: keys for why, keys in ((TAKEN, taken), (OTHERS, others)) if keys},
    )


def _wanted(rows: GeneratedRows, part: Part, gone: KeyMap) -> KeyMap:
    """The missing rows, without those that are not to be there."""
    index, keys = gone.pairs()
    wanted = ~rows.exceptions.absent.get(part.name, NOTHING).has(index)
    return KeyMap.pair(index[wanted], keys[wanted])


def lost_rows(rows: GeneratedRows, part: Part) -> KeySet:
    """Those of the part's rows to which nothing may refer: they are not there, or others have their keys."""
    if part.table not in rows.there:
        return part.keys.key_set()
    live, keys = rows.there[part.table], part.keys.key_set()
    present = rows.tracer.present(live, keys)
    return (keys - present) | replaced(live, rows.identity(part.table), present, rows.ledger.digests(part.table))


def _likeness(compared: Compared, key: Collection[str]) -> Mapping[int, float]:
    """Edited row → the share of the columns that tell rows apart in which it holds what was seeded."""
    columns = sorted(compared.columns.intersection(compared.resolved.columns).difference(key))
    frame, rows = compared.resolved, compared.resolved.height
    telling = frozenset(name for name in columns if _distinguishes(frame[name], rows)) or frozenset(columns)
    return {key: len(telling.difference(differing)) / len(telling) for key, differing in compared.differing.items()}


def _distinguishes(values: pl.Series, rows: int) -> bool:
    if values.dtype == pl.Object or values.dtype.is_nested():
        return False
    return values.n_unique() > max(1, DISTINCT * rows)


def _key_set(keys: Iterable[int] | Collection[int]) -> KeySet:
    return KeySet.holding(np.array(sorted(keys), np.int64))
