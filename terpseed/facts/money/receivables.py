"""What clients owe: an invoice for each shipped order, and the payments on it."""

from __future__ import annotations

import numpy as np
import polars as pl

from seeding import Integers, Mask, Rows, divide, numerals, remembered, take
from terpseed.facts import calendar, parties
from terpseed.facts.cells import CLIENTS, ORDERS, Layout
from terpseed.facts.money import settlement
from terpseed.facts.money.invoicing import due, invoiced_at, percent_paid
from terpseed.facts.money.settlement import Part
from terpseed.facts.sales import fulfilment, pricing, trade
from terpseed.facts.sales.fulfilment import Step
from terpseed.facts.sales.trade import Fate

INVOICES = trade.orders_with(*trade.SHIPPING)
"""The place of the order."""
STOOD = (Fate.SHIPPED, Fate.DELIVERED)
"""The fates of orders whose invoices are not void: returned goods are not owed for."""
STANDING = trade.orders_with(*STOOD)
"""The place of the order, for invoices that are not void."""
LINES = trade.lines_with(*trade.SHIPPING)
"""The place of the order line."""


def _plan(kind: int) -> list[tuple[int, int, int]]:
    payments = []
    for place in STANDING.entries[kind].ravel().tolist():
        percent = trade.UNSETTLED[kind].get(place, 100)
        parts = 2 if percent == 100 and place % 6 == 2 else 1
        payments += [(place, number, parts) for number in range(parts if percent else 0)]
    return payments


PAYMENTS = Layout.of(closed=_plan(0), opened=_plan(1))
"""(place of the order, number, parts)."""


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


def is_void(orders: Rows) -> Mask:
    """Whether the invoice was voided because the goods were returned."""
    return trade.fate(orders) == Fate.RETURNED


def part(payments: Rows) -> Part:
    """Which part of its invoice each payment is."""
    _, entry = PAYMENTS.locate(payments.index)
    return Part(number=entry[:, 1], parts=entry[:, 2], percent=percent_paid(order_at(payments, PAYMENTS)))


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
    total = pricing.order_total(orders)
    return total - divide(total * percent_paid(orders), 100)


@remembered
def paid_amount(orders: Rows) -> Integers:
    """What is paid of a shipped order once everything is seeded, in cents: nothing of a void invoice."""
    return np.where(is_void(orders), 0, pricing.order_total(orders) - open_amount(orders))


def status(invoices: Rows, paid: Integers) -> pl.Series:
    """The status of invoices of which so many cents are paid."""
    orders = order(invoices)
    unpaid = take(("SENT", "VIEWED"), invoices.chance("viewed", 0.6).astype(np.int64))
    standing = settlement.status(pricing.order_total(orders), paid, settlement.is_past(orders, due(orders)), unpaid)
    return pl.repeat("VOID", len(invoices), eager=True).zip_with(pl.Series(is_void(orders)), standing)


@remembered
def last_status(orders: Rows) -> pl.Series:
    """The status of the invoices of shipped orders once everything is seeded."""
    return status(orders.of("invoices", invoice(orders)), paid_amount(orders))


def last_paid_at(orders: Rows) -> calendar.Moments:
    """When the last payment on a shipped order was received; an arbitrary moment if there is none."""
    cell, place = np.divmod(orders.index, ORDERS)
    last = PAYMENTS.index(cell, place + 1) - 1
    return paid_at(orders.of("payments", np.maximum(last, 0)))


@remembered
def account(clients: Rows) -> tuple[Integers, Integers, Integers, Integers]:
    """What each client has spent, what TERP has earned by it, what it still owes, all in cents, and for how many days.

    Once everything is seeded; void invoices do not count. A debt is as old as the first invoice that is overdue: 0 without any.
    """
    cells, position = np.unique(clients.index // CLIENTS, return_inverse=True)
    every = clients.of("orders", (cells[:, None] * ORDERS + np.arange(ORDERS)).ravel())
    orders = every.of("orders", every.index[np.isin(trade.fate(every), STOOD)])
    holder = np.searchsorted(cells, orders.index // ORDERS) * CLIENTS + trade.client(orders).index % CLIENTS
    open_, due_on = open_amount(orders), due(orders).astype("datetime64[D]")
    days = (np.datetime64(orders.as_of, "D") - due_on).astype(np.int64)
    count, own = len(cells) * CLIENTS, position * CLIENTS + clients.index % CLIENTS
    oldest = np.zeros(count, dtype=np.int64)
    np.maximum.at(oldest, holder, np.where((open_ != 0) & (days > 0), days, 0))
    sums = [pricing.summed(one, holder, count) for one in (pricing.order_total(orders), pricing.order_margin(orders), open_)]
    spent, earned, owes = (one[own] for one in sums)
    return spent, earned, owes, oldest[own]


def owed(client: int, rows: Rows) -> int:
    """The amount one client owes once everything is seeded, in cents."""
    orders = rows.of("orders", client // CLIENTS * ORDERS + np.arange(ORDERS))
    standing = (trade.client(orders).index == client) & np.isin(trade.fate(orders), STOOD)
    return int(open_amount(orders)[standing].sum())
