"""Cash: which payments are made in it, where it is kept, and when it is counted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from seeding import Integers, RecordCount, Rows
from seeding.dataset_sizes import SIZES
from terpseed.facts import calendar, payables, receivables, settlement, staff
from terpseed.facts.cells import Layout

PLACES = ("Main Safe", "Delivery Cash Box")
"""Suppliers are paid from the first; drivers bring what they collect to the second."""
MAIN, BOX = range(2)
BOX_SHARE = 0.15
"""Share of the cash payments that drivers collect."""

OPENING = 100_000_00
"""The cash that the owners brought, in cents: enough for what suppliers are paid before clients have paid enough."""
OPENING_AGE = 450
"""When they did, in weekdays before the dataset's last day: before the first payment."""

WEEKS = 26
"""Closed shifts of each place: the cash is counted once a week. One more shift has just begun."""
WEEKDAYS = 5

_CASH = np.flatnonzero(np.array(settlement.METHODS) == "CASH")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class InCash(RecordCount):
    """The payments of a layout that are made in cash: some of every len(METHODS) rows."""

    payments: Layout

    @classmethod
    def of(cls, payments: Layout) -> InCash:
        """The cash payments among `payments`."""
        small, medium, large = (_before(payments.at(size)) for size in SIZES)
        return cls(small=small, medium=medium, large=large, payments=payments)

    def at(self, size: str, scale: int = 1) -> int:
        """The number of rows in all cells of that size."""
        return _before(self.payments.at(size, scale))

    def payment(self, rows: Rows) -> Rows:
        """The payment of each row."""
        turn, place = np.divmod(rows.index, len(_CASH))
        return rows.of("payments", turn * len(settlement.METHODS) + _CASH[place])


def _before(payment: int) -> int:
    turns, rest = divmod(payment, len(settlement.METHODS))
    return turns * len(_CASH) + int((rest > _CASH).sum())


RECEIVED = InCash.of(receivables.PAYMENTS)
SENT = InCash.of(payables.PAYMENTS)


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
