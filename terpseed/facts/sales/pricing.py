"""What the lines of an order cost: units, margins, prices and totals."""

from __future__ import annotations

import numpy as np

from seeding import Floats, Integers, Mask, Rows, divide, remembered
from terpseed.facts import calendar, catalogue, parties, pinned
from terpseed.facts.cells import LINES, LINES_OF_ORDER, ORDERS
from terpseed.facts.sales import serving, trade

_LAST_OF_THREE = np.array([n > 2 and line == n - 1 for n in LINES_OF_ORDER for line in range(n)])
"""By place of the line: whether it is the last of three or more."""
LARGE_CENTS, SMALL_CENTS = 1_750_000, 500_000
SEASON = np.array([0.82, 0.86, 0.96, 1.22, 1.02, 1.00, 1.08, 0.98, 0.94, 0.98, 1.10, 1.04])
"""January to December: an order's value relative to the year's average. April has its holiday; winter is quiet."""
QUARTER = 65
"""Weekdays."""
SAMPLES = 0.12
"""Share of orders of three lines and more whose last line is a sample at no charge."""


@remembered
def unit_cost(batches: Rows) -> Integers:
    """The unit cost, in cents."""
    return catalogue.unit_cost(serving.product(batches), batches)


@remembered
def asked_margin(lines: Rows) -> Integers:
    """In hundredths of a percent of the price: the category's default, three points less for large buyers, some haggled."""
    margins = np.array([catalogue.MARGINS[one.category] * 100 for one in catalogue.FORMS])
    usual = margins[catalogue.form(serving.product(serving.batch(lines)))]
    return usual - 300 * is_large_order(lines) + 200 * is_haggled(lines)


@remembered
def margin(lines: Rows) -> Integers:
    """In hundredths of a percent of the price: what was asked, or where the price is whole dollars what that comes to."""
    price, cost, asked = unit_price(lines), unit_cost(serving.batch(lines)), asked_margin(lines)
    whole = catalogue.price_step(serving.product(serving.batch(lines))) > 1
    exact = np.where(whole, divide((price - cost) * 10_000, np.maximum(price, 1)), asked)
    return np.where(is_sample(lines), 0, exact)


def is_large_order(lines: Rows) -> Mask:
    """Whether a line is on a large buyer's order."""
    return parties.is_large(trade.client(trade.order(lines)))


def is_haggled(lines: Rows) -> Mask:
    """Whether the margin was set by hand."""
    return lines.chance("haggled", 0.05)


def is_sample(lines: Rows) -> Mask:
    """Whether the line is a sample at no charge."""
    return (_LAST_OF_THREE[lines.index % LINES] & lines.chance("sample", SAMPLES)) | lines.pinned(pinned.SAMPLE_LINE)


@remembered
def unit_price(lines: Rows) -> Integers:
    """The unit price, in cents: cost / (1 - margin), by the pound in whole dollars, or 0 for a sample."""
    step = catalogue.price_step(serving.product(serving.batch(lines)))
    price = divide(unit_cost(serving.batch(lines)) * 10_000, (10_000 - asked_margin(lines)) * step) * step
    return np.where(is_sample(lines), 0, price)


@remembered
def quantity(lines: Rows) -> Integers:
    """In hundredths of a unit: the selling steps that bring the line near its share of the order's value (a sample: one)."""
    orders, large = trade.order(lines), is_large_order(lines)
    value = np.where(large, LARGE_CENTS, SMALL_CENTS) * np.where(
        large, orders.uniform("size", 0.6, 1.4), orders.uniform("size", 0.5, 1.5)
    )
    share = lines.uniform("share", 0.7, 1.3) / LINES_OF_ORDER[orders.index % ORDERS]
    step = np.array([one.step for one in catalogue.FORMS])[catalogue.form(serving.product(serving.batch(lines)))]
    asked = value * season(orders) * share * 100 / (np.maximum(unit_price(lines), 1) * step)
    return np.where(is_sample(lines), 1, np.maximum(np.rint(asked), 1)).astype(np.int64) * step


@remembered
def season(orders: Rows) -> Floats:
    """The SEASON factor of the order's month, times what a profile wants of all orders and of those of the last QUARTER."""
    ages = trade.age(orders)
    months = calendar.day(orders.as_of, ages).astype("datetime64[M]").astype(np.int64)
    recent = np.where(ages <= QUARTER, orders.fact("recent_sales", 1.0), 1.0)
    return SEASON[months % 12] * recent * orders.fact("order_size", 1.0)


@remembered
def line_total(lines: Rows) -> Integers:
    """The line's total, in cents."""
    return divide(quantity(lines) * unit_price(lines), 100)


@remembered
def order_total(orders: Rows) -> Integers:
    """Σ line totals, in cents."""
    lines, position = trade.lines_of(orders)
    return summed(line_total(lines), position, len(orders))


@remembered
def order_cost(orders: Rows) -> Integers:
    """Σ costs of the lines, in hundredths of a cent."""
    lines, position = trade.lines_of(orders)
    return summed(quantity(lines) * unit_cost(serving.batch(lines)), position, len(orders))


def order_margin(orders: Rows) -> Integers:
    """What an order brings in above its cost, in cents."""
    return order_total(orders) - divide(order_cost(orders), 100)


def summed(values: Integers, position: Integers, count: int) -> Integers:
    """Σ values per position 0 … count - 1."""
    sums = np.zeros(count, dtype=np.int64)
    np.add.at(sums, position, values)
    return sums
