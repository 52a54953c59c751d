"""Trees among the rows of a table: one for every few consecutive rows, all of the same shape."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import polars as pl

from seeding.arrays import Integers
from seeding.generation.rows import Rows, only, take

BRANCHES = 3
"""Children of a row that has all of them."""
LAST_ROOT = 1_000_000_000
"""The place of the first root among all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """Each row's place in its tree, of which the first row is the root."""

    number: Integers
    """Which tree: 0, 1, …"""
    parent: pl.Series
    """The index of the parent, which is lower than the row's own; null for a root."""
    depth: Integers
    """0 for a root."""
    children: Integers
    """How many there are."""
    sibling: Integers
    """The place among the children of one parent, from 1; 0 for a root."""
    left: Integers
    """The first of two numbers between which those of all descendants lie (nested sets): 1 for a root."""
    right: Integers
    steps: tuple[Integers, ...]
    """For every depth below the root the `sibling` of the row on the way, 0 where there is none."""

    @property
    def order(self) -> Integers:
        """The place among all rows with the same parent; of two roots the earlier one comes last, see `path`."""
        return np.where(self.sibling > 0, self.sibling, LAST_ROOT - self.number)

    def path(self, root: int, width: int, alphabet: str) -> pl.Series:
        """The way from the root, `width` digits of the `alphabet` a step (materialized path).

        Tree 0 begins with the number `root`, each further one with the number before: a root that is added after the last one
        stays clear of trees that are still to come. Raises ValueError if no number is left.
        """
        if len(self.number) and root - int(self.number.max()) < 1:
            raise ValueError(f"only {root:,} trees have a path of {width} digits a step")
        path = _digits(root - self.number, width, alphabet)
        for step in self.steps:
            path = (
                path
                + pl.DataFrame({"on": step > 0, "step": _digits(step, width, alphabet)})
                .select(pl.when("on").then("step").otherwise(pl.lit("")))
                .to_series()
            )
        return path


def tree(rows: Rows, size: int) -> Tree:
    """The trees of `size` consecutive rows each."""
    shape, place = _shape(size), rows.index % size
    number = rows.index // size
    parent, depth, children, sibling, left, right = (column[place] for column in shape[:6])
    return Tree(
        number=number,
        parent=only(pl.Series(number * size + parent), parent >= 0),
        depth=depth,
        children=children,
        sibling=sibling,
        left=left,
        right=right,
        steps=tuple(column[place] for column in shape[6:]),
    )


@lru_cache(maxsize=64)
def _shape(size: int) -> tuple[Integers, ...]:
    """Columns of one tree: parent (-1 for the root), depth, children, sibling, left, right, then one for every step."""
    parents = [(place - 1) // BRANCHES for place in range(size)]
    below: list[list[int]] = [[] for _ in parents]
    for place, parent in enumerate(parents[1:], start=1):
        below[parent].append(place)
    ways: list[tuple[int, ...]] = [()]
    for place in range(1, size):
        ways.append((*ways[parents[place]], 1 + (place - 1) % BRANCHES))
    descendants = [1] * size
    for place in range(size - 1, 0, -1):
        descendants[parents[place]] += descendants[place]
    left = [1] * size
    for brothers, own in zip(below, range(size), strict=True):
        following = left[own] + 1
        for place in brothers:
            left[place] = following
            following += 2 * descendants[place]
    depth = [len(way) for way in ways]
    columns = [
        [-1, *parents[1:]],
        depth,
        [len(one) for one in below],
        [way[-1] if way else 0 for way in ways],
        left,
        [first + 2 * number - 1 for first, number in zip(left, descendants, strict=True)],
        *([way[step] if step < len(way) else 0 for way in ways] for step in range(max(depth))),
    ]
    return tuple(np.array(column, dtype=np.int64) for column in columns)


def _digits(numbers: Integers, width: int, alphabet: str) -> pl.Series:
    base, letters = len(alphabet), tuple(alphabet)
    digits = [take(letters, numbers // base**power % base) for power in range(width - 1, -1, -1)]
    text = digits[0]
    for digit in digits[1:]:
        text = text + digit
    return text
