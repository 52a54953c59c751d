"""How row indexes are laid out in cells, and how many rows each size has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from seeding import Integers, RecordCount
from seeding.dataset_sizes import SIZES

CLIENTS, SELLERS, STRAINS, PRODUCTS, LOTS, BATCHES, ORDERS = 10, 4, 5, 20, 10, 30, 50
"""Rows per cell."""

LINES_OF_ORDER = np.array([3, 2, 4, 1, 3, 5, 2, 3, 2, 4] * 4 + [3, 2, 4, 1, 3, 5, 2, 3, 2, 3])
LINES = int(LINES_OF_ORDER.sum())
FIRST_LINE = np.concatenate(([0], np.cumsum(LINES_OF_ORDER)[:-1]))
ORDER_OF_LINE = np.repeat(np.arange(ORDERS), LINES_OF_ORDER)
"""The lines of a cell: how many each order has, which is its first, and the order of each line."""

OPEN_EVERY = 10
"""One cell in ten has open orders and the others only past ones, so the last weeks are no busier than the year."""


def per_cell(count: int) -> RecordCount:
    """`count` rows in every cell."""
    return RecordCount(small=count * SIZES["small"], medium=count * SIZES["medium"], large=count * SIZES["large"])


def is_open(cell: Integers) -> Integers:
    """1 for cells with open orders, 0 for the others."""
    return (cell % OPEN_EVERY == 0).astype(np.int64)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Layout(RecordCount):
    """Rows laid out by a table per kind of cell, closed or open: each cell has one row per entry of its table."""

    entries: tuple[Integers, Integers]
    """The tables of a closed and of an open cell, each of shape (rows, columns)."""

    @classmethod
    def of(cls, *, closed: Sequence[object], opened: Sequence[object]) -> Layout:
        """Build a layout from the entries of one closed and one open cell, each a number or a tuple of numbers."""
        tables = (_table(closed), _table(opened))
        small, medium, large = (_rows_before(np.array(SIZES[size]), *tables) for size in ("small", "medium", "large"))
        return cls(small=int(small), medium=int(medium), large=int(large), entries=tables)

    def at(self, size: str, scale: int = 1) -> int:
        """The number of rows in all cells of that size."""
        return int(self.first(np.array(SIZES[size] * scale)))

    def first(self, cell: Integers) -> Integers:
        """The index of the first row of a cell."""
        return _rows_before(cell, *self.entries)

    def index(self, cell: Integers, value: Integers) -> Integers:
        """The index of the first row of `cell` whose entry begins with `value`; entries are sorted by their first value."""
        kind = is_open(cell)
        found = [np.searchsorted(table[:, 0], value) for table in self.entries]
        return self.first(cell) + np.where(kind == 1, found[1], found[0])

    def locate(self, index: Integers) -> tuple[Integers, Integers]:
        """The cell of each row, and the row's entry: shapes (n,) and (n, columns)."""
        cell, position = self.position(index)
        tables = self.entries
        kind = is_open(cell)
        rows = [table[np.minimum(position, len(table) - 1)] for table in tables]
        return cell, np.where(kind[:, None] == 1, rows[1], rows[0])

    def position(self, index: Integers) -> tuple[Integers, Integers]:
        """The cell of each row, and the position of its entry in the cell's table."""
        closed, opened = (len(table) for table in self.entries)
        period = opened + (OPEN_EVERY - 1) * closed
        rest = index % period
        nth = np.where(rest < opened, 0, 1 + (rest - opened) // closed)
        return index // period * OPEN_EVERY + nth, rest - np.where(nth == 0, 0, opened + (nth - 1) * closed)


def _table(entries: Sequence[object]) -> Integers:
    table = np.array(entries, dtype=np.int64)
    return table.reshape(len(entries), -1)


def _rows_before(cell: Integers, closed: Integers, opened: Integers) -> Integers:
    open_cells = -(-cell // OPEN_EVERY)
    return open_cells * len(opened) + (cell - open_cells) * len(closed)
