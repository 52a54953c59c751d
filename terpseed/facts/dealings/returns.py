"""What came back: whole orders, whose invoices are void, and parts of orders, for which the client gets a credit.

A claim is a part of an order that the client sends back or wants to. Nothing of it is for sale again, and the invoice stays as
it is: the credit is set against it, which as in TERP changes no column of the invoice.
"""

from __future__ import annotations

from enum import IntEnum
from fractions import Fraction

import numpy as np

from seeding import Integers, Mask, Rows, divide, remembered
from terpseed.facts import calendar, catalogue, pinned
from terpseed.facts.cells import Layout
from terpseed.facts.money import receivables
from terpseed.facts.sales import fulfilment, pricing, serving, trade
from terpseed.facts.sales.fulfilment import Step
from terpseed.facts.sales.trade import Fate


class Claim(IntEnum):
    """What came of a return."""

    WHOLE = 0
    """The whole order is back, and its invoice void."""
    SETTLED = 1
    """A part is back, and the credit for it used."""
    HALF_SETTLED = 2
    CREDITED = 3
    """A part is back; the credit is not used yet."""
    REJECTED = 4
    APPROVED = 5
    PENDING = 6


WITH_CREDIT = (Claim.SETTLED, Claim.HALF_SETTLED, Claim.CREDITED)
STATUS = ["PROCESSED", "PROCESSED", "PROCESSED", "PROCESSED", "REJECTED", "APPROVED", "PENDING"]
"""By Claim."""
_RECENT_AGE = {Claim.REJECTED: 6, Claim.APPROVED: 3, Claim.PENDING: 2}
"""When claims without a credit were made, in weekdays before the dataset's last day."""
_APPLIED = {Claim.SETTLED: 100, Claim.HALF_SETTLED: 50}
"""Percent of the credit that is used."""
HALF = 50


def _plan(kind: int) -> list[tuple[int, int]]:
    delivered = np.flatnonzero(trade.FATES[kind] == Fate.DELIVERED).tolist()
    pins = (pinned.DUE_TODAY, pinned.ORDER_AT_LIMIT) if kind else ()
    unsettled = trade.UNSETTLED[kind]
    # At least half of such an invoice is open, which is more than a tenth of one of its lines comes to.
    open_ = [place for place in delivered if unsettled.get(place, 100) <= HALF and place not in pins]
    paid = [place for place in delivered if place not in unsettled]
    plan = [(place, Claim.WHOLE) for place in np.flatnonzero(trade.FATES[kind] == Fate.RETURNED).tolist()]
    plan += zip(open_, WITH_CREDIT, strict=False)
    plan += zip(reversed(paid), _RECENT_AGE, strict=False) if kind else ()
    return sorted(plan)


RETURNS = Layout.of(closed=_plan(0), opened=_plan(1))
"""(place of the order, Claim)."""


def _with(*claims: Claim) -> Layout:
    closed, opened = (table[np.isin(table[:, 1], claims)].tolist() for table in RETURNS.entries)
    return Layout.of(closed=closed, opened=opened)


CREDITS = _with(*WITH_CREDIT)
APPLICATIONS = _with(*_APPLIED)
"""Both (place of the order, Claim)."""


def claim(rows: Rows, layout: Layout) -> Integers:
    """A Claim per row of `layout`."""
    return layout.locate(rows.index)[1][:, 1]


@remembered
def order(rows: Rows, layout: Layout) -> Rows:
    """The order of each row of `layout`."""
    return receivables.order_at(rows, layout)


@remembered
def lines(rows: Rows) -> tuple[Rows, Integers, Integers]:
    """What the returns are of: order lines, for each the position of its return in `rows`, and the quantity in hundredths.

    Of a claim, it is about a tenth of the order's first line, or the share that a profile has for the fact `returned_goods`.
    """
    ordered, position = trade.lines_of(order(rows, RETURNS))
    whole = (claim(rows, RETURNS) == Claim.WHOLE)[position]
    first = np.concatenate(([True], position[1:] != position[:-1])) if len(position) else np.zeros(0, dtype=bool)
    chosen = whole | first
    of = ordered.of("order_line_items", ordered.index[chosen])
    return of, position[chosen], np.where(whole[chosen], pricing.quantity(of), _claimed(of))


def _claimed(of: Rows) -> Integers:
    """About a tenth of a line's quantity, or the share that a profile wants: in selling steps, and in hundredths of a unit."""
    share = Fraction(of.fact("returned_goods", "1/10"))
    step = np.array([form.step for form in catalogue.FORMS])[catalogue.form(serving.product(serving.batch(of)))]
    return np.maximum(pricing.quantity(of) // step * share.numerator // share.denominator, 1) * step


@remembered
def returned_at(rows: Rows) -> calendar.Moments:
    """When a return was entered: a whole order when it came back, a claim some days after the delivery."""
    orders, what = order(rows, RETURNS), claim(rows, RETURNS)
    age = claimed_age(orders)
    for one, days in _RECENT_AGE.items():
        age = np.where(what == one, days, age)
    whole = fulfilment.at(orders, Step.RETURNED)
    return np.where(what == Claim.WHOLE, whole, calendar.moment(orders, "claimed", age))


def claimed_age(orders: Rows) -> Integers:
    """When the client sent a part back, in weekdays before the dataset's last day."""
    return np.maximum(trade.age(orders) - 5, 2)


@remembered
def credited_at(orders: Rows) -> calendar.Moments:
    """When the credit was issued: within an hour of the return."""
    return calendar.later(calendar.moment(orders, "claimed", claimed_age(orders)), orders.integers("credited", 300, 3_600))


@remembered
def applied_at(orders: Rows) -> calendar.Moments:
    """When the credit was used: the next weekday."""
    return calendar.moment(orders, "applied", claimed_age(orders) - 1)


@remembered
def credit(orders: Rows) -> Integers:
    """The credit for the returned part of an order, in cents: what the client was charged for it."""
    all_lines, position = trade.lines_of(orders)
    of = all_lines.of("order_line_items", all_lines.index[np.searchsorted(position, np.arange(len(orders)))])
    return divide(_claimed(of) * pricing.unit_price(of), 100)


def applied(orders: Rows, claims: Integers) -> Integers:
    """How much of the credit is used, in cents."""
    percent = np.select([claims == one for one in _APPLIED], list(_APPLIED.values()), 0)
    return divide(credit(orders) * percent, 100)


def is_whole(rows: Rows) -> Mask:
    """Whether the whole order is back."""
    return claim(rows, RETURNS) == Claim.WHOLE
