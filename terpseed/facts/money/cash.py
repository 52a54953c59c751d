"""Cash: which payments are made in it and which through a bank, where it is kept, and when it is counted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from seeding import Integers, Mask, RecordCount, Rows
from seeding.dataset_sizes import SIZES
from terpseed.facts import calendar, staff
from terpseed.facts.cells import Layout
from terpseed.facts.money import payables, receivables, settlement

PLACES = ("Main Safe", "Delivery Cash Box")
"""Suppliers are paid from the first; drivers bring what they collect to the second."""
MAIN, BOX = range(2)
BOX_SHARE = 0.15
"""Share of the cash payments that drivers collect."""

OPENING = 250_000_00
"""The cash that the owners brought, in cents: enough for what suppliers are paid before clients have paid enough."""
OPENING_AGE = 450
"""When they did, in weekdays before the dataset's last day: before the first payment."""

WEEKS = 26
"""Closed shifts of each place: the cash is counted once a week. One more shift has just begun."""
WEEKDAYS = 5

_IN_CASH = np.array(settlement.METHODS) == "CASH"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SomePayments(RecordCount):
    """Some of every len(METHODS) payments of a layout."""

    payments: Layout
    places: Integers

    @classmethod
    def of(cls, payments: Layout, chosen: Mask) -> SomePayments:
        """The payments whose methods, of METHODS, are `chosen`."""
        places = np.flatnonzero(chosen)
        small, medium, large = (_before(payments.at(size), places) for size in SIZES)
        return cls(small=small, medium=medium, large=large, payments=payments, places=places)

    def at(self, size: str, scale: int = 1) -> int:
        """The number of rows in all cells of that size."""
        return _before(self.payments.at(size, scale), self.places)

    def payment(self, rows: Rows) -> Rows:
        """The payment of each row."""
        turn, place = np.divmod(rows.index, len(self.places))
        return rows.of("payments", turn * len(settlement.METHODS) + self.places[place])


def _before(payment: int, places: Integers) -> int:
    turns, rest = divmod(payment, len(settlement.METHODS))
    return turns * len(places) + int((rest > places).sum())


RECEIVED, SENT = (SomePayments.of(layout, _IN_CASH) for layout in (receivables.PAYMENTS, payables.PAYMENTS))
DEPOSITED, WITHDRAWN = (SomePayments.of(layout, ~_IN_CASH) for layout in (receivables.PAYMENTS, payables.PAYMENTS))
"""The payments through a bank account."""


def opened_at(openings: Rows) -> calendar.Moments:
    """When the owners brought cash."""
    return calendar.moment(openings, "opened", np.full(len(openings), OPENING_AGE))


def opened_by(openings: Rows) -> Integers:
    """The staff member who took it."""
    return staff.member(openings, "created by")


def counted_at(shifts: Rows, turn: Integers) -> calendar.Moments:
    """When the cash of each shift's place was counted for the `turn`-th time; the WEEKS-th is the last."""
    counts = shifts.of("shift_audits", turn * len(PLACES) + shifts.index % len(PLACES))
    return calendar.moment(counts, "counted", 1 + (WEEKS - turn) * WEEKDAYS)
