"""How an order is fulfilled: which steps it takes, and when."""

from __future__ import annotations

from enum import IntEnum

import numpy as np

from seeding import Integers, Mask, Rows, remembered
from terpseed.facts import calendar, parties
from terpseed.facts.cells import Layout
from terpseed.facts.sales import trade
from terpseed.facts.sales.trade import Fate


class Step(IntEnum):
    """The steps of an order's fulfilment, in chronological order."""

    DRAFT = 0
    CONFIRMED = 1
    READY_FOR_PACKING = 2
    PACKED = 3
    SHIPPED = 4
    DELIVERED = 5
    RETURNED = 6
    CANCELLED = 7


def path(fate: Fate) -> tuple[Step, ...]:
    """The steps that an order of that fate has taken; quotes stay drafts."""
    if fate == Fate.CANCELLED:
        return (Step.DRAFT, Step.CONFIRMED, Step.READY_FOR_PACKING, Step.CANCELLED)
    last = Step[fate.name] if fate >= Fate.DRAFT else Step.DRAFT
    return tuple(step for step in Step if step <= last)


STATUS = [path(fate)[-1].name for fate in Fate]
"""By Fate."""
_TAKEN = np.array([[step in path(fate) for step in Step] for fate in Fate])

HISTORY = Layout.of(
    **{
        name: [(place, step) for place, fate in enumerate(trade.FATES[kind]) for step in path(Fate(fate))]
        for kind, name in enumerate(("closed", "opened"))
    }
)
"""(place of the order, step): each step taken by each order of a cell."""


def has(orders: Rows, step: Step) -> Mask:
    """Whether an order has taken a step."""
    return _TAKEN[trade.fate(orders), step]


@remembered
def at(orders: Rows, step: Step) -> calendar.Moments:
    """When an order took a step (if it did): confirmed and ready on the day it was written, the rest on later weekdays."""
    if step <= Step.READY_FOR_PACKING:
        minutes = np.zeros(len(orders), dtype=np.int64)
        for earlier in range(1, step + 1):
            minutes = minutes + orders.integers(f"step {earlier}", 5, 31)
        return calendar.later(trade.ordered_at(orders), minutes * 60)
    if step == Step.DELIVERED:
        # Clients who pay on delivery are nearby: their goods arrive the day they leave.
        same_day = calendar.later(at(orders, Step.SHIPPED), orders.integers("delivered", 1_800, 5_400))
        usual = calendar.moment(orders, step.name, np.maximum(trade.age(orders) - 3, 1))
        return np.where(trade.term(orders) == parties.TERMS.index("COD"), same_day, usual)
    weekdays = {Step.PACKED: 1, Step.SHIPPED: 2, Step.RETURNED: 8, Step.CANCELLED: 1}[step]
    return calendar.moment(orders, step.name, np.maximum(trade.age(orders) - weekdays, 1))


@remembered
def shipped_at(orders: Rows) -> calendar.Moments:
    """When a shipped order left the warehouse."""
    return at(orders, Step.SHIPPED)


def last_at(orders: Rows) -> calendar.Moments:
    """When an order took its last step."""
    last = at(orders, Step.DRAFT)
    for step in Step:
        last = np.where(has(orders, step), at(orders, step), last)
    return last


def step_at(orders: Rows, steps: Integers) -> calendar.Moments:
    """When each order took the step given for it."""
    moments = at(orders, Step.DRAFT)
    for step in Step:
        moments = np.where(steps == step, at(orders, step), moments)
    return moments
