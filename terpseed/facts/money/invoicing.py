"""When shipped orders are invoiced, when the invoices are due, and how much of each is paid."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from seeding import Integers, Rows, remembered
from terpseed.facts import calendar, parties
from terpseed.facts.cells import CLIENTS, OPEN_EVERY, ORDERS, is_open
from terpseed.facts.money import settlement
from terpseed.facts.sales import fulfilment, trade
from terpseed.facts.sales.trade import Fate

PERCENT = np.array([[plan.get(place, 100) for place in range(ORDERS)] for plan in trade.UNSETTLED])
"""[cell is open, place of the order]: how much of its invoice is paid, of a hundred."""
IN_ARREARS = 40
"""The same of an order whose client is overdue because a profile wants it."""
KEPT = (31, 33)
"""Orders of an open cell that stay overdue, whatever share of the clients a profile wants to be: credits are for them."""
FREED = (27, 35)
"""Those that are overdue as well, unless a profile wants a share."""


@remembered
def invoiced_at(orders: Rows) -> calendar.Moments:
    """When the invoice of a shipped order was written: within an hour of shipping."""
    return calendar.later(fulfilment.shipped_at(orders), orders.integers("invoiced", 600, 3_600))


def due(orders: Rows) -> calendar.Moments:
    """The due date of a shipped order's invoice."""
    return settlement.due(invoiced_at(orders), trade.term(orders))


@remembered
def percent_paid(orders: Rows) -> Integers:
    """How much of a shipped order is paid once everything is seeded, of a hundred.

    The fact `overdue` is the share of clients with an overdue invoice; it is exact, cell by cell.
    """
    cell, place = np.divmod(orders.index, ORDERS)
    usual = PERCENT[is_open(cell), place]
    if orders.fact("overdue") is None:
        return usual
    cells, position = np.unique(cell, return_inverse=True)
    return _percent_of_cells(orders, cells)[position, place]


def _percent_of_cells(rows: Rows, cells: Integers) -> Integers:
    """The percentages of all orders of the cells: shape (cells, ORDERS)."""
    opened = is_open(cells)
    percent = PERCENT[opened].copy()
    percent[np.ix_(opened == 1, FREED)] = 100
    every = rows.of("orders", (cells[:, None] * ORDERS + np.arange(ORDERS)).ravel())
    client = (trade.client(every).index % CLIENTS).reshape(-1, ORDERS)
    settled = np.isin(trade.fate(every), (Fate.DELIVERED,)) & settlement.is_past(every, due(every))
    may = settled.reshape(-1, ORDERS) & (PERCENT[opened] == 100)
    may[np.ix_(opened == 1, FREED)] = True
    preferred = rows.of("clients", cells).permutations("overdue", parties.LATECOMER)
    wanted = _wanted(Fraction(rows.fact("overdue")), cells)
    for row in range(len(cells)):
        chosen = list(dict.fromkeys(client[row, list(KEPT)].tolist())) if opened[row] else []
        for one in preferred[row].tolist():
            places = np.flatnonzero(may[row] & (client[row] == one))
            if len(chosen) < wanted[row] and one not in chosen and len(places):
                percent[row, places[-1]] = IN_ARREARS
                chosen.append(one)
    return percent


def _wanted(share: Fraction, cells: Integers) -> Integers:
    """How many clients of each cell are overdue: together the share of them all, but never fewer than KEPT of an open one."""

    def together(count: Integers) -> Integers:
        """Of the first so many cells."""
        usual = count * CLIENTS * share.numerator // share.denominator
        period = np.maximum(count - 1, 0) // OPEN_EVERY * OPEN_EVERY
        least = period * CLIENTS * share.numerator // share.denominator + len(KEPT)
        return np.where(count > 0, np.maximum(usual, least), 0)

    return together(cells + 1) - together(cells)
