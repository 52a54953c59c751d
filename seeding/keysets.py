"""Sets of primary keys, kept as ranges: a million seeded rows are a handful of numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Self

import numpy as np
from django.db.models import Q

from seeding.rows import Integers, Mask

RANGES_PER_STATEMENT = 200
"""How many ranges one SQL statement may name."""


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
        """From single keys, in any order, which may repeat."""
        ordered = np.unique(np.asarray(keys, dtype=np.int64))
        if not len(ordered):
            return cls.of()
        breaks = np.flatnonzero(np.diff(ordered) != 1)
        return cls(np.column_stack((ordered[np.append(0, breaks + 1)], ordered[np.append(breaks, len(ordered) - 1)])))

    def __len__(self) -> int:
        return int((self.bounds[:, 1] - self.bounds[:, 0] + 1).sum())

    def __bool__(self) -> bool:
        return len(self.bounds) > 0

    def __or__(self, other: KeySet) -> KeySet:
        return self._combined(other, np.logical_or)

    def __and__(self, other: KeySet) -> KeySet:
        return self._combined(other, np.logical_and)

    def __sub__(self, other: KeySet) -> KeySet:
        return self._combined(other, np.greater)

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
            yield reduce(or_, (Q(pk__range=one) for one in piece.ranges))

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
        inside = chosen(self.has(points), other.has(points))  # of the stretch that begins at each point
        edges = np.diff(np.concatenate(([0], inside.astype(np.int8))))
        return KeySet(np.column_stack((points[edges == 1], points[edges == -1] - 1)).astype(np.int64))


NOTHING = KeySet.of()
"""The empty set."""


def union(sets: Iterable[KeySet]) -> KeySet:
    """All keys of all the sets."""
    return KeySet.of(bounds for one in sets for bounds in one.ranges)
