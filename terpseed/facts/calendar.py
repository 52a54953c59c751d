"""Business time: whole weekdays before the dataset's last day, from 9:00 to 16:00 in California, as moments of UTC.

There it is 16 or 15 hours to midnight UTC, so the day of an event is the same in both time zones.
"""

from __future__ import annotations

from datetime import date
from functools import cache

import numpy as np
import numpy.typing as npt
import polars as pl

from seeding import Integers, Mask, Rows, only

OPENS_AT = 17 * 3600
"""9:00 Pacific Standard Time, in seconds of a UTC day; an hour earlier in daylight saving time."""
OPEN_SECONDS = 7 * 3600 - 1
LAST_SECOND = 5 * 3600
"""An event that others follow on the same day happens at least two hours before closing time."""
Moments = npt.NDArray[np.datetime64]


def day(as_of: date, age: Integers) -> Moments:
    """The weekday `age` weekdays before `as_of` (age ≥ 1, so always before it)."""
    return np.busday_offset(np.datetime64(as_of, "D"), -age, roll="backward")


def moment(rows: Rows, column: str, age: Integers) -> Moments:
    """A second within business hours, `age` weekdays ago, drawn from the stream `column`."""
    return opening(day(rows.as_of, age)) + rows.integers(f"{column}/second", 0, LAST_SECOND).astype("timedelta64[s]")


def opening(days: Moments) -> Moments:
    """When business opens on each day."""
    whole = days.astype("datetime64[D]")
    return np.add(whole.astype("datetime64[s]"), _opens_at()[whole.astype(np.int64)])


@cache
def _opens_at() -> npt.NDArray[np.timedelta64]:
    """By day since 1970: daylight saving time lasts from the second Sunday in March to the first one in November."""
    first, last = np.datetime64("1970-01-01", "D"), np.datetime64("2106-01-01", "D")
    years = np.arange(first, last, dtype="datetime64[Y]").astype("datetime64[M]")
    begins = np.busday_offset((years + np.timedelta64(2, "M")).astype("datetime64[D]"), 1, roll="forward", weekmask="Sun")
    ends = np.busday_offset((years + np.timedelta64(10, "M")).astype("datetime64[D]"), 0, roll="forward", weekmask="Sun")
    days = np.arange(first, last)
    saving = np.searchsorted(begins, days, side="right") > np.searchsorted(ends, days, side="right")
    return (OPENS_AT - 3600 * saving).astype("timedelta64[s]")


def later(moments: Moments, seconds: Integers | int) -> Moments:
    """`moments` plus `seconds`, on the same day and never after closing time."""
    closing = opening(moments) + np.timedelta64(OPEN_SECONDS, "s")
    return np.minimum(moments + np.asarray(seconds).astype("timedelta64[s]"), closing)


def month_end(days: Moments) -> Moments:
    """The last day of each day's month."""
    following: Moments = (days.astype("datetime64[M]") + np.timedelta64(1, "M")).astype("datetime64[D]")
    return following - np.timedelta64(1, "D")


def after(moments: Moments, days: Integers) -> Moments:
    """The calendar day `days` days after each moment."""
    return moments.astype("datetime64[D]") + days.astype("timedelta64[D]")


def latest(moments: Moments, groups: Integers, count: int) -> Moments:
    """The last of the moments of every group 0 … count - 1; long ago for a group that has none. `groups` has one per moment."""
    last = np.full(count, np.datetime64("1970-01-01T00:00:00"))
    np.maximum.at(last.view(np.int64), groups, moments.astype(last.dtype).view(np.int64))  # quick for plain numbers alone
    return last


def timestamps(moments: Moments, present: Mask | None = None) -> pl.Series:
    """A column of UTC datetimes; null where `present` is False."""
    values = pl.Series(moments.astype("datetime64[us]")).cast(pl.Datetime("us", "UTC"))
    return values if present is None else only(values, present)


def dates(moments: Moments, present: Mask | None = None) -> pl.Series:
    """A column of dates; null where `present` is False."""
    values = pl.Series(moments.astype("datetime64[D]"))
    return values if present is None else only(values, present)


def years(moments: Moments) -> pl.Series:
    """The calendar years, as text."""
    return pl.Series(1970 + moments.astype("datetime64[Y]").astype(np.int64)).cast(pl.String)
