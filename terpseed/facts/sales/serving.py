"""The batch that serves each line.

A cell's 144 lines are in the time order of their orders. Each *block* of 36 lines is served by six batches, six lines per
batch, through the cell's own permutation: line j of a block draws from batch `permutation[j mod 6]`, so the lines of one order
(at most five) draw from different batches. A block's batches arrive before its first order and hold at least what its lines
ask for: nothing is ever oversold, and nothing has to be looked up.
"""

from __future__ import annotations

import numpy as np

from seeding import Integers, Rows, remembered
from terpseed.facts.cells import BATCHES, LINES, LOTS, ORDER_OF_LINE, ORDERS, PRODUCTS, SELLERS, STRAINS

SLOTS = 6
"""Lines per batch, and batches per block."""
BLOCK_LINES = SLOTS * SLOTS
TRADED = LINES // SLOTS
"""Batches of a cell that serve orders: its first 24."""
PER_LOT = BATCHES // LOTS
LEAD = 15
"""A batch arrives at most this many weekdays before the first order that can draw from it."""


@remembered
def batch(lines: Rows) -> Rows:
    """The batch that serves a line."""
    cell, place = np.divmod(lines.index, LINES)
    return batch_at(lines, cell, slot_of_line(place))


def slot_of_line(place: Integers) -> Integers:
    """The slot that serves the line at a place of its cell."""
    block, within = np.divmod(place, BLOCK_LINES)
    return block * SLOTS + within % SLOTS


def batch_at(rows: Rows, cell: Integers, slot: Integers) -> Rows:
    """The batch at a slot of a cell.

    Traded slot 6b + j is the batch that serves every sixth line of block b, beginning with line j; the cell's permutation
    determines which batch of the block that is. The other slots are the places themselves.
    """
    block = np.minimum(slot // SLOTS, TRADED // SLOTS - 1)
    offset = _block_permutations(rows, cell, block)[np.arange(len(slot)), slot % SLOTS]
    return rows.of("batches", cell * BATCHES + np.where(slot < TRADED, block * SLOTS + offset, slot))


@remembered
def slot(batches: Rows) -> Integers:
    """The slot of a batch in its cell: the inverse of `batch_at`."""
    cell, place = np.divmod(batches.index, BATCHES)
    block = np.minimum(place // SLOTS, TRADED // SLOTS - 1)
    inverse = np.argsort(_block_permutations(batches, cell, block), axis=1)
    return np.where(place < TRADED, block * SLOTS + inverse[np.arange(len(batches)), place % SLOTS], place)


@remembered
def lines_served(batches: Rows) -> Rows:
    """The SLOTS lines of every traded batch, flattened: in time order, batch by batch."""
    block, residue = np.divmod(slot(batches), SLOTS)
    first = batches.index // BATCHES * LINES + block * BLOCK_LINES + residue
    return batches.of("order_line_items", (first[:, None] + SLOTS * np.arange(SLOTS)).ravel())


def first_order(batches: Rows) -> Rows:
    """The first order that can draw from a traded batch."""
    cell, place = np.divmod(batches.index, BATCHES)
    return batches.of("orders", cell * ORDERS + ORDER_OF_LINE[place // SLOTS * BLOCK_LINES])


def lot_seller(lots: Rows) -> Integers:
    """The seller that delivered a lot: the sellers of a cell take turns."""
    cell, place = np.divmod(lots.index, LOTS)
    return cell * SELLERS + (cell + place) % SELLERS


@remembered
def product(batches: Rows) -> Rows:
    """The product of a batch: each lot holds three different products of its seller."""
    lot, place = np.divmod(batches.index, PER_LOT)
    lots = batches.of("lots", lot)
    of_strain = lots.permutations("strain", STRAINS)[np.arange(len(batches)), place]
    cell = lot // LOTS
    return batches.of("products", cell * PRODUCTS + of_strain * SELLERS + lot_seller(lots) % SELLERS)


def _block_permutations(rows: Rows, cell: Integers, block: Integers) -> Integers:
    blocks = LINES // BLOCK_LINES
    return rows.of("batches", cell * blocks + block).permutations("block", SLOTS)
