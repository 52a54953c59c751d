"""How an invoice or a bill is paid: in how many parts, how much of it, and when.

For each place of a cell, a plan gives how much is paid (*percent* of the total) and in how many payments (*parts*).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from seeding import Integers, Mask, Rows, decimals, divide, numerals, only, take
from terpseed.facts import calendar, notes, parties, staff

METHODS = ("ACH", "WIRE", "CHECK", "ACH", "CASH", "CHECK", "WIRE", "ACH", "CREDIT_CARD", "CASH",
           "ACH", "CHECK", "WIRE", "DEBIT_CARD", "CASH", "ACH", "CHECK", "OTHER", "WIRE", "ACH")  # fmt: skip
"""Assigned to payments in turn, so that every method occurs in the smallest dataset."""
REFERENCES = {"ACH": "ACH-", "WIRE": "FW-", "CHECK": "CK-", "CASH": "RCPT-", "CREDIT_CARD": "AUTH-", "DEBIT_CARD": "AUTH-",
              "OTHER": "REF-"}  # fmt: skip
"""How the reference of a payment begins, by method."""
_PREFIXES = tuple(REFERENCES[method] for method in METHODS)
BANK_ACCOUNTS = 3
WEEKDAYS = np.array([0, 5, 11, 21])
"""Maximum weekdays until payment, for each of parties.TERMS."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """For each payment, which part of its document (invoice or bill) it is; all arrays have the same length."""

    number: Integers
    """0 for the first payment on a document, 1 for the second."""
    parts: Integers
    """The number of payments on the document."""
    percent: Integers
    """The percentage of the document's total that they cover together."""


def amount(total: Integers, part: Part) -> Integers:
    """The payment's amount, in cents: of two payments, the first is half of what is paid and the second the rest."""
    paid = divide(total * part.percent, 100)
    first = np.where(part.parts == 1, paid, divide(paid, 2))
    return np.where(part.number == 0, first, paid - first)


def paid_at(payments: Rows, issued_at: calendar.Moments, issued_age: Integers, term: Integers, part: Part) -> calendar.Moments:
    """When the payment was made, within the terms (`term`: indexes into parties.TERMS); for COD, the same day.

    `issued_age` is the age of the document in weekdays, `issued_at` its moment. A second payment follows the first.
    """
    spread = np.floor(payments.uniform("delay") * (WEEKDAYS[term] // part.parts + 1)).astype(np.int64)
    delay = spread + part.number * (WEEKDAYS[term] // 2 + 1)
    age = np.maximum(issued_age - delay, 1)
    same_day = age >= issued_age
    at_once = calendar.later(issued_at, payments.integers("minutes", 5, 60) * 60 * (1 + part.number))
    return np.where(same_day, at_once, np.maximum(calendar.moment(payments, "paid", age), at_once))


def bank_account(payments: Rows) -> Integers:
    """The bank account (row index) that a payment goes through, unless it is in cash."""
    return payments.integers("bank account", 0, BANK_ACCOUNTS)


def payment(payments: Rows, kind: str, number: pl.Series, cents: Integers, moments: calendar.Moments) -> pl.DataFrame:
    """The columns common to all rows of `payments`; cash has no bank account, but a receipt like any other reference."""
    method = payments.index % len(METHODS)
    reference = take(_PREFIXES, method) + numerals(payments.integers(f"{kind} reference", 100_000, 1_000_000))
    at = calendar.timestamps(moments)
    return pl.DataFrame(
        {
            "paymentNumber": number,
            "paymentType": pl.repeat(kind, len(payments), eager=True),
            "paymentDate": calendar.dates(moments),
            "amount": decimals(cents, 2),
            "paymentMethod": take(METHODS, method),
            "referenceNumber": reference,
            "notes": notes.some(payments, notes.RECEIVED if kind == "RECEIVED" else notes.SENT),
            "bankAccountId": only(pl.Series(bank_account(payments)), np.array(METHODS)[method] != "CASH"),
            "createdBy": staff.member(payments, "created by"),
            "createdAt": at,
            "updatedAt": at,
        }
    )


def is_past(rows: Rows, due_on: calendar.Moments) -> Mask:
    """Whether the due date is before the dataset's last day, so that what is owed is overdue."""
    past: Mask = due_on < np.datetime64(rows.as_of, "D")
    return past


def status(total: Integers, paid: Integers, past: Mask, unpaid: pl.Series) -> pl.Series:
    """The status of documents of which `paid` cents are paid; `unpaid` is that of one on which nothing is paid or overdue."""
    settled = np.select([paid == total, past, paid > 0], [0, 1, 2], 3)
    return take(("PAID", "OVERDUE", "PARTIAL", ""), settled).zip_with(pl.Series(settled < 3), unpaid)


def due(issued_at: calendar.Moments, term: Integers) -> calendar.Moments:
    """The document's due date."""
    return calendar.after(issued_at, parties.TERM_DAYS[term])
