"""Edge cases in every dataset, at fixed row indexes and therefore with codes that never change.

They obey the same rules as any other row. TERP's tests can find them by code, at every size and for every seed.
"""

from __future__ import annotations

CELL = 0
"""The cell of all edge cases but DUE_TODAY."""

LONGEST_NAME, ACCENTED_NAME, AT_CREDIT_LIMIT, WITHOUT_ORDERS = 2, 3, 4, 6
"""Clients: a name of 255 characters; accents and an emoji; a debt exactly at the credit limit; a buyer without orders."""

QUIET = 250
"""Weekdays before the dataset's last day since which the clients with such names have ordered nothing."""

MIDNIGHT_ORDER = 13
"""An order written at 00:00:00 on the last day of a month."""

SAMPLE_LINE = 30
"""An order line with a sample, at no charge."""

DUE_TODAY = 36
"""The place, in every open cell, of an order whose invoice is due on the dataset's last day."""

ORDER_AT_LIMIT = 41
"""An unpaid order of the client at its credit limit."""
