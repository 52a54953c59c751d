"""Row index → primary key, as ranges: what the ledger stores and what every reference is resolved with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from seeding.keysets import KeySet
from seeding.rows import Integers, Mask

KeyRange = Sequence[int]
"""[first index, count, first key]: `count` consecutive indexes on as many consecutive keys."""


@dataclass(frozen=True, slots=True)
class KeyMap:
    """A one-to-one map of row indexes onto primary keys; ranges ascending by index, disjoint, of shape (n, 3)."""

    ranges: Integers

    @classmethod
    def of(cls, ranges: Iterable[KeyRange]) -> Self:
        """From ranges in any order; neighbours that continue each other become one."""
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
        """The key of every index, and whether it has one (the key of one that has none is 0)."""
        if not len(self.ranges):
            return np.zeros(len(index), dtype=np.int64), np.zeros(len(index), dtype=bool)
        first, count, key = self.ranges.T
        place = np.searchsorted(first, index, side="right") - 1
        offset = index - first[place]
        known = (place >= 0) & (offset < count[place])
        return np.where(known, key[place] + offset, 0), known

    def nearest(self, index: Integers) -> Integers:
        """The key of every index, or of the nearest one below it that has a key (above it, where none is below).

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
        """The keys, without what they stand for."""
        return KeySet.of((key, key + count - 1) for _, count, key in self.as_lists())

    def pairs(self) -> tuple[Integers, Integers]:
        """Every index and its key, as two columns, ascending by index."""
        count = self.ranges[:, 1]
        offset = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
        return np.repeat(self.ranges[:, 0], count) + offset, np.repeat(self.ranges[:, 2], count) + offset

    def split(self, keys: KeySet) -> tuple[KeyMap, KeyMap]:
        """The part with keys in `keys`, and the rest."""
        index, key = self.pairs()
        inside = keys.has(key)
        return KeyMap.pair(index[inside], key[inside]), KeyMap.pair(index[~inside], key[~inside])
