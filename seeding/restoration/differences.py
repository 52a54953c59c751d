"""Seeded rows that are not as they were seeded, and which of them can be put back."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from seeding.exceptions import SchemaError
from seeding.generation.seeders import BaseSeeder
from seeding.keys import NOTHING, KeyMap, KeySet, union
from seeding.ledger.row_digests import replaced
from seeding.restoration.generated_rows import GeneratedRows, Part

OTHERS = "they hold so little of what was seeded that they may be other rows, under keys that were used again"
REFERRED = "{} is edited, and other rows refer to it; set it back by hand"
HELD = "a row that was not seeded holds what identifies them now"
LOST = "they are to refer to rows that are not there"


@dataclass(frozen=True, slots=True, kw_only=True)
class Differences:
    """Of one seeder's rows."""

    part: Part
    seeder: BaseSeeder
    edited: KeySet = NOTHING
    """Rows in which a generated column holds something else."""
    gone: KeyMap
    """Rows that are not there: their indexes and keys."""
    taken: KeySet = NOTHING
    """Rows that may be others, under keys that were used again."""
    kept: Mapping[str, KeySet]
    """Why values of other rows stay as they are → the rows' keys."""

    def __len__(self) -> int:
        """How many rows can be put back."""
        return len(self.edited) + len(self.gone)

    @property
    def keys(self) -> KeySet:
        """Those."""
        return self.edited | self.gone.key_set()


def differences(
    rows: GeneratedRows, part: Part, present: KeySet, *, referred: Collection[str] = (), among: KeySet | None = None
) -> Differences:
    """Compare the rows of `part` that can be generated again, or those of them that are `among` these keys.

    `present` are the keys that the table has, `referred` its columns that other rows refer to: these are never changed. Raises
    SchemaError if the table has not all columns that are generated.
    """
    assert part.seeder is not None  # nothing else can be generated
    known = part.known if among is None else part.known.split(among)[0]
    edited, taken, kept = list[KeySet](), list[KeySet](), dict[str, list[KeySet]]()
    for compared in rows.compared(part, known.key_set() & present):
        if compared.absent:
            raise SchemaError(f"{part.table} has no column {', '.join(compared.absent)} any more. Nothing was changed.")
        taken.append(others := rows.strangers(part, compared))
        differing = compared.differing.items()
        edited.append(_key_set(key for key, columns in differing if not set(columns).issubset(referred)) - others)
        left_out = [keys for one, keys in compared.lost.items() if rows.registry.target(part.seeder, one).name in rows.left_out]
        kept.setdefault(LOST, []).append(union([compared.untold, *left_out]) - others)
        for column in referred:
            held = _key_set(key for key, columns in differing if column in columns)
            kept.setdefault(REFERRED.format(column), []).append(held - others)
    gone = _wanted(rows, part, known.split(present)[1])
    taken_over, gone = gone.split(_held(rows, part.seeder, gone))
    kept[HELD] = [taken_over.key_set()]
    together = {why: union(ones) for why, ones in kept.items()}
    return Differences(
        part=part,
        seeder=part.seeder,
        edited=union(edited),
        gone=gone,
        taken=union(taken),
        kept={why: keys for why, keys in together.items() if keys},
    )


def lost_rows(rows: GeneratedRows, part: Part, *, exactly: bool) -> tuple[KeySet, KeySet]:
    """Those of the part's rows to which nothing may refer, and among them those that may be others under their keys.

    Not `exactly`, counted keys are taken for those of the seeded rows.
    """
    keys, taken = part.keys.key_set(), NOTHING
    if part.table not in rows.there:
        return keys, taken
    live = rows.there[part.table]
    present = rows.tracer.present(live, keys)
    lost = (keys - present) | replaced(live, rows.identity(part.table), present, rows.ledger.digests(part.table))
    if exactly and part.seeder is not None and not part.is_unknown:
        taken = differences(rows, part, present).taken
    return lost | taken, taken


def _wanted(rows: GeneratedRows, part: Part, gone: KeyMap) -> KeyMap:
    """The missing rows, without those that are not to be there."""
    index, keys = gone.pairs()
    wanted = ~rows.exceptions.absent.get(part.name, NOTHING).has(index)
    return KeyMap.pair(index[wanted], keys[wanted])


def _held(rows: GeneratedRows, seeder: BaseSeeder, gone: KeyMap) -> KeySet:
    """Those of the missing rows whose natural key a real row has taken: that one is referred to now, as if it was adopted."""
    if not seeder.config.natural_key or not len(gone):
        return NOTHING
    index, keys = gone.pairs()
    return KeySet.holding(np.sort(keys[rows.resolver.adopted(seeder, index).lookup(index)[1]]))


def _key_set(keys: Iterable[int]) -> KeySet:
    return KeySet.holding(np.array(sorted(keys), np.int64))
