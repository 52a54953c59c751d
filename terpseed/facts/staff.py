"""The company itself: its staff, and the day it was founded."""

from __future__ import annotations

import numpy as np
import polars as pl

from seeding import Integers, Rows
from terpseed.facts import calendar

STAFF = 6
"""Number of staff; each is a row of `users`."""
FOUNDED_AGE = 760
"""When the reference data was entered, in weekdays before the dataset's last day: before the first client joined."""


def member(rows: Rows, column: str) -> Integers:
    """The staff member who acted, as a row index of `users`."""
    return rows.integers(column, 0, STAFF)


def founded(rows: Rows) -> pl.Series:
    """When a row of reference data was entered."""
    return calendar.timestamps(calendar.moment(rows, "created", np.full(len(rows), FOUNDED_AGE)))
