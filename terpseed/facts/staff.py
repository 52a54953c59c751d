"""The house itself: the people in it, and the day it began."""

from __future__ import annotations

import numpy as np
import polars as pl

from seeding import Integers, Rows
from terpseed.facts import calendar

STAFF = 6
"""People, each of whom is a row of `users`."""
FOUNDED_AGE = 760
"""Weekdays before the dataset's last day on which the reference data was entered: before the first client."""


def member(rows: Rows, column: str) -> Integers:
    """Who did it: a user's row index."""
    return rows.integers(column, 0, STAFF)


def founded(rows: Rows) -> pl.Series:
    """When a row of reference data was entered."""
    return calendar.timestamps(calendar.moment(rows, "created", np.full(len(rows), FOUNDED_AGE)))
