"""The statements of the bank accounts."""

from __future__ import annotations

import numpy as np
import polars as pl

from seeding import Integers, Rows, decimals
from terpseed.facts import calendar
from terpseed.facts.money import settlement

RECONCILED_DAYS = 20
"""A line is reconciled once it is so many days old: with the next statement."""


def lines(
    rows: Rows, kind: str, number: pl.Series, *, account: Integers, cents: Integers, moments: calendar.Moments
) -> pl.DataFrame:
    """The columns of `bankTransactions`; `kind` is DEPOSIT or WITHDRAWAL, `number` that of the document."""
    reconciled = calendar.after(moments, np.full(len(rows), RECONCILED_DAYS))
    past = settlement.is_past(rows, reconciled)
    return pl.DataFrame(
        {
            "bankAccountId": account,
            "transactionDate": calendar.dates(moments),
            "transactionType": pl.repeat(kind, len(rows), eager=True),
            "amount": decimals(cents, 2),
            "description": number,
            "referenceNumber": number,
            "isReconciled": past,
            "reconciledAt": calendar.timestamps(reconciled, past),
            "createdAt": calendar.timestamps(moments),
        }
    )
