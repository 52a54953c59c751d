"""Shares that are exact: a third of thirty rows is ten, wherever the thirty end and however many more there are to come.

The rows are laid out in strata, each as long as one chosen row stands for; in every stratum one row is chosen, at a random
place. So of the first n rows, n × share are chosen if that is a whole number, and otherwise less than one more or fewer.
Which rows are depends on nothing but the stream and the share.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from seeding.arrays import Integers, Mask
from seeding.generation.streams import mix

FINEST = 1_000_000
"""The largest denominator of a share: products with row numbers stay within 64 bits."""


def split(stream: np.uint64, place: Integers, share: Fraction) -> tuple[Mask, Integers]:
    """Which of the places are chosen, and how many places before each one are."""
    parts, whole = share.numerator, share.denominator
    if parts <= 0:
        return np.zeros(len(place), dtype=bool), np.zeros(len(place), dtype=np.int64)
    stratum = place * parts // whole
    first, end = -(-stratum * whole // parts), -(-(stratum + 1) * whole // parts)
    length = (end - first).astype(np.uint64)
    chosen_place = first + (mix(stream, stratum) % length).astype(np.int64)
    return place == chosen_place, stratum + (chosen_place < place)


def assigned(streams: Sequence[np.uint64], place: Integers, weights: Sequence[Fraction]) -> tuple[Integers, Integers]:
    """The number of the weight that each place falls to, each to its share of them, and its place among those of that number.

    Takes one stream per weight but the last. Weights are halved again and again, each time into shares of what is left.
    """
    number, rank = np.zeros(len(place), dtype=np.int64), place.copy()

    def halve(rows: Integers, places: Integers, low: int, high: int) -> None:
        if high - low == 1:
            number[rows], rank[rows] = low, places
            return
        middle = (low + high) // 2
        left, both = sum(weights[low:middle], Fraction(0)), sum(weights[low:high], Fraction(0))
        chosen, before = split(streams[middle - 1], places, left / both if both else Fraction(0))
        halve(rows[chosen], before[chosen], low, middle)
        halve(rows[~chosen], (places - before)[~chosen], middle, high)

    halve(np.arange(len(place)), place, 0, len(weights))
    return number, rank
