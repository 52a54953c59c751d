"""Primary keys as ranges: key sets, and maps from row index to key, as stored in the ledger and used to resolve references.

A million seeded rows take a handful of numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any, Self

import numpy as np
from django.db.models import Q

from seeding.arrays import Integers, Mask

RANGES_PER_STATEMENT = 200
"""The maximum number of ranges in one SQL statement."""


@dataclass(frozen=True, slots=True, eq=False)
class KeySet:
    """A set of integers; `bounds` holds [first, last] per range, ascending, disjoint, never adjacent: shape (n, 2)."""

    bounds: Integers

    @classmethod
    def of(cls, ranges: Iterable[Sequence[int]] = ()) -> Self:
        """From ranges [first, last] in any order, which may touch or overlap."""
        merged: list[list[int]] = []
        for first, last in sorted(tuple(one) for one in ranges):
            if merged and first <= merged[-1][1] + 1:
                merged[-1][1] = max(merged[-1][1], last)
            else:
                merged.append([first, last])
        return cls(np.array(merged, dtype=np.int64).reshape(-1, 2))

    @classmethod
    def holding(cls, keys: Integers) -> Self:
        """From single keys, in any order, possibly repeated."""
        ordered = np.asarray(keys, dtype=np.int64)
        if not (ordered[1:] > ordered[:-1]).all():
            ordered = np.unique(ordered)
        if not len(ordered):
            return cls.of()
        breaks = np.flatnonzero(np.diff(ordered) != 1)
        return cls(np.column_stack((ordered[np.append(0, breaks + 1)], ordered[np.append(breaks, len(ordered) - 1)])))

    def __len__(self) -> int:
        return int((self.bounds[:, 1] - self.bounds[:, 0] + 1).sum())

    def __bool__(self) -> bool:
        return len(self.bounds) > 0

    def __or__(self, other: KeySet) -> KeySet:
        if not self or not other:
            return self or other
        return self._combined(other, np.logical_or)

    def __and__(self, other: KeySet) -> KeySet:
        return self._combined(other, np.logical_and) if self and other else NOTHING

    def __sub__(self, other: KeySet) -> KeySet:
        return self._combined(other, np.greater) if self and other else self

    def has(self, keys: Integers) -> Mask:
        """Which of `keys` are in the set."""
        if not self:
            return np.zeros(len(keys), dtype=bool)
        place = np.searchsorted(self.bounds[:, 0], keys, side="right") - 1
        inside: Mask = (place >= 0) & (keys <= self.bounds[place, 1])
        return inside

    @property
    def ranges(self) -> list[tuple[int, int]]:
        """The ranges (first, last), as plain integers."""
        return [(int(first), int(last)) for first, last in self.bounds]

    def pieces(self) -> Iterator[KeySet]:
        """The set in parts, each short enough for one statement."""
        for start in range(0, len(self.bounds), RANGES_PER_STATEMENT):
            yield KeySet(self.bounds[start : start + RANGES_PER_STATEMENT])

    def conditions(self) -> Iterator[Q]:
        """Conditions on the primary key that together match the set, each short enough for one statement."""
        for piece in self.pieces():
            yield reduce(or_, (Q(pk__gte=first, pk__lte=last) for first, last in piece.ranges))  # a key may be a reference

    def condition_on(self, column: str) -> tuple[str, list[Any]]:
        """SQL that is true for rows whose quoted `column` is in the set, and its parameters; split large sets by `pieces`."""
        clause = " OR ".join(f"{column} BETWEEN %s AND %s" for _ in self.bounds)
        return f"({clause})", [edge for one in self.ranges for edge in one]

    def hull(self) -> KeySet:
        """The smallest single range that holds the set, which must not be empty."""
        return KeySet(np.array([[self.bounds[0, 0], self.bounds[-1, 1]]]))

    def first(self, count: int) -> list[int]:
        """The `count` smallest keys, or all of them."""
        found: list[int] = []
        for first, last in self.ranges:
            found += range(first, min(last + 1, first + count - len(found)))
            if len(found) >= count:
                break
        return found

    def lowest(self, count: int) -> KeySet:
        """The `count` smallest keys, or all of them."""
        sizes = self.bounds[:, 1] - self.bounds[:, 0] + 1
        below = np.cumsum(sizes) - sizes  # keys in earlier ranges
        kept = self.bounds[below < count].copy()
        if len(kept):
            kept[-1, 1] = min(kept[-1, 1], kept[-1, 0] + (count - below[below < count][-1]) - 1)
        return KeySet(kept)

    def parts(self, size: int) -> Iterator[KeySet]:
        """The set in parts of `size` keys, ascending, the last one of what is left."""
        left = self
        while left:
            part = left.lowest(size)
            yield part
            left -= part

    def last(self, count: int) -> KeySet:
        """The `count` largest keys, or all of them."""
        sizes = self.bounds[:, 1] - self.bounds[:, 0] + 1
        above = np.cumsum(sizes[::-1])[::-1] - sizes  # keys in later ranges
        kept = self.bounds[above < count].copy()
        if len(kept):
            kept[0, 0] = max(kept[0, 0], kept[0, 1] - (count - above[above < count][0]) + 1)
        return KeySet(kept)

    def _combined(self, other: KeySet, chosen: Callable[[Mask, Mask], Mask]) -> KeySet:
        points = np.unique(np.concatenate([edge for one in (self, other) for edge in (one.bounds[:, 0], one.bounds[:, 1] + 1)]))
        inside = chosen(self.has(points), other.has(points))  # for the stretch that begins at each point
        edges = np.diff(np.concatenate(([0], inside.astype(np.int8))))
        return KeySet(np.column_stack((points[edges == 1], points[edges == -1] - 1)).astype(np.int64))


NOTHING = KeySet.of()
"""The empty set."""


def union(sets: Iterable[KeySet]) -> KeySet:
    """All keys of all the sets."""
    return KeySet.of(bounds for one in sets for bounds in one.ranges)


KeyRange = Sequence[int]
"""[first index, count, first key]: `count` consecutive indexes mapped to as many consecutive keys."""


@dataclass(frozen=True, slots=True)
class KeyMap:
    """A one-to-one map of row indexes onto primary keys; ranges ascending by index, disjoint, of shape (n, 3)."""

    ranges: Integers

    @classmethod
    def of(cls, ranges: Iterable[KeyRange]) -> Self:
        """From ranges in any order; ranges that continue each other are merged."""
        return cls._merged(np.array([tuple(one) for one in ranges], dtype=np.int64).reshape(-1, 3))

    @classmethod
    def pair(cls, index: Integers, keys: Integers) -> Self:
        """From two columns of the same length, ascending by index."""
        if not len(index):
            return cls.of(())
        breaks = np.flatnonzero((np.diff(index) != 1) | (np.diff(keys) != 1)) + 1
        starts = np.concatenate(([0], breaks))
        counts = np.diff(np.concatenate((starts, [len(index)])))
        return cls(np.column_stack((index[starts], counts, keys[starts])).astype(np.int64))

    @classmethod
    def _merged(cls, ranges: Integers) -> Self:
        ordered = ranges[np.argsort(ranges[:, 0], kind="stable")]
        ends = ordered[:-1, [0, 2]] + ordered[:-1, [1]]
        starts = np.flatnonzero(np.concatenate(([True], (ends != ordered[1:, [0, 2]]).any(axis=1)))[: len(ordered)])
        counts = np.add.reduceat(ordered[:, 1], starts) if len(ordered) else ordered[:, 1]
        return cls(np.column_stack((ordered[starts, 0], counts, ordered[starts, 2])))

    def __len__(self) -> int:
        return int(self.ranges[:, 1].sum())

    def plus(self, other: KeyMap) -> KeyMap:
        """Both maps together."""
        return KeyMap._merged(np.concatenate((self.ranges, other.ranges)))

    def same(self, other: KeyMap) -> bool:
        """Whether both map the same indexes onto the same keys."""
        return np.array_equal(self.ranges, other.ranges)

    def as_lists(self) -> list[list[int]]:
        """The ranges as plain integers, as the ledger stores them."""
        return [[int(value) for value in row] for row in self.ranges]

    def lookup(self, index: Integers) -> tuple[Integers, Mask]:
        """The key of every index (0 if it has none), and whether it has one."""
        if not len(self.ranges):
            return np.zeros(len(index), dtype=np.int64), np.zeros(len(index), dtype=bool)
        first, count, key = self.ranges.T
        place = np.searchsorted(first, index, side="right") - 1
        offset = index - first[place]
        known = (place >= 0) & (offset < count[place])
        return np.where(known, key[place] + offset, 0), known

    def nearest(self, index: Integers) -> Integers:
        """The key of every index, or of the nearest one below it that has a key (above it if none is below).

        The map must not be empty.
        """
        first, count, key = self.ranges.T
        place = np.searchsorted(first, index, side="right") - 1
        offset = np.clip(index - first[place], 0, count[place] - 1)
        nearest: Integers = np.where(place >= 0, key[place] + offset, key[0])
        return nearest

    def missing(self, total: int) -> Integers:
        """The indexes of 0 … total - 1 that have no key, as ranges of shape (n, 2): [first, count]."""
        inside = self.ranges[self.ranges[:, 0] < total]
        starts = np.concatenate(([0], inside[:, 0] + inside[:, 1]))
        ends = np.concatenate((inside[:, 0], [total]))
        counts = ends - starts
        return np.column_stack((starts, counts))[counts > 0]

    def count_below(self, total: int) -> int:
        """How many of the indexes 0 … total - 1 have a key."""
        return int(total - self.missing(total)[:, 1].sum())

    def key_set(self) -> KeySet:
        """The keys, without their indexes."""
        return KeySet.of((key, key + count - 1) for _, count, key in self.as_lists())

    def pairs(self) -> tuple[Integers, Integers]:
        """Every index and its key, as two columns, ascending by index."""
        count = self.ranges[:, 1]
        offset = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
        return np.repeat(self.ranges[:, 0], count) + offset, np.repeat(self.ranges[:, 2], count) + offset

    def parts(self, size: int) -> Iterator[KeyMap]:
        """The map in parts of `size` rows, the last one of what is left."""
        ends = np.cumsum(self.ranges[:, 1])
        for start in range(0, len(self), size):
            stop = min(start + size, len(self))
            first, last = np.searchsorted(ends, (start, stop - 1), side="right")
            ranges = self.ranges[first : last + 1].copy()
            before = start - (ends[first] - ranges[0, 1])
            ranges[0] += (before, -before, before)
            ranges[-1, 1] -= ends[last] - stop
            yield KeyMap(ranges)

    def split(self, keys: KeySet) -> tuple[KeyMap, KeyMap]:
        """The part with keys in `keys`, and the rest."""
        index, key = self.pairs()
        inside = keys.has(key)
        return KeyMap.pair(index[inside], key[inside]), KeyMap.pair(index[~inside], key[~inside])
