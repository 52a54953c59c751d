"""What TERP owes its suppliers, and the payments: consigned batches are owed for as sold, others as received."""

from __future__ import annotations

import numpy as np
import polars as pl

from seeding import Integers, Mask, Rows, divide, numerals, remembered
from terpseed.facts import calendar, parties
from terpseed.facts.cells import BATCHES, Layout, is_open
from terpseed.facts.goods import stock
from terpseed.facts.money import settlement
from terpseed.facts.money.settlement import Part
from terpseed.facts.sales import fulfilment, pricing, serving, trade

PAYABLES = Layout.of(
    **{
        kind: [slot for slot in range(BATCHES) if slot not in stock.OWNED and slot != stock.AWAITED]
        for kind in ("closed", "opened")
    }
)
"""The slot of each consigned batch that was received."""

_SETTLED = [(slot, 2 if slot % serving.SLOTS == 4 else 1, 100) for slot in range(serving.TRADED)]
BILLS = Layout.of(
    closed=[*_SETTLED[:20], (20, 0, 0), (21, 1, 100), (22, 0, 0), (25, 1, 100), (29, 0, 0)],
    opened=[
        *_SETTLED[:13],
        (13, 1, 40),
        (14, 2, 100),
        (15, 0, 0),
        (16, 0, 0),
        (17, 0, 0),
        (21, 2, 100),
        (25, 1, 30),
        (29, 0, 0),
    ],
)
"""(slot of the batch, payments, percent paid). Owned batches are billed on arrival, consigned ones once sold out."""

PAYMENTS = Layout.of(
    **{
        name: [(slot, number, parts, percent) for slot, parts, percent in entries.tolist() for number in range(parts)]
        for name, entries in zip(("closed", "opened"), BILLS.entries, strict=True)
    }
)
"""(slot of the batch, number, parts, percent)."""

PURCHASES = Layout.of(**{kind: list(stock.OWNED) for kind in ("closed", "opened")})
"""The slots of the batches whose bills add to the inventory account."""


@remembered
def batch(rows: Rows, layout: Layout) -> Rows:
    """The batches of `rows`, which are rows of `layout`; its entries begin with the batch's slot."""
    cell, entry = layout.locate(rows.index)
    return serving.batch_at(rows, cell, entry[:, 0])


def bill(batches: Rows) -> Integers:
    """The bill (row index) of a billed batch."""
    return BILLS.index(batches.index // BATCHES, serving.slot(batches))


def bill_number(batches: Rows) -> pl.Series:
    """The number of the bill of a billed batch."""
    return "BILL-" + calendar.years(billed_at(batches)) + "-9" + numerals(bill(batches), 6)


def payment_number(payments: Rows) -> pl.Series:
    """The number of a sent payment."""
    return "PMT-SNT-" + calendar.years(paid_at(payments)) + "-9" + numerals(payments.index, 6)


@remembered
def percent_paid(batches: Rows) -> Integers:
    """The percentage of the batch's bill that is paid; 0 if there is no bill."""
    tables = np.zeros((2, BATCHES), dtype=np.int64)
    for kind, entries in enumerate(BILLS.entries):
        tables[kind, entries[:, 0]] = entries[:, 2]
    return tables[is_open(batches.index // BATCHES), serving.slot(batches)]


def is_billed(batches: Rows) -> Mask:
    """Whether the batch has a bill."""
    tables = np.zeros((2, BATCHES), dtype=bool)
    for kind, entries in enumerate(BILLS.entries):
        tables[kind, entries[:, 0]] = True
    return tables[is_open(batches.index // BATCHES), serving.slot(batches)]


@remembered
def billed_age(batches: Rows) -> Integers:
    """When the batch was billed, in weekdays before the dataset's last day: if consigned, one after the last shipment."""
    sold_out = trade.age(stock.last_order(batches)) - 3
    return np.where(stock.is_consigned(batches), np.maximum(sold_out, 1), stock.lot_age(stock.lot(batches)))


@remembered
def billed_at(batches: Rows) -> calendar.Moments:
    """When the batch was billed."""
    on_intake = calendar.later(stock.received_at(batches), batches.integers("billed", 600, 3_600))
    return np.where(stock.is_consigned(batches), calendar.moment(batches, "billed", billed_age(batches)), on_intake)


def term(batches: Rows) -> Integers:
    """The terms of the bill, as an index into parties.TERMS: the vendor's, but NET_30 until it is paid in full."""
    vendors = batches.of("vendors", serving.lot_seller(stock.lot(batches)))
    usual = parties.term(parties.client_of_seller(vendors))
    return np.where(percent_paid(batches) == 100, usual, parties.TERMS.index("NET_30"))


@remembered
def quantity(batches: Rows) -> Integers:
    """The quantity billed, in hundredths of a unit: all that was received, minus returns if the goods are consigned."""
    return stock.intake(batches) - np.where(stock.is_consigned(batches), stock.returned(batches), 0)


@remembered
def total(batches: Rows) -> Integers:
    """The total of the batch's bill, in cents."""
    return divide(quantity(batches) * pricing.unit_cost(batches), 100)


def part(payments: Rows) -> Part:
    """Which part of its bill each payment is."""
    _, entry = PAYMENTS.locate(payments.index)
    return Part(number=entry[:, 1], parts=entry[:, 2], percent=entry[:, 3])


def amount(payments: Rows) -> Integers:
    """The payment's amount, in cents."""
    return settlement.amount(total(batch(payments, PAYMENTS)), part(payments))


@remembered
def paid_at(payments: Rows) -> calendar.Moments:
    """When the payment was sent."""
    batches = batch(payments, PAYMENTS)
    return settlement.paid_at(payments, billed_at(batches), billed_age(batches), term(batches), part(payments))


def last_paid_at(batches: Rows) -> calendar.Moments:
    """When the last payment on a billed batch was sent; an arbitrary moment if it is not paid."""
    cell = batches.index // BATCHES
    last = PAYMENTS.index(cell, serving.slot(batches) + 1) - 1
    return paid_at(batches.of("payments", np.maximum(last, 0)))


def settled(batches: Rows) -> Integers:
    """The amount paid for a batch, in cents."""
    return divide(total(batches) * percent_paid(batches), 100)


def emptied_at(batches: Rows) -> calendar.Moments:
    """When the last of a sold-out batch was shipped."""
    return fulfilment.shipped_at(stock.last_order(batches))
