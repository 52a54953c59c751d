"""Samples: who asked for one, and where it went.

They come from what the house keeps for that, which is not in the stock journal: TERP counts it in `batches.sampleQty`, and
what is seeded there is used up.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np
import polars as pl

from seeding import Integers, Mask, Rows, divide, numerals, remembered
from terpseed.facts import calendar, catalogue, cells
from terpseed.facts.cells import BATCHES, Layout
from terpseed.facts.goods import stock
from terpseed.facts.sales import pricing, serving, trade
from terpseed.facts.sales.trade import Fate


class Step(IntEnum):
    """The steps of a sample, in chronological order."""

    REQUESTED = 0
    CANCELLED = 1
    FULFILLED = 2
    RETURN_REQUESTED = 3
    RETURN_APPROVED = 4
    RETURNED = 5
    SHIPPED_TO_VENDOR = 6
    VENDOR_CONFIRMED = 7


AGES = (0, 1, 1, 3, 4, 5, 6, 8)
"""By Step: weekdays after the request."""
REQUESTS = (Step.FULFILLED, Step.FULFILLED, Step.REQUESTED, Step.CANCELLED, Step.RETURN_REQUESTED, Step.RETURNED,
            Step.VENDOR_CONFIRMED)  # fmt: skip
"""The last step of each request of a cell, by place; an order came of the first."""
STATUS = ["PENDING" if step == Step.REQUESTED else step.name for step in Step]
"""By Step."""

_ON_SALE = [slot for slot in range(serving.TRADED, BATCHES) if stock.STATUS[slot] == "LIVE"]
_SLOTS = np.array([0, 3, _ON_SALE[1], 8, _ON_SALE[0], 12, 18])
"""By place: the slot of the batch."""
_RECENT = {2: 2, 4: 5}
"""Place → when it was requested, in weekdays before the dataset's last day; the others soon after their batch came."""
_DELIVERED = np.flatnonzero((trade.FATES == Fate.DELIVERED).all(axis=0))
_CONVERTED = int(_DELIVERED[len(_DELIVERED) // 3])
"""The place of the order, a delivered one, that came of a sample."""
BEFORE = (4, 12)
"""Weekdays from a request to the order that came of it."""

PLACES = ("WAREHOUSE", "WITH_CLIENT", "WITH_SALES_REP", "RETURNED")
WAREHOUSE, CLIENT, REP, RETURNED = range(len(PLACES))
_HOPS = {
    0: [(WAREHOUSE, CLIENT, Step.FULFILLED)],
    1: [(WAREHOUSE, REP, Step.FULFILLED), (REP, CLIENT, Step.RETURN_REQUESTED)],
    4: [(WAREHOUSE, CLIENT, Step.FULFILLED)],
    5: [(WAREHOUSE, CLIENT, Step.FULFILLED), (CLIENT, RETURNED, Step.RETURNED)],
    6: [(WAREHOUSE, CLIENT, Step.FULFILLED), (CLIENT, RETURNED, Step.RETURNED)],
}
HISTORY = Layout.of(**{kind: [(place, *hop) for place, hops in _HOPS.items() for hop in hops] for kind in ("closed", "opened")})
"""(place of the request, from, to, the Step at whose moment it went)."""
LOCATION = np.array([_HOPS[place][-1][1] if place in _HOPS else WAREHOUSE for place in range(len(REQUESTS))])
"""By place: an index into PLACES."""


def place(requests: Rows) -> Integers:
    """The place of a request in its cell."""
    return requests.index % len(REQUESTS)


def last_step(requests: Rows) -> Integers:
    """A Step per request."""
    return np.array(REQUESTS)[place(requests)]


def has(requests: Rows, step: Step) -> Mask:
    """Whether a request has taken a step."""
    last = last_step(requests)
    return last == step if step == Step.CANCELLED else (last >= step) & ((last != Step.CANCELLED) | (step == Step.REQUESTED))


def is_converted(requests: Rows) -> Mask:
    """Whether an order came of the sample."""
    return place(requests) == 0


@remembered
def line(requests: Rows) -> Rows:
    """The first line of the order that came of the cell's converted sample."""
    cell = requests.index // len(REQUESTS)
    return requests.of("order_line_items", cell * cells.LINES + cells.FIRST_LINE[_CONVERTED])


@remembered
def batch(requests: Rows) -> Rows:
    """The batch that the sample is of."""
    cell = requests.index // len(REQUESTS)
    other = serving.batch_at(requests, cell, _SLOTS[place(requests)])
    return requests.of("batches", np.where(is_converted(requests), serving.batch(line(requests)).index, other.index))


@remembered
def quantity(requests: Rows) -> Integers:
    """In hundredths of a unit: a few hundredths of a pound, or one or two of anything else."""
    unit = np.array([form.unit == "LB" for form in catalogue.FORMS])[catalogue.form(serving.product(batch(requests)))]
    count = requests.integers("quantity", 1, 3)
    return np.where(unit, count, count * 100)


def quantity_text(requests: Rows) -> pl.Series:
    """The quantity as text, as TERP writes it."""
    amount = quantity(requests)
    return numerals(amount // 100) + "." + numerals(amount % 100, 2)


def cost(requests: Rows) -> Integers:
    """What the sample cost, in cents."""
    return divide(quantity(requests) * pricing.unit_cost(batch(requests)), 100)


@remembered
def age(requests: Rows) -> Integers:
    """When the sample was requested, in weekdays before the dataset's last day: after its batch came."""
    came = stock.lot_age(stock.lot(batch(requests)))
    asked = came - requests.integers("asked", 1, 5)
    for one, days in _RECENT.items():
        asked = np.where(place(requests) == one, days, asked)
    before_order = trade.age(trade.order(line(requests))) + requests.integers("before", *BEFORE)
    return np.minimum(np.where(is_converted(requests), before_order, asked), came - 1)


def at(requests: Rows, step: Step) -> calendar.Moments:
    """When a request took a step (if it did)."""
    return calendar.moment(requests, step.name, np.maximum(age(requests) - AGES[step], 1))


def step_at(requests: Rows, steps: Integers) -> calendar.Moments:
    """When each request took the step given for it."""
    moments = at(requests, Step.REQUESTED)
    for step in Step:
        moments = np.where(steps == step, at(requests, step), moments)
    return moments
