"""Different combinations of rows of several tables, and of members of enumerations: what a key of several columns takes.

One pattern of combinations serves all groups of rows; every group shifts it along each of its columns, so that it is about
other rows. Nothing is searched for: a row's combination is looked up by its place in its group.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Collection, Sequence
from datetime import date
from functools import lru_cache
from math import prod

import numpy as np

from seeding.arrays import Integers, Mask
from seeding.generation.rows import Rows

WIDEST = 4_096
"""The most combinations that a pattern chooses from, unless it takes more: of long columns, a part is used at a time."""


def combinations(rows: Rows, count: int, *sizes: int, common: Collection[int] = ()) -> list[Integers]:
    """Per column one of its `sizes` places, for every row: no two rows of a group of `count` have the same combination.

    Consecutive rows are a group. Some places are in many combinations and others in none: other ones in every group, except
    in the columns with the numbers `common`, whose places mean the same to all groups. Raises ValueError if there are fewer
    combinations than `count`.
    """
    pattern = _pattern(rows.seed, rows.table, count, sizes)
    return _shifted(rows, pattern, sizes, [f"{sizes}/{number}" for number in range(len(sizes))], common)


def pairs(rows: Rows, count: int, size: int, *, mutual: bool = False) -> list[Integers]:
    """Two different of `size` places, for every row: no two rows of a group of `count` have the same pair.

    If `mutual`, every second row has the pair of the one before it, the other way round: `count` is even.
    """
    sizes = (size, size)
    if mutual:
        half = _pattern(rows.seed, rows.table, count // 2, sizes, operator.lt)
        pattern = np.stack([half, half[::-1]], axis=2).reshape(2, -1)
    else:
        pattern = _pattern(rows.seed, rows.table, count, sizes, operator.ne)
    return _shifted(rows, pattern, sizes, ["pairs", "pairs"])


def _shifted(
    rows: Rows, pattern: Integers, sizes: Sequence[int], streams: Sequence[str], common: Collection[int] = ()
) -> list[Integers]:
    group, place = np.divmod(rows.index, pattern.shape[1])
    return [
        (column[place] + rows.offsets(stream, size, 0 if number in common else group)) % size
        for number, (stream, size, column) in enumerate(zip(streams, sizes, pattern, strict=True))
    ]


@lru_cache(maxsize=256)
def _pattern(
    seed: int, table: str, count: int, sizes: tuple[int, ...], allowed: Callable[[Integers, Integers], Mask] | None = None
) -> Integers:
    """`count` different combinations, those that are `allowed`: shape (columns, count), by weight and without putting back.

    The weights are those of `Rows.skewed` (Efraimidis and Spirakis, "Weighted random sampling with a reservoir", 2006).
    """
    places = np.indices(_widths(count, sizes)).reshape(len(sizes), -1)
    if allowed is not None:
        places = places[:, allowed(places[0], places[1])]
    if places.shape[1] < count:
        raise ValueError(f"{table} has only {places.shape[1]:,} combinations for {count:,} rows")
    weights = np.prod(np.sqrt(places + 1) - np.sqrt(places), axis=0)
    drawn = Rows(seed=seed, table=table, as_of=date.min, index=np.arange(places.shape[1])).uniform(f"{sizes}/pattern")
    return places[:, np.argsort(-np.log1p(-drawn) / weights, kind="stable")[:count]]


def _widths(count: int, sizes: Sequence[int]) -> list[int]:
    """How many places of each column are combined: as many as there are, unless far fewer combinations will do."""
    widths = list(sizes)
    while prod(widths) > max(WIDEST, 8 * count):
        longest = widths.index(max(widths))
        widths[longest] = (widths[longest] + 1) // 2
    return widths
