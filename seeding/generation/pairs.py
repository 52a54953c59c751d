"""References that a table may hold only once together: distinct by construction, and few rows have most of them."""

from __future__ import annotations

from functools import lru_cache
from itertools import combinations as _combinations
from itertools import product
from math import prod

import numpy as np

from seeding.arrays import Integers
from seeding.generation.rows import Rows


def combinations(rows: Rows, per_group: int, sizes: tuple[int, ...], *, shared: tuple[int, ...] = ()) -> tuple[Integers, ...]:
    """Distinct combinations of one number below each of the `sizes`, for every `per_group` consecutive rows.

    One column per size. Few numbers are in many combinations, some in none; which ones is different in every group, except
    for the positions `shared`, where it is the same in all. Raises ValueError if there are fewer combinations than rows in a
    group.
    """
    ranks = _ranked(per_group, sizes)[rows.index % per_group]
    groups = rows.index // per_group
    return tuple(
        rows.ordered(f"combination {place}", size, ranks[:, place], 0 if place in shared else groups)
        for place, size in enumerate(sizes)
    )


def pairs_among(rows: Rows, per_group: int, size: int, *, mutual: bool = False) -> tuple[Integers, Integers]:
    """Distinct pairs of two different numbers below `size`, for every `per_group` consecutive rows.

    No pair comes the other way round as well; if `mutual`, every second row is the one before it the other way round. Few
    numbers are in many pairs, some in none. Raises ValueError if there are fewer pairs than rows in a group.
    """
    ranks = _ranked_pairs(per_group, size, mutual)[rows.index % per_group]
    groups = rows.index // per_group
    first, second = (rows.ordered("pair", size, ranks[:, place], groups) for place in (0, 1))
    return first, second


@lru_cache(maxsize=64)
def _ranked(number: int, sizes: tuple[int, ...]) -> Integers:
    """The first `number` combinations of ranks, by the product of their places: rank 0 is in half of them, the last in none."""
    if number > prod(sizes):
        raise ValueError(f"{number:,} rows are to hold different combinations, and there are only {prod(sizes):,}")
    found = np.array(list(product(*(range(min(size, number)) for size in sizes))), dtype=np.int64)
    return _smallest(found, number)


@lru_cache(maxsize=64)
def _ranked_pairs(number: int, size: int, mutual: bool) -> Integers:  # noqa: FBT001 - cached
    possible = size * (size - 1) // 2 * (2 if mutual else 1)
    if number > possible:
        raise ValueError(f"{number:,} rows are to hold different pairs, and there are only {possible:,}")
    found = np.array(list(_combinations(range(min(size, number + 1)), 2)), dtype=np.int64)
    if not mutual:
        return _smallest(found, number)
    once = _smallest(found, (number + 1) // 2)
    return np.stack([once, once[:, ::-1]], axis=1).reshape(-1, 2)[:number]


def _smallest(ranks: Integers, number: int) -> Integers:
    return ranks[np.argsort((ranks + 1).prod(axis=1), kind="stable")[:number]]
