"""Orders and their lines, and which batch each line is served from.

A cell's 144 lines lie in the time order of their orders. Each 36 of them (a *block*) are served by six batches, six lines a
batch, by a permutation of the cell's own: line j of a block draws from batch `permutation[j mod 6]`, so that the lines of one
order (at most five) are of different batches. A block's batches arrive before its first order, and hold at least what its lines
ask for: nothing is ever oversold, and nothing has to be looked up.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np

from seeding.rows import Integers, Mask, Rows, divide
from terpseed.facts import calendar, catalogue, parties
from terpseed.facts.cells import BATCHES, CLIENTS, LOTS, ORDERS, PRODUCTS, SELLERS, STRAINS, is_open

LINES_OF_ORDER = np.array([3, 2, 4, 1, 3, 5, 2, 3, 2, 4] * 4 + [3, 2, 4, 1, 3, 5, 2, 3, 2, 3])
LINES = int(LINES_OF_ORDER.sum())
FIRST_LINE = np.concatenate(([0], np.cumsum(LINES_OF_ORDER)[:-1]))
ORDER_OF_LINE = np.repeat(np.arange(ORDERS), LINES_OF_ORDER)

SLOTS = 6
"""Lines that one batch serves, and batches in a block."""
BLOCK_LINES = SLOTS * SLOTS
TRADED = LINES // SLOTS
"""Batches of a cell that serve orders: its first 24."""
PER_LOT = BATCHES // LOTS

WINDOW = 390
"""Weekdays that the orders span: eighteen months."""
LARGE_ORDERS = 20
"""Orders of a cell that go to its large buyers: 40 % of the orders, at 3.5 times the size, are 70 % of the revenue."""
LARGE_CENTS, SMALL_CENTS = 1_750_000, 500_000
LEAD = 60
"""A batch arrives at most so many weekdays before the first order that may draw from it."""


class Fate(IntEnum):
    """What becomes of an order."""

    QUOTE_UNSENT = 0
    QUOTE_SENT = 1
    QUOTE_VIEWED = 2
    QUOTE_REJECTED = 3
    QUOTE_EXPIRED = 4
    DRAFT = 5
    CONFIRMED = 6
    READY_FOR_PACKING = 7
    PACKED = 8
    SHIPPED = 9
    DELIVERED = 10
    RETURNED = 11
    CANCELLED = 12


RESERVING = (Fate.CONFIRMED, Fate.READY_FOR_PACKING, Fate.PACKED)
SHIPPING = (Fate.SHIPPED, Fate.DELIVERED, Fate.RETURNED)

_PAST = {4: Fate.QUOTE_EXPIRED, 9: Fate.CANCELLED, 14: Fate.QUOTE_REJECTED, 19: Fate.RETURNED, 24: Fate.QUOTE_EXPIRED,
         29: Fate.CANCELLED, 39: Fate.QUOTE_EXPIRED, 44: Fate.QUOTE_REJECTED}  # fmt: skip
_RECENT = (
    (Fate.QUOTE_VIEWED, 14), (Fate.QUOTE_SENT, 12), (Fate.DRAFT, 11), (Fate.DELIVERED, 9), (Fate.DELIVERED, 8),
    (Fate.SHIPPED, 5), (Fate.SHIPPED, 4), (Fate.PACKED, 3), (Fate.READY_FOR_PACKING, 3), (Fate.READY_FOR_PACKING, 2),
    (Fate.CONFIRMED, 2), (Fate.CONFIRMED, 1), (Fate.QUOTE_UNSENT, 1),
)  # fmt: skip
"""The last orders of an open cell: fate, and age in weekdays."""
PAST_ORDERS = np.array([ORDERS, ORDERS - len(_RECENT)])
"""Of a closed cell, and of an open one."""
YOUNGEST_PAST = np.array([9, 16])

FATES = np.array(
    [
        [_PAST.get(place, Fate.DELIVERED) for place in range(ORDERS)],
        [
            *(_PAST.get(place, Fate.DELIVERED) for place in range(ORDERS - len(_RECENT))),
            *(fate for fate, _ in _RECENT),
        ],
    ]
)
"""[cell is open, place of the order in its cell]."""
RECENT_AGE = np.array([0] * (ORDERS - len(_RECENT)) + [age for _, age in _RECENT])

SHIPPED_LINES = tuple(np.flatnonzero(np.isin(FATES[kind][ORDER_OF_LINE], SHIPPING)) for kind in (0, 1))
"""The places of the lines that left the house, in a closed cell and in an open one."""


def fate(orders: Rows) -> Integers:
    """A Fate per order."""
    cell, place = np.divmod(orders.index, ORDERS)
    return FATES[is_open(cell), place]


def age(orders: Rows) -> Integers:
    """Weekdays before the dataset's last day; it never rises from an order of a cell to the next."""
    cell, place = np.divmod(orders.index, ORDERS)
    kind = is_open(cell)
    span = WINDOW - YOUNGEST_PAST[kind]
    past = WINDOW - np.floor((place + orders.uniform("age")) * span / PAST_ORDERS[kind]).astype(np.int64)
    return np.where(place < PAST_ORDERS[kind], past, RECENT_AGE[place])


def ordered_at(orders: Rows) -> calendar.Moments:
    """When the order was written."""
    return calendar.moment(orders, "ordered", age(orders))


def packed_at(orders: Rows) -> calendar.Moments:
    """When a packed order was packed: one weekday after it was written."""
    return calendar.moment(orders, "packed", np.maximum(age(orders) - 1, 1))


def shipped_at(orders: Rows) -> calendar.Moments:
    """When a shipped order was shipped: two weekdays after it was written."""
    return calendar.moment(orders, "shipped", np.maximum(age(orders) - 2, 1))


def client(orders: Rows) -> Rows:
    """Who ordered: LARGE_ORDERS orders of a cell go to its large buyers in turn, the rest to its small ones in turn.

    The seller who may buy has not yet: it would buy its own goods back.
    """
    cell = orders.index // ORDERS
    rank = orders.shuffled("client", ORDERS)
    large = np.where(parties.has_two_large(cell), 2, 1)
    small = parties.FIRST_SELLER - large
    place = np.where(rank < LARGE_ORDERS, rank % large, large + (rank - LARGE_ORDERS) % small)
    return orders.of("clients", cell * CLIENTS + place)


def lines_of(orders: Rows) -> tuple[Rows, Integers]:
    """All lines of the orders, order by order, and for each line the position of its order in `orders`."""
    cell, place = np.divmod(orders.index, ORDERS)
    counts = LINES_OF_ORDER[place]
    position = np.repeat(np.arange(len(orders)), counts)
    first = cell * LINES + FIRST_LINE[place]
    offset = np.arange(len(position)) - np.repeat(np.cumsum(counts) - counts, counts)
    return orders.of("order_line_items", first[position] + offset), position


def order(lines: Rows) -> Rows:
    """The order of a line."""
    cell, place = np.divmod(lines.index, LINES)
    return lines.of("orders", cell * ORDERS + ORDER_OF_LINE[place])


def batch(lines: Rows) -> Rows:
    """The batch that serves a line."""
    cell, place = np.divmod(lines.index, LINES)
    block, within = np.divmod(place, BLOCK_LINES)
    offset = _block_permutations(lines, cell, block)[np.arange(len(lines)), within % SLOTS]
    return lines.of("batches", cell * BATCHES + block * SLOTS + offset)


def lines_served(batches: Rows) -> Rows:
    """The SLOTS lines of every traded batch, flattened: in time order, batch by batch."""
    cell, place = np.divmod(batches.index, BATCHES)
    block, offset = np.divmod(place, SLOTS)
    inverse = np.argsort(_block_permutations(batches, cell, block), axis=1)
    residue = inverse[np.arange(len(batches)), offset]
    first = cell * LINES + block * BLOCK_LINES + residue
    return batches.of("order_line_items", (first[:, None] + SLOTS * np.arange(SLOTS)).ravel())


def first_order(batches: Rows) -> Rows:
    """The first order that may draw from a traded batch."""
    cell, place = np.divmod(batches.index, BATCHES)
    return batches.of("orders", cell * ORDERS + ORDER_OF_LINE[place // SLOTS * BLOCK_LINES])


def lot_seller(lots: Rows) -> Integers:
    """The seller who delivered a lot: the sellers of a cell take turns."""
    cell, place = np.divmod(lots.index, LOTS)
    return cell * SELLERS + (cell + place) % SELLERS


def product(batches: Rows) -> Rows:
    """What a batch holds: three different products of the lot's seller per lot."""
    lot, place = np.divmod(batches.index, PER_LOT)
    lots = batches.of("lots", lot)
    of_strain = lots.permutations("strain", STRAINS)[np.arange(len(batches)), place]
    cell = lot // LOTS
    return batches.of("products", cell * PRODUCTS + of_strain * SELLERS + lot_seller(lots) % SELLERS)


def unit_cost(batches: Rows) -> Integers:
    """Cents per unit."""
    return catalogue.unit_cost(product(batches), batches)


def margin(lines: Rows) -> Integers:
    """Hundredths of a percent of the price: the category's default, three points less for large buyers, some haggled."""
    margins = np.array([catalogue.MARGINS[one.category] * 100 for one in catalogue.FORMS])
    usual = margins[catalogue.form(product(batch(lines)))]
    return usual - 300 * is_large_order(lines) + 200 * is_haggled(lines)


def is_large_order(lines: Rows) -> Mask:
    """Whether a line is on the order of a large buyer."""
    return parties.is_large(client(order(lines)))


def is_haggled(lines: Rows) -> Mask:
    """Whether the margin was set by hand."""
    return lines.chance("haggled", 0.05)


def unit_price(lines: Rows) -> Integers:
    """Cents: cost / (1 - margin)."""
    return divide(unit_cost(batch(lines)) * 10_000, 10_000 - margin(lines))


def quantity(lines: Rows) -> Integers:
    """Hundredths of a unit: what brings the line near its share of the order's value, in whole selling steps."""
    orders = order(lines)
    large = is_large_order(lines)
    value = np.where(large, LARGE_CENTS, SMALL_CENTS) * np.where(
        large, orders.uniform("size", 0.6, 1.4), orders.uniform("size", 0.5, 1.5)
    )
    share = lines.uniform("share", 0.7, 1.3) / LINES_OF_ORDER[orders.index % ORDERS]
    step = np.array([one.step for one in catalogue.FORMS])[catalogue.form(product(batch(lines)))]
    steps = np.maximum(np.rint(value * share * 100 / (unit_price(lines) * step)), 1).astype(np.int64)
    return steps * step


def line_total(lines: Rows) -> Integers:
    """Cents."""
    return divide(quantity(lines) * unit_price(lines), 100)


def _block_permutations(rows: Rows, cell: Integers, block: Integers) -> Integers:
    blocks = LINES // BLOCK_LINES
    return rows.of("batches", cell * blocks + block).permutations("block", SLOTS)
