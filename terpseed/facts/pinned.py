"""Edge cases that every dataset has, at fixed row indexes and so under codes that never change.

They are as true as any other row: whoever tests TERP finds them by their codes, at every size and for every seed.
"""

from __future__ import annotations

LONGEST_NAME, ACCENTED_NAME, AT_CREDIT_LIMIT, WITHOUT_ORDERS = 2, 3, 4, 6
"""Clients: a name of 255 characters; accents and an emoji; owes exactly what it may owe; buys, but has bought nothing."""

MIDNIGHT_ORDER = 13
"""An order written at 00:00:00 on the last day of a month."""

SAMPLE_LINE = 30
"""An order line with a sample, at no charge."""

DUE_TODAY = 36
"""The place in every open cell of an order whose invoice is due on the dataset's last day."""

ORDER_AT_LIMIT = 41
"""An order of the client at its credit limit that is still to be paid."""
