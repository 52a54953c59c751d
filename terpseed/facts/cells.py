"""How row indexes are laid out in cells, and how many rows a size has."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from seeding.rows import Integers
from seeding.seeders import SIZES, RecordCount

CLIENTS, SELLERS, STRAINS, PRODUCTS, LOTS, BATCHES, ORDERS = 10, 4, 5, 20, 10, 30, 50
"""Rows per cell."""

OPEN_EVERY = 10
"""One cell in ten has today's open orders, the others only past ones: so the last weeks are no busier than the year."""


def per_cell(count: int) -> RecordCount:
    """`count` rows in every cell."""
    return RecordCount(small=count * SIZES["small"], medium=count * SIZES["medium"], large=count * SIZES["large"])


def is_open(cell: Integers) -> Integers:
    """1 for the cells that have open orders, 0 for the others."""
    return (cell % OPEN_EVERY == 0).astype(np.int64)


@dataclass(frozen=True, slots=True, kw_only=True)
class VaryingCount(RecordCount):
    """Rows of which an open cell has another number than a closed one."""

    in_open: int
    in_closed: int

    @classmethod
    def of(cls, *, in_open: int, in_closed: int) -> VaryingCount:
        """From the rows of one cell of either kind."""
        small, medium, large = (_total(SIZES[size], in_open, in_closed) for size in ("small", "medium", "large"))
        return cls(small=small, medium=medium, large=large, in_open=in_open, in_closed=in_closed)

    def at(self, size: str, scale: int = 1) -> int:
        """Rows in all the cells of that size."""
        return _total(SIZES[size] * scale, self.in_open, self.in_closed)

    def locate(self, index: Integers) -> tuple[Integers, Integers]:
        """The cell of each row, and the row's place in it."""
        period = _total(OPEN_EVERY, self.in_open, self.in_closed)
        rest = index % period
        nth = np.where(rest < self.in_open, 0, 1 + (rest - self.in_open) // self.in_closed)
        start = np.where(nth == 0, 0, self.in_open + (nth - 1) * self.in_closed)
        return index // period * OPEN_EVERY + nth, rest - start


def _total(cells: int, in_open: int, in_closed: int) -> int:
    opened = -(-cells // OPEN_EVERY)
    return opened * in_open + (cells - opened) * in_closed
