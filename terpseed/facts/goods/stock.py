"""Lots and batches: when they arrived, their quantities, and how the stock of a batch decreased."""

from __future__ import annotations

import numpy as np
import polars as pl

from seeding import Integers, Mask, Rows, divide, remembered, take
from terpseed.facts import calendar, cells
from terpseed.facts.cells import BATCHES, LOTS, ORDERS, is_open
from terpseed.facts.sales import fulfilment, pricing, serving, trade


def _last_shipped(kind: int, slot: int) -> int:
    places = cells.ORDER_OF_LINE[serving.slot_of_line(np.arange(cells.LINES)) == slot]
    return int(places[np.isin(trade.FATES[kind][places], trade.SHIPPING)].max(initial=0))


NO_ORDERS = 8
"""From this place on, the lots of a cell serve no orders: they arrived too late or are not for sale."""
FRESH_AGE = np.array([6, 1])
"""Minimum weekdays since the last two lots of a cell arrived; up to four more are added."""

STATUS = np.array(["LIVE"] * 26 + ["ON_HOLD", "AWAITING_INTAKE", "QUARANTINED", "LIVE"])
"""The batch status by place in the cell, before any order."""
AWAITED = int(np.flatnonzero(STATUS == "AWAITING_INTAKE")[0])
RECEIVED = BATCHES - 1
"""Batches of a cell that have been received: all but the awaited one."""

OWNED = (21, 25, 29)
"""Slots of the batches that were bought outright; the others, nine in ten, still belong to their suppliers."""
SOLD_OUT = np.array([23, 18])
"""The slots of a closed and of an open cell below this one are sold out: what was shipped was the whole stock."""
GRADES = {"A": "Top shelf quality", "B": "Mid-tier quality", "C": "Budget quality", "D": "Economy quality"}
SITE = "Main Warehouse"
PLACES = tuple(
    (f"Zone {zone}", "Rack 1", f"Shelf {shelf}", f"Bin {number}")
    for zone in "ABC"
    for shelf, number in ((1, 1), (1, 2), (2, 1))
)
"""Zone, rack, shelf and bin of each location that TERP itself creates when it starts."""
_LAST_SHIPPED = np.array([[_last_shipped(kind, slot) for slot in range(BATCHES)] for kind in (0, 1)])
"""[cell is open, slot]: the place of the last shipped order that the batch serves, 0 if it serves none."""
RANGED_SHARE = 0.1
"""Share of batches whose cost was agreed as a range."""


@remembered
def lot_age(lots: Rows) -> Integers:
    """When the lot arrived, in weekdays before the dataset's last day: before the first order that draws from it."""
    cell, place = np.divmod(lots.index, LOTS)
    traded = place < NO_ORDERS
    batches = lots.of("batches", cell * BATCHES + np.minimum(place, NO_ORDERS - 1) * serving.PER_LOT)
    before_orders = trade.age(serving.first_order(batches)) + lots.integers("lead", 1, serving.LEAD + 1)
    fresh = FRESH_AGE[np.maximum(place - NO_ORDERS, 0)] + lots.integers("fresh", 0, 5)
    # In a closed cell, the lot at NO_ORDERS has been in the house for up to four weeks; the last one is still being received.
    settled = (place == NO_ORDERS) & (is_open(cell) == 0)
    fresh = np.where(settled, lots.integers("settled", FRESH_AGE[0], 21), fresh)
    return np.where(traded, before_orders, fresh)


def lot_at(lots: Rows) -> calendar.Moments:
    """When the lot arrived: in the first half of the day, so that its batches are received after it."""
    morning = lots.integers("second", 0, calendar.OPEN_SECONDS // 2).astype("timedelta64[s]")
    return calendar.opening(calendar.day(lots.as_of, lot_age(lots))) + morning


@remembered
def lot(batches: Rows) -> Rows:
    """The lot of a batch."""
    return batches.of("lots", batches.index // serving.PER_LOT)


@remembered
def created_at(batches: Rows) -> calendar.Moments:
    """When the batch was entered: within an hour of its lot's arrival."""
    return calendar.later(lot_at(lot(batches)), batches.integers("entered", 60, 3_600))


@remembered
def received_at(batches: Rows) -> calendar.Moments:
    """When the batch was weighed in: within an hour of being entered."""
    return calendar.later(created_at(batches), batches.integers("received", 60, 3_600))


def place(places: Integers) -> dict[str, pl.Series]:
    """Site, zone, rack, shelf and bin of each location (an index into PLACES)."""
    columns = {
        name: take([one[level] for one in PLACES], places) for level, name in enumerate(("zone", "rack", "shelf", "bin"))
    }
    return {"site": pl.repeat(SITE, len(places), eager=True), **columns}


def status(batches: Rows) -> pl.Series:
    """The batchStatus before any order; SOLD_OUT is derived."""
    return take(STATUS.tolist(), batches.index % BATCHES)


def is_status(batches: Rows, value: str) -> Mask:
    """Whether the batch has that status before any order."""
    return STATUS[batches.index % BATCHES] == value


@remembered
def is_consigned(batches: Rows) -> Mask:
    """Whether the goods still belong to the supplier."""
    return ~np.isin(serving.slot(batches), OWNED)


@remembered
def is_sold_out(batches: Rows) -> Mask:
    """Whether nothing is left once all orders are shipped."""
    return serving.slot(batches) < SOLD_OUT[is_open(batches.index // BATCHES)]


def is_ranged(batches: Rows) -> Mask:
    """Whether the cost was agreed as a range: the unit cost plus or minus a tenth."""
    return batches.chance("ranged", RANGED_SHARE)


def cost_range(batches: Rows) -> tuple[Integers, Integers]:
    """The lowest and highest cost agreed, in hundredths of a cent."""
    cents = pricing.unit_cost(batches)
    return cents * 90, cents * 110


def grade(batches: Rows) -> pl.Series:
    """A (best) to D."""
    return batches.choose("grade", tuple(GRADES), (4, 3, 2, 1))


@remembered
def ordered(batches: Rows) -> Integers:
    """The quantity ordered from the supplier, in hundredths of a unit.

    A sold-out batch held what was shipped of it; any other holds what its lines ask for and up to half as much again, so that
    it can never be oversold.
    """
    traded, fate, quantity = _orders(batches)
    sold_out = is_sold_out(batches)
    surplus = np.where(sold_out, 0.0, batches.uniform("surplus", 0.1, 0.5))[traded]
    asked = np.where(sold_out[traded, None], np.isin(fate, trade.SHIPPING), fate != trade.Fate.QUOTE_CONVERTED)
    whole = (quantity * asked).sum(axis=1)
    amount = divide(batches.integers("untraded", 1_000_000, 3_000_000) * 100, pricing.unit_cost(batches)) // 100 * 100 + 100
    amount[traded] = whole + np.ceil(whole * surplus / 100).astype(np.int64) * 100
    return amount


@remembered
def intake(batches: Rows) -> Integers:
    """The quantity received, in hundredths of a unit: all that was ordered, or 0 while awaited."""
    return np.where(is_status(batches, "AWAITING_INTAKE"), 0, ordered(batches))


def sold(batches: Rows) -> Integers:
    """The quantity shipped and not returned, in hundredths of a unit."""
    return _served(batches, trade.Fate.SHIPPED, trade.Fate.DELIVERED)


def returned(batches: Rows) -> Integers:
    """The quantity returned, in hundredths of a unit; it is not for sale again."""
    return _served(batches, trade.Fate.RETURNED)


def reserved(batches: Rows) -> Integers:
    """The quantity on open orders, in hundredths of a unit."""
    return _served(batches, *trade.RESERVING)


def left(batches: Rows) -> Integers:
    """The quantity on hand once everything is seeded, in hundredths of a unit: what came in less what was shipped."""
    return intake(batches) - _served(batches, *trade.SHIPPING)


def _served(batches: Rows, *fates: trade.Fate) -> Integers:
    """The quantity on orders with one of the fates, in hundredths of a unit."""
    traded, fate, quantity = _orders(batches)
    amount = np.zeros(len(batches), dtype=np.int64)
    amount[traded] = np.where(np.isin(fate, fates), quantity, 0).sum(axis=1)
    return amount


@remembered
def _orders(batches: Rows) -> tuple[Mask, Integers, Integers]:
    """Which batches serve orders and, for each of their lines, the order's fate and the quantity in hundredths of a unit."""
    traded = batches.index % BATCHES < serving.TRADED
    lines = serving.lines_served(batches.of("batches", batches.index[traded]))
    shape = (-1, serving.SLOTS)
    return traded, trade.fate(trade.order(lines)).reshape(shape), pricing.quantity(lines).reshape(shape)


@remembered
def last_order(batches: Rows) -> Rows:
    """The last shipped order that a traded batch serves; the cell's first one for the others."""
    cell = batches.index // BATCHES
    return batches.of("orders", cell * ORDERS + _LAST_SHIPPED[is_open(cell), serving.slot(batches)])


def received(index: Integers, rows: Rows) -> Rows:
    """The received batches at `index`, which does not count the awaited ones."""
    cell, place = np.divmod(index, RECEIVED)
    return rows.of("batches", cell * BATCHES + place + (place >= AWAITED))


def left_before(lines: Rows) -> Integers:
    """The batch's stock just before a shipped line left it, in hundredths of a unit."""
    batches = serving.batch(lines)
    served = serving.lines_served(batches)
    orders = trade.order(served)
    shape = (len(lines), serving.SLOTS)
    gone = np.isin(trade.fate(orders), trade.SHIPPING).reshape(shape)
    left_at = fulfilment.shipped_at(orders).reshape(shape)
    mine = fulfilment.shipped_at(trade.order(lines))[:, None]
    # Two lines of a batch can leave in the same second: the lower index then goes first.
    earlier = (left_at < mine) | ((left_at == mine) & (served.index.reshape(shape) < lines.index[:, None]))
    return intake(batches) - np.where(gone & earlier, pricing.quantity(served).reshape(shape), 0).sum(axis=1)
