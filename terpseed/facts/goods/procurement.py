"""Purchase orders: one for each lot, and some without a lot."""

from __future__ import annotations

from enum import IntEnum

import numpy as np
import polars as pl

from seeding import Integers, Mask, Rows, divide, numerals, remembered
from terpseed.facts import calendar, catalogue
from terpseed.facts.cells import LOTS, PRODUCTS, SELLERS, STRAINS, Layout
from terpseed.facts.goods import stock
from terpseed.facts.sales import pricing, serving


class Stage(IntEnum):
    """The stage of a purchase order."""

    DRAFT = 0
    SENT = 1
    CONFIRMED = 2
    RECEIVING = 3
    RECEIVED = 4
    CANCELLED = 5


_LOTS = [(place, Stage.RECEIVED, 0) for place in range(LOTS - 1)] + [(LOTS - 1, Stage.RECEIVING, 0)]
_CANCELLED = (LOTS, Stage.CANCELLED, 0)
_UNDER_WAY = [(LOTS + 1, Stage.CONFIRMED, 4), (LOTS + 2, Stage.SENT, 2), (LOTS + 3, Stage.DRAFT, 1)]
PURCHASE_ORDERS = Layout.of(closed=[*_LOTS, _CANCELLED], opened=[*_LOTS, _CANCELLED, *_UNDER_WAY])
"""(place, Stage, age in weekdays if under way); the places below LOTS are those of the lots."""
ITEMS = Layout.of(
    **{
        name: [(place, item) for place, _, _ in table.tolist() for item in range(serving.PER_LOT)]
        for name, table in zip(("closed", "opened"), PURCHASE_ORDERS.entries, strict=True)
    }
)
"""(place of the purchase order, number of the item)."""
LEAD = 4
"""A lot arrives at most this many weekdays after it was ordered."""
CANCELLED_AGE = (20, 380)
"""When a cancelled order was written, in weekdays before the dataset's last day."""
LATE_SHARE, LATE_DAYS = 0.25, 3
"""Share of lots that arrive later than promised, and by how many days at most."""


def stage(orders: Rows) -> Integers:
    """A Stage per purchase order."""
    return PURCHASE_ORDERS.locate(orders.index)[1][:, 1]


@remembered
def lot(orders: Rows) -> tuple[Rows, Mask]:
    """The lot of each purchase order, and whether it has one (if not, the lot is another order's)."""
    cell, entry = PURCHASE_ORDERS.locate(orders.index)
    place = entry[:, 0]
    return orders.of("lots", cell * LOTS + np.minimum(place, LOTS - 1)), place < LOTS


def order_of(lots: Rows) -> Integers:
    """The purchase order (row index) that a lot was delivered for."""
    cell, place = np.divmod(lots.index, LOTS)
    return PURCHASE_ORDERS.index(cell, place)


@remembered
def seller(orders: Rows) -> Integers:
    """The seller (index of vendor, brand and supplier profile) that the order was sent to."""
    lots, exists = lot(orders)
    cell, entry = PURCHASE_ORDERS.locate(orders.index)
    return np.where(exists, serving.lot_seller(lots), cell * SELLERS + entry[:, 0] % SELLERS)


@remembered
def age(orders: Rows) -> Integers:
    """When the order was written, in weekdays before the dataset's last day."""
    lots, exists = lot(orders)
    before_lot = stock.lot_age(lots) + orders.integers("lead", 1, LEAD + 1)
    cancelled = orders.integers("cancelled", *CANCELLED_AGE)
    under_way = PURCHASE_ORDERS.locate(orders.index)[1][:, 2]
    return np.where(exists, before_lot, np.where(stage(orders) == Stage.CANCELLED, cancelled, under_way))


@remembered
def ordered_at(orders: Rows) -> calendar.Moments:
    """When the order was written."""
    return calendar.moment(orders, "ordered", age(orders))


def number(orders: Rows) -> pl.Series:
    """The number of a purchase order."""
    return "PO-" + calendar.years(ordered_at(orders)) + "-9" + numerals(orders.index, 4)


@remembered
def sent_at(orders: Rows) -> calendar.Moments:
    """When a sent order was sent: within an hour of being written."""
    return calendar.later(ordered_at(orders), orders.integers("sent", 300, 1_800))


def confirmed_at(orders: Rows) -> calendar.Moments:
    """When the supplier confirmed the order: within an hour of its being sent."""
    return calendar.later(sent_at(orders), orders.integers("confirmed", 300, 1_800))


def came_at(orders: Rows) -> calendar.Moments:
    """When the goods arrived (if they did)."""
    return stock.lot_at(lot(orders)[0])


def expected_at(orders: Rows) -> calendar.Moments:
    """The day the goods are promised for: usually the day they arrived; without a lot, a week after the order."""
    late = np.where(orders.chance("late", LATE_SHARE), orders.integers("days late", 1, LATE_DAYS + 1), 0)
    promised = np.maximum(came_at(orders) - late.astype("timedelta64[D]"), confirmed_at(orders))
    return np.where(lot(orders)[1], promised, ordered_at(orders) + np.timedelta64(7, "D"))


def cancelled_at(orders: Rows) -> calendar.Moments:
    """When the order was cancelled (if it was): one to three weekdays after it was written."""
    return calendar.moment(orders, "cancelled at", age(orders) - orders.integers("second thoughts", 1, 4))


@remembered
def is_bought(orders: Rows) -> Mask:
    """Whether any of the order is bought outright; the rest is consigned, and owed for once it is sold."""
    lots, exists = lot(orders)
    batches = orders.of("batches", (lots.index[:, None] * serving.PER_LOT + np.arange(serving.PER_LOT)).ravel())
    return ~exists | ~stock.is_consigned(batches).reshape(-1, serving.PER_LOT).all(axis=1)


@remembered
def order(items: Rows) -> tuple[Rows, Integers]:
    """The purchase order of an item, and the item's number on it."""
    cell, entry = ITEMS.locate(items.index)
    return items.of("purchaseOrders", PURCHASE_ORDERS.index(cell, entry[:, 0])), entry[:, 1]


@remembered
def batch(items: Rows) -> tuple[Rows, Mask]:
    """The batch of an item, and whether it has one (if not, the batch is another item's)."""
    orders, number = order(items)
    lots, exists = lot(orders)
    return items.of("batches", lots.index * serving.PER_LOT + number), exists


def product(items: Rows) -> Rows:
    """The product ordered: each order has three different products of its seller."""
    batches, exists = batch(items)
    orders, number = order(items)
    cell, entry = PURCHASE_ORDERS.locate(orders.index)
    strain = (entry[:, 0] + number) % STRAINS
    other = cell * PRODUCTS + strain * SELLERS + seller(orders) % SELLERS
    return items.of("products", np.where(exists, serving.product(batches).index, other))


@remembered
def unit_cost(items: Rows) -> Integers:
    """The unit cost, in cents."""
    batches, exists = batch(items)
    return np.where(exists, pricing.unit_cost(batches), catalogue.unit_cost(product(items), items))


def quantity(items: Rows) -> Integers:
    """The quantity ordered, in hundredths of a unit; always whole units."""
    batches, exists = batch(items)
    other = divide(items.integers("value", 200_000, 800_000), unit_cost(items)) * 100 + 100
    return np.where(exists, stock.ordered(batches), other)


def received(items: Rows) -> Integers:
    """The quantity received, in hundredths of a unit."""
    batches, exists = batch(items)
    return np.where(exists, stock.intake(batches), 0)


def total(orders: Rows) -> Integers:
    """The total of a purchase order, in cents."""
    cell, entry = PURCHASE_ORDERS.locate(orders.index)
    first = ITEMS.index(cell, entry[:, 0])
    items = orders.of("purchaseOrderItems", (first[:, None] + np.arange(serving.PER_LOT)).ravel())
    return divide((quantity(items) * unit_cost(items)).reshape(-1, serving.PER_LOT).sum(axis=1), 100)
