"""How an invoice or a bill is paid: in how many parts, how much of it, and when.

A plan says for every place of a cell into how many payments (*parts*) what is paid (*percent* of the total) is split.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from seeding import Integers, Mask, Rows, decimals, divide, only, take
from terpseed.facts import calendar, parties, staff

METHODS = ("ACH", "WIRE", "CHECK", "ACH", "CASH", "CHECK", "WIRE", "ACH", "CREDIT_CARD", "CASH",
           "ACH", "CHECK", "WIRE", "DEBIT_CARD", "CASH", "ACH", "CHECK", "OTHER", "WIRE", "ACH")  # fmt: skip
"""Of the payments in turn, so that every method occurs in the smallest dataset."""
BANK_ACCOUNTS = 3
WEEKDAYS = np.array([0, 5, 11, 21])
"""Weekdays that a client with parties.TERMS takes at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Payments of documents (invoices or bills), one each; all of the same length."""

    number: Integers
    """0 for the first payment on a document, 1 for the second."""
    parts: Integers
    """How many payments that document has."""
    percent: Integers
    """How much of the document's total they come to together."""


def amount(total: Integers, part: Part) -> Integers:
    """Cents: half of what is paid first, the rest last, where there are two payments."""
    paid = divide(total * part.percent, 100)
    first = np.where(part.parts == 1, paid, divide(paid, 2))
    return np.where(part.number == 0, first, paid - first)


def paid_at(payments: Rows, issued_at: calendar.Moments, issued_age: Integers, term: Integers, part: Part) -> calendar.Moments:
    """When the payment was made, within the terms (`term`: places in parties.TERMS): cash on delivery, the same day.

    `issued_age` is the age of the document in weekdays, `issued_at` its moment. A second payment follows the first.
    """
    spread = np.floor(payments.uniform("delay") * (WEEKDAYS[term] // part.parts + 1)).astype(np.int64)
    delay = spread + part.number * (WEEKDAYS[term] // 2 + 1)
    age = np.maximum(issued_age - delay, 1)
    same_day = age >= issued_age
    at_once = calendar.later(issued_at, payments.integers("minutes", 5, 60) * 60 * (1 + part.number))
    return np.where(same_day, at_once, np.maximum(calendar.moment(payments, "paid", age), at_once))


def payment(payments: Rows, kind: str, number: pl.Series, cents: Integers, moments: calendar.Moments) -> pl.DataFrame:
    """The columns that every row of `payments` has; cash goes through no bank."""
    method = payments.index % len(METHODS)
    at = calendar.timestamps(moments)
    return pl.DataFrame(
        {
            "paymentNumber": number,
            "paymentType": pl.repeat(kind, len(payments), eager=True),
            "paymentDate": calendar.dates(moments),
            "amount": decimals(cents, 2),
            "paymentMethod": take(METHODS, method),
            "bankAccountId": only(
                pl.Series(payments.integers("bank account", 0, BANK_ACCOUNTS)), np.array(METHODS)[method] != "CASH"
            ),
            "createdBy": staff.member(payments, "created by"),
            "createdAt": at,
            "updatedAt": at,
        }
    )


def is_past(rows: Rows, due_on: calendar.Moments) -> Mask:
    """Whether that day lies before the dataset's last one: what is owed is overdue then."""
    past: Mask = due_on < np.datetime64(rows.as_of, "D")
    return past


def due(issued_at: calendar.Moments, term: Integers) -> calendar.Moments:
    """The day on which the document has to be paid."""
    return calendar.after(issued_at, parties.TERM_DAYS[term])
