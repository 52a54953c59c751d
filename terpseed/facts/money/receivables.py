"""What clients owe: an invoice for each shipped order, and the payments on it."""

from __future__ import annotations

import numpy as np
import polars as pl

from seeding import Integers, Mask, Rows, divide, numerals, remembered
from terpseed.facts import calendar, parties
from terpseed.facts.cells import CLIENTS, ORDERS, Layout, is_open
from terpseed.facts.money import settlement
from terpseed.facts.money.settlement import Part
from terpseed.facts.sales import fulfilment, pricing, trade
from terpseed.facts.sales.fulfilment import Step
from terpseed.facts.sales.trade import Fate

INVOICES = trade.orders_with(*trade.SHIPPING)
"""The place of the order."""
STANDING = trade.orders_with(Fate.SHIPPED, Fate.DELIVERED)
"""The place of the order, for invoices that are not void: returned goods are not owed for."""
LINES = trade.lines_with(*trade.SHIPPING)
"""The place of the order line."""


def _plan(kind: int) -> list[tuple[int, int, int, int]]:
    payments = []
    for place in STANDING.entries[kind].ravel().tolist():
        percent = trade.UNSETTLED[kind].get(place, 100)
        parts = 2 if percent == 100 and place % 6 == 2 else 1
        payments += [(place, number, parts, percent) for number in range(parts if percent else 0)]
    return payments


PAYMENTS = Layout.of(closed=_plan(0), opened=_plan(1))
"""(place of the order, number, parts, percent)."""


def order(invoices: Rows) -> Rows:
    """The order of an invoice."""
    return order_at(invoices, INVOICES)


@remembered
def order_at(rows: Rows, layout: Layout) -> Rows:
    """The orders of `rows`, which are rows of `layout`; its entries begin with the order's place."""
    cell, entry = layout.locate(rows.index)
    return rows.of("orders", cell * ORDERS + entry[:, 0])


def invoice(orders: Rows) -> Integers:
    """The invoice (row index) of a shipped order."""
    cell, place = np.divmod(orders.index, ORDERS)
    return INVOICES.index(cell, place)


def invoice_number(orders: Rows) -> pl.Series:
    """The number of the invoice of a shipped order."""
    return "INV-" + calendar.years(invoiced_at(orders)) + "-9" + numerals(invoice(orders), 6)


def payment_number(payments: Rows) -> pl.Series:
    """The number of a received payment."""
    return "PMT-RCV-" + calendar.years(paid_at(payments)) + "-9" + numerals(payments.index, 6)


@remembered
def invoiced_at(orders: Rows) -> calendar.Moments:
    """When the invoice of a shipped order was written: within an hour of shipping."""
    return calendar.later(fulfilment.shipped_at(orders), orders.integers("invoiced", 600, 3_600))


def due(orders: Rows) -> calendar.Moments:
    """The due date of a shipped order's invoice."""
    return settlement.due(invoiced_at(orders), trade.term(orders))


def is_void(orders: Rows) -> Mask:
    """Whether the invoice was voided because the goods were returned."""
    return trade.fate(orders) == Fate.RETURNED


def part(payments: Rows) -> Part:
    """Which part of its invoice each payment is."""
    _, entry = PAYMENTS.locate(payments.index)
    return Part(number=entry[:, 1], parts=entry[:, 2], percent=entry[:, 3])


def amount(payments: Rows) -> Integers:
    """The payment's amount, in cents."""
    return settlement.amount(pricing.order_total(order_at(payments, PAYMENTS)), part(payments))


def paid_at(payments: Rows) -> calendar.Moments:
    """When the payment was received."""
    orders = order_at(payments, PAYMENTS)
    age, term = np.maximum(trade.age(orders) - 2, 1), trade.term(orders)
    on_delivery = (term == parties.TERMS.index("COD")) & fulfilment.has(orders, Step.DELIVERED)
    delivered = fulfilment.at(orders, Step.DELIVERED)
    since = np.where(on_delivery, np.maximum(delivered, invoiced_at(orders)), invoiced_at(orders))
    return settlement.paid_at(payments, since, age, term, part(payments))


def open_amount(orders: Rows) -> Integers:
    """What is left to pay of a shipped order once everything is seeded, in cents."""
    cell, place = np.divmod(orders.index, ORDERS)
    percent = np.array([[plan.get(where, 100) for where in range(ORDERS)] for plan in trade.UNSETTLED])[is_open(cell), place]
    total = pricing.order_total(orders)
    return total - divide(total * percent, 100)


def owed(client: int, rows: Rows) -> int:
    """The amount one client owes once everything is seeded, in cents."""
    cell = client // CLIENTS
    unsettled = trade.UNSETTLED[int(is_open(np.array(cell)))]
    orders = rows.of("orders", cell * ORDERS + np.array(list(unsettled)))
    return int(open_amount(orders)[trade.client(orders).index == client].sum())
