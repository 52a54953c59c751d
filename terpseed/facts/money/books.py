"""The books: the chart of accounts, the fiscal periods, and the journal of each document.

A journal is all the lines that share a reference. An invoice debits receivables and credits sales. Owned goods leave
inventory; consigned goods were never in it, so their sale itself creates the debt to the supplier. A bill for consigned goods
is therefore already in the books, and only a bill for bought goods has a journal. A voided invoice has none.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import polars as pl

from seeding import Integers, Rows, decimals, divide, numerals
from terpseed.facts import calendar, cells
from terpseed.facts.cells import Layout
from terpseed.facts.goods import stock
from terpseed.facts.money import receivables
from terpseed.facts.sales import pricing, serving, trade


class Number(IntEnum):
    """The accounts, as row indexes of `accounts`."""

    CASH = 0
    RECEIVABLE = 1
    INVENTORY = 2
    PAYABLE = 3
    EQUITY = 4
    RETAINED = 5
    SALES = 6
    COST = 7
    OPERATING = 8
    BAD_DEBT = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account of the chart; TERP looks most of them up by name."""

    code: str
    name: str
    kind: str
    parent: Number | None = None

    @property
    def normal_balance(self) -> str:
        """The side that increases the account."""
        return "DEBIT" if self.kind in ("ASSET", "EXPENSE") else "CREDIT"


CHART = (
    Account(code="1000", name="Cash", kind="ASSET"),
    Account(code="1100", name="Accounts Receivable", kind="ASSET"),
    Account(code="1200", name="Inventory", kind="ASSET"),
    Account(code="2000", name="Accounts Payable", kind="LIABILITY"),
    Account(code="3000", name="Owner's Equity", kind="EQUITY"),
    Account(code="3100", name="Retained Earnings", kind="EQUITY", parent=Number.EQUITY),
    Account(code="4000", name="Sales Revenue", kind="REVENUE"),
    Account(code="5000", name="Cost of Goods Sold", kind="EXPENSE"),
    Account(code="5100", name="Operating Expenses", kind="EXPENSE"),
    Account(code="5200", name="Bad Debt Expense", kind="EXPENSE"),
)
"""By Number."""

MONTHS_BEFORE = 24
"""Fiscal periods before the month of the dataset's last day; they begin before the first journal entry."""
PERIODS = MONTHS_BEFORE + 2


def period_start(rows: Rows, periods: Integers) -> calendar.Moments:
    """The first day of each fiscal period (row index)."""
    return (_this_month(rows) + (periods - MONTHS_BEFORE).astype("timedelta64[M]")).astype("datetime64[D]")


def period(rows: Rows, moments: calendar.Moments) -> Integers:
    """The fiscal period (row index) of each moment."""
    return (moments.astype("datetime64[M]") - _this_month(rows)).astype(np.int64) + MONTHS_BEFORE


class Side(IntEnum):
    """The role of a line in an invoice's journal."""

    RECEIVABLE = 0
    SALES = 1
    COST = 2
    FROM_INVENTORY = 3
    OWED_FOR_CONSIGNED = 4


def _invoice_lines(kind: int) -> list[tuple[int, int]]:
    lines: list[tuple[int, int]] = []
    for place in receivables.STANDING.entries[kind].ravel().tolist():
        served = np.flatnonzero(place == cells.ORDER_OF_LINE)
        owned = np.isin(serving.slot_of_line(served), stock.OWNED)
        lines += [(place, side) for side in (Side.RECEIVABLE, Side.SALES, Side.COST)]
        lines += [(place, Side.FROM_INVENTORY)] if owned.any() else []
        lines += [] if owned.all() else [(place, Side.OWED_FOR_CONSIGNED)]
    return lines


INVOICE_JOURNAL = Layout.of(closed=_invoice_lines(0), opened=_invoice_lines(1))
"""(place of the order, Side)."""


def two_lines(documents: Layout) -> Layout:
    """The journal of documents that debit one account and credit another: (the document's entry, 0 or 1)."""
    return Layout.of(
        **{
            name: [(*entry, side) for entry in table.tolist() for side in (0, 1)]
            for name, table in zip(("closed", "opened"), documents.entries, strict=True)
        }
    )


def invoice_amounts(orders: Rows, sides: Integers) -> Integers:
    """The amount of each line of the invoices' journals, in cents."""
    lines, position = trade.lines_of(orders)
    batches = serving.batch(lines)
    cost = divide(pricing.quantity(lines) * pricing.unit_cost(batches), 100)
    consigned = stock.is_consigned(batches)
    price = pricing.summed(pricing.line_total(lines), position, len(orders))
    owed, own = (pricing.summed(np.where(chosen, cost, 0), position, len(orders)) for chosen in (consigned, ~consigned))
    return np.choose(sides, (price, price, owed + own, own, owed))


def journal(
    rows: Rows,
    *,
    series: int,
    accounts: Integers,
    debit: Integers,
    credit: Integers,
    moments: calendar.Moments,
    posted_by: Integers,
    kind: str,
    documents: Integers,
    description: pl.Series,
) -> pl.DataFrame:
    """The columns of `ledgerEntries`; `series` keeps the entry numbers of each source distinct."""
    posted = calendar.timestamps(moments)
    return pl.DataFrame(
        {
            "entryNumber": "JE-" + calendar.years(moments) + f"-9{series}" + numerals(rows.index, 6),
            "entryDate": calendar.dates(moments),
            "accountId": accounts,
            "debit": decimals(debit, 2),
            "credit": decimals(credit, 2),
            "description": description,
            "referenceType": pl.repeat(kind, len(rows), eager=True),
            "referenceId": documents,
            "fiscalPeriodId": period(rows, moments),
            "isPosted": np.ones(len(rows), dtype=bool),
            "postedAt": posted,
            "postedBy": posted_by,
            "createdBy": posted_by,
            "createdAt": posted,
        }
    )


def transfer(side: Integers, amount: Integers, debited: Number, credited: Number) -> dict[str, Integers]:
    """Accounts, debits and credits of two-line journals: `side` 0 debits `debited`, 1 credits `credited`."""
    return {
        "accounts": np.where(side == 0, debited, credited),
        "debit": np.where(side == 0, amount, 0),
        "credit": np.where(side == 0, 0, amount),
    }


def _this_month(rows: Rows) -> np.datetime64:
    return np.datetime64(rows.as_of, "M")
