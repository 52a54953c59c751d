"""What the business costs to run, beside its goods."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from seeding import Integers, Rows, numerals, remembered
from terpseed.facts import calendar
from terpseed.facts.money import settlement

PER_CELL = 12
"""Expenses per cell: the more business, the more they are."""
OLDEST = 380
"""Weekdays before the dataset's last day at which the first was paid."""
METHODS = ("BANK_TRANSFER", "CHECK", "CREDIT_CARD", "DEBIT_CARD", "BANK_TRANSFER", "OTHER")
"""In turn. None is in cash, so all of them go through a bank account."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """A category of TERP's own list."""

    name: str
    parent: str = ""
    low: int = 0
    high: int = 0
    """Dollars that an expense comes to; none is entered under a category without."""
    about: str = ""


CATEGORIES = (
    Category(name="Rent/Lease", low=900, high=1_500, about="Warehouse rent"),
    Category(name="Utilities"),
    Category(name="Payroll/Wages"),
    Category(name="Marketing/Advertising"),
    Category(name="Office Supplies", low=40, high=220, about="Labels and paper"),
    Category(name="Insurance", low=300, high=700, about="Cargo insurance"),
    Category(name="Professional Services"),
    Category(name="Travel", low=80, high=600, about="Visit to a farm"),
    Category(name="Maintenance/Repairs", low=120, high=900, about="Van repair"),
    Category(name="Electricity", parent="Utilities", low=200, high=650, about="Electricity"),
    Category(name="Water", parent="Utilities"),
    Category(name="Gas", parent="Utilities"),
    Category(name="Internet/Phone", parent="Utilities", low=90, high=260, about="Telephones"),
    Category(name="Salaries", parent="Payroll/Wages", low=1_500, high=2_900, about="Warehouse shifts"),
    Category(name="Benefits", parent="Payroll/Wages"),
    Category(name="Payroll Taxes", parent="Payroll/Wages"),
    Category(name="Digital Advertising", parent="Marketing/Advertising", low=150, high=800, about="Menu advertising"),
    Category(name="Print Advertising", parent="Marketing/Advertising"),
    Category(name="Events & Sponsorships", parent="Marketing/Advertising"),
    Category(name="Legal", parent="Professional Services", low=400, high=1_200, about="Licence renewal"),
    Category(name="Accounting", parent="Professional Services", low=300, high=900, about="Monthly books"),
    Category(name="Consulting", parent="Professional Services"),
)
"""TERP enters them at its first start; parents first."""
_SPENT_ON = np.array([index for index, one in enumerate(CATEGORIES) if one.high])


@remembered
def category(expenses: Rows) -> Integers:
    """An index into CATEGORIES: the ones with expenses, in turn."""
    return _SPENT_ON[(expenses.index // PER_CELL + expenses.index) % len(_SPENT_ON)]


@remembered
def amount(expenses: Rows) -> Integers:
    """What was spent, in cents."""
    low, high = (np.array([getattr(one, name) * 100 for one in CATEGORIES])[category(expenses)] for name in ("low", "high"))
    return low + np.floor(expenses.uniform("amount") * (high - low)).astype(np.int64)


@remembered
def paid_at(expenses: Rows) -> calendar.Moments:
    """When it was paid: the expenses of a cell are spread over the time of trade."""
    turn = expenses.index % PER_CELL
    age = OLDEST - np.floor((turn + expenses.uniform("age")) * (OLDEST - 1) / PER_CELL).astype(np.int64)
    return calendar.moment(expenses, "paid", age)


def number(expenses: Rows) -> pl.Series:
    """The number of an expense."""
    return "EXP-" + calendar.years(paid_at(expenses)) + "-9" + numerals(expenses.index, 6)


def bank_account(expenses: Rows) -> Integers:
    """The bank account (row index) that it was paid from."""
    return expenses.integers("bank account", 0, settlement.BANK_ACCOUNTS)
