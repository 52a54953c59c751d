"""Orders and their lines: what became of them, when, whose they are, and how they are called."""

from __future__ import annotations

from datetime import date
from enum import IntEnum

import numpy as np
import polars as pl

from seeding import Integers, Mask, Rows, numerals, remembered
from terpseed.facts import calendar, parties, pinned
from terpseed.facts.cells import CLIENTS, FIRST_LINE, LINES, LINES_OF_ORDER, ORDER_OF_LINE, ORDERS, Layout, is_open

WINDOW = 390
"""Weekdays that the orders span: eighteen months."""
LARGE_ORDERS = 20
"""Orders of a cell placed by its large buyers: 40 % of the orders, at 3.5 times the size, make 70 % of the revenue."""
SPREAD = 618_033_988_749
"""It has no divisor in common with 10^12, so that its multiples mod 10^12 are all different, and keeps neighbours far apart."""


class Fate(IntEnum):
    """The outcome of an order. None rests at CONFIRMED: TERP moves it on to READY_FOR_PACKING at once."""

    QUOTE_UNSENT = 0
    QUOTE_SENT = 1
    QUOTE_VIEWED = 2
    QUOTE_REJECTED = 3
    QUOTE_EXPIRED = 4
    QUOTE_CONVERTED = 5
    DRAFT = 6
    READY_FOR_PACKING = 7
    PACKED = 8
    SHIPPED = 9
    DELIVERED = 10
    RETURNED = 11
    CANCELLED = 12


RESERVING = (Fate.READY_FOR_PACKING, Fate.PACKED)
SHIPPING = (Fate.SHIPPED, Fate.DELIVERED, Fate.RETURNED)
STANDING = RESERVING + SHIPPING

CONVERTED = {6: 8, 16: 18, 26: 28, 46: 48}
"""Quotes that became sales: place of the quote → place of the sale, with as many lines of the same block."""
QUOTED_BEFORE = 8
"""A converted quote was written at most this many weekdays before its sale."""

_PAST = {4: Fate.QUOTE_EXPIRED, 9: Fate.CANCELLED, 14: Fate.QUOTE_REJECTED, 19: Fate.RETURNED, 24: Fate.QUOTE_EXPIRED,
         29: Fate.CANCELLED, 39: Fate.QUOTE_EXPIRED, 44: Fate.QUOTE_REJECTED,
         **dict.fromkeys(CONVERTED, Fate.QUOTE_CONVERTED)}  # fmt: skip
_RECENT = (
    (Fate.QUOTE_VIEWED, 14), (Fate.QUOTE_SENT, 12), (Fate.DRAFT, 11), (Fate.DELIVERED, 9), (Fate.DELIVERED, 8),
    (Fate.SHIPPED, 5), (Fate.SHIPPED, 4), (Fate.PACKED, 3), (Fate.READY_FOR_PACKING, 3), (Fate.READY_FOR_PACKING, 2),
    (Fate.READY_FOR_PACKING, 2), (Fate.READY_FOR_PACKING, 1), (Fate.QUOTE_UNSENT, 1),
)  # fmt: skip
"""The last orders of an open cell: fate, and age in weekdays."""
PAST_ORDERS = np.array([ORDERS, ORDERS - len(_RECENT)])
"""Of a closed and of an open cell."""
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
DEAL = np.where(FATES == Fate.QUOTE_CONVERTED, [CONVERTED.get(place, place) for place in range(ORDERS)], np.arange(ORDERS))
"""[cell is open, place]: the place of the order that says what was agreed: of a converted quote its sale, else the same."""
RECENT_AGE = np.array([0] * (ORDERS - len(_RECENT)) + [age for _, age in _RECENT])

UNSETTLED = (
    {49: 0},
    {27: 70, 31: 50, 33: 0, 35: 60, pinned.DUE_TODAY: 0, 40: 50, pinned.ORDER_AT_LIMIT: 0, 42: 0, 43: 0},
)
"""Shipped orders not paid in full, of a closed and of an open cell: place → percent paid. Sold on NET_30, those up to 36 are
past due, one per bucket of the aging report, and the later ones are not due yet."""


def orders_with(*fates: Fate) -> Layout:
    """The places of the orders with one of the fates."""
    closed, opened = (np.flatnonzero(np.isin(FATES[kind], fates)) for kind in (0, 1))
    return Layout.of(closed=closed.tolist(), opened=opened.tolist())


STATED = orders_with(*STANDING)
"""The places of the orders on the clients' statements: confirmed and not cancelled."""


def lines_with(*fates: Fate) -> Layout:
    """The places of the lines whose orders have one of the fates."""
    closed, opened = (np.flatnonzero(np.isin(FATES[kind][ORDER_OF_LINE], fates)) for kind in (0, 1))
    return Layout.of(closed=closed.tolist(), opened=opened.tolist())


@remembered
def fate(orders: Rows) -> Integers:
    """A Fate per order."""
    cell, place = np.divmod(orders.index, ORDERS)
    return FATES[is_open(cell), place]


@remembered
def deal(orders: Rows) -> Rows:
    """The orders that say what was agreed: of a converted quote the sale that it became, of any other order itself."""
    cell, place = np.divmod(orders.index, ORDERS)
    return _same_or(orders, cell * ORDERS + DEAL[is_open(cell), place])


def is_sale_of_quote(orders: Rows) -> tuple[Mask, Integers]:
    """Whether an order is what a quote became, and that quote (or any order)."""
    cell, place = np.divmod(orders.index, ORDERS)
    quote = np.zeros(ORDERS, dtype=np.int64)
    quote[list(CONVERTED.values())] = list(CONVERTED)
    quotes = orders.of("orders", cell * ORDERS + quote[place])
    return np.isin(place, list(CONVERTED.values())) & (fate(quotes) == Fate.QUOTE_CONVERTED), quotes.index


@remembered
def age(orders: Rows) -> Integers:
    """Weekdays before the dataset's last day.

    Except for pinned orders and converted quotes, never more than those of the cell's previous order.
    """
    ages = _unpinned_age(deal(orders)).copy()
    quoted = np.flatnonzero(fate(orders) == Fate.QUOTE_CONVERTED)
    ages[quoted] += orders.of(orders.table, orders.index[quoted]).integers("quoted", 1, QUOTED_BEFORE + 1)
    midnight, due_today = orders.pinned(pinned.MIDNIGHT_ORDER), _is_due_today(orders)
    ages[midnight] = np.busday_count(_month_end(orders, midnight), np.datetime64(orders.as_of, "D"))
    ages[due_today] = _due_today(orders.as_of)[0]
    return ages


@remembered
def ordered_at(orders: Rows) -> calendar.Moments:
    """When the order was written."""
    moments = calendar.moment(orders, "ordered", age(orders))
    midnight = orders.pinned(pinned.MIDNIGHT_ORDER)
    moments[midnight] = _month_end(orders, midnight)
    return moments


@remembered
def term(orders: Rows) -> Integers:
    """The payment terms, as an index into parties.TERMS: the client's, but NET_30 if the invoice is still open."""
    cell, place = np.divmod(orders.index, ORDERS)
    unsettled = np.array([[where in places for where in range(ORDERS)] for places in UNSETTLED])[is_open(cell), place]
    terms = np.where(unsettled, parties.TERMS.index("NET_30"), parties.term(client(orders)))
    return np.where(_is_due_today(orders), _due_today(orders.as_of)[1], terms)


@remembered
def client(orders: Rows) -> Rows:
    """The client who ordered: a cell's large buyers place LARGE_ORDERS of its orders, its small ones take turns at the rest.

    Who has not joined yet, or has not ordered for long, is skipped. The seller that can also buy has not bought yet: it would
    buy back its own goods.
    """
    orders = deal(orders)
    cell, nth = np.divmod(orders.index, ORDERS)
    rank = orders.shuffled("client", ORDERS)
    large = np.where(parties.has_two_large(cell), 2, 1)
    small = parties.FIRST_SELLER - large
    place = np.where(rank < LARGE_ORDERS, rank % large, large + (nth + nth // small + cell) % small)
    asked = np.flatnonzero((place == parties.LATECOMER) | (cell == pinned.CELL))
    ages = _unpinned_age(orders) + QUOTED_BEFORE
    while len(asked):
        asked = asked[~parties.buys(orders.of("clients", (cell * CLIENTS + place)[asked]), ages[asked])]
        place[asked] = (large + (place - large + 1) % small)[asked]
    buyer = np.where(orders.pinned(pinned.ORDER_AT_LIMIT), pinned.AT_CREDIT_LIMIT, cell * CLIENTS + place)
    return orders.of("clients", buyer)


def last_ordered_at(clients: Rows) -> calendar.Moments:
    """When a client ordered last; long ago if never."""
    cells, position = np.unique(clients.index // CLIENTS, return_inverse=True)
    orders = clients.of("orders", (cells[:, None] * ORDERS + np.arange(ORDERS)).ravel())
    ordering = np.repeat(np.arange(len(cells)), ORDERS) * CLIENTS + client(orders).index % CLIENTS
    return calendar.latest(ordered_at(orders), ordering, len(cells) * CLIENTS)[position * CLIENTS + clients.index % CLIENTS]


@remembered
def lines_of(orders: Rows) -> tuple[Rows, Integers]:
    """All lines of the orders, order by order, and for each line the position of its order in `orders`."""
    cell, place = np.divmod(orders.index, ORDERS)
    counts = LINES_OF_ORDER[place]
    position = np.repeat(np.arange(len(orders)), counts)
    first = cell * LINES + FIRST_LINE[place]
    offset = np.arange(len(position)) - np.repeat(np.cumsum(counts) - counts, counts)
    return orders.of("order_line_items", first[position] + offset), position


@remembered
def order(lines: Rows) -> Rows:
    """The order of a line."""
    cell, place = np.divmod(lines.index, LINES)
    return lines.of("orders", cell * ORDERS + ORDER_OF_LINE[place])


@remembered
def agreed(lines: Rows) -> Rows:
    """The lines that say what is on `lines`: of a converted quote those of its sale, of any other order its own."""
    cell, place = np.divmod(lines.index, LINES)
    order_place = ORDER_OF_LINE[place]
    shift = FIRST_LINE[DEAL[is_open(cell), order_place]] - FIRST_LINE[order_place]
    return _same_or(lines, lines.index + shift)


def sale_number(orders: Rows) -> pl.Series:
    """The number of a sale, as long as TERP's."""
    return "S-" + numerals(sale_digits(orders.index))


def sale_digits(index: Integers) -> Integers:
    """The digits of the sale at a row index, which the first few tell from those of other sales.

    TERP's are the time in milliseconds, which begins with 9 from the year 2255 on. After the 9 stands index × SPREAD mod 10^12,
    computed in two parts because the product has too many digits.
    """
    high, low = divmod(SPREAD, 10**6)
    digits: Integers = 9 * 10**12 + (index * high % 10**6 * 10**6 + index * low) % 10**12
    return digits


def quote_number(orders: Rows) -> pl.Series:
    """The number of a quote: TERP's count the quotes of a year, and never come to 90,000."""
    return "Q-" + calendar.years(ordered_at(orders)) + "-9" + numerals(orders.index, 4)


def _same_or(rows: Rows, index: Integers) -> Rows:
    """Rows `index` of the same table; `rows` themselves, with all that is remembered of them, if they are the same."""
    return rows if np.array_equal(rows.index, index) else rows.of(rows.table, index)


@remembered
def _unpinned_age(orders: Rows) -> Integers:
    cell, place = np.divmod(orders.index, ORDERS)
    kind = is_open(cell)
    span = WINDOW - YOUNGEST_PAST[kind]
    past = WINDOW - np.floor((place + orders.uniform("age")) * span / PAST_ORDERS[kind]).astype(np.int64)
    return np.where(place < PAST_ORDERS[kind], past, RECENT_AGE[place])


def _month_end(orders: Rows, chosen: Mask) -> calendar.Moments:
    """The end of the month in which the chosen orders would have been written if they were not pinned."""
    return calendar.month_end(calendar.day(orders.as_of, _unpinned_age(deal(orders))[chosen]))


def _is_due_today(orders: Rows) -> Mask:
    cell, place = np.divmod(orders.index, ORDERS)
    return (place == pinned.DUE_TODAY) & (is_open(cell) == 1) & orders.rules.edge_cases


def _due_today(as_of: date) -> tuple[int, int]:
    """Age and terms of an order that ships two weekdays later and whose invoice is due on the dataset's last day."""
    weekend = {5: (10, "NET_15"), 6: (20, "NET_30")}
    shipped, terms = weekend.get(as_of.weekday(), (5, "NET_7"))
    return shipped + 2, parties.TERMS.index(terms)
