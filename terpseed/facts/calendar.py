"""Business time: whole weekdays before the dataset's last day, and seconds after 9:00 UTC."""

from __future__ import annotations

from datetime import date

import numpy as np
import numpy.typing as npt
import polars as pl

from seeding import Integers, Mask, Rows, only

OPENS_AT = 9 * 3600
OPEN_SECONDS = 8 * 3600
LAST_SECOND = 6 * 3600
"""An event that others follow on the same day happens at least two hours before closing time."""
Moments = npt.NDArray[np.datetime64]


def day(as_of: date, age: Integers) -> Moments:
    """The weekday `age` weekdays before `as_of` (age ≥ 1, so always before it)."""
    return np.busday_offset(np.datetime64(as_of, "D"), -age, roll="backward")


def moment(rows: Rows, column: str, age: Integers) -> Moments:
    """A second within business hours, `age` weekdays ago, drawn from the stream `column`."""
    seconds = rows.integers(f"{column}/second", 0, LAST_SECOND) + OPENS_AT
    return day(rows.as_of, age).astype("datetime64[s]") + seconds.astype("timedelta64[s]")


def later(moments: Moments, seconds: Integers | int) -> Moments:
    """`moments` plus `seconds`, on the same day and never after closing time."""
    closing = moments.astype("datetime64[D]").astype("datetime64[s]") + np.timedelta64(OPENS_AT + OPEN_SECONDS, "s")
    return np.minimum(moments + np.asarray(seconds).astype("timedelta64[s]"), closing)


def month_end(days: Moments) -> Moments:
    """The last day of each day's month."""
    following: Moments = (days.astype("datetime64[M]") + np.timedelta64(1, "M")).astype("datetime64[D]")
    return following - np.timedelta64(1, "D")


def after(moments: Moments, days: Integers) -> Moments:
    """The calendar day `days` days after each moment."""
    return moments.astype("datetime64[D]") + days.astype("timedelta64[D]")


def timestamps(moments: Moments, present: Mask | None = None) -> pl.Series:
    """A column of UTC datetimes; null where `present` is False."""
    values = pl.Series(moments.astype("datetime64[us]")).dt.replace_time_zone("UTC")
    return values if present is None else only(values, present)


def dates(moments: Moments, present: Mask | None = None) -> pl.Series:
    """A column of dates; null where `present` is False."""
    values = pl.Series(moments.astype("datetime64[D]"))
    return values if present is None else only(values, present)


def years(moments: Moments) -> pl.Series:
    """The calendar years, as text."""
    return pl.Series(moments.astype("datetime64[Y]").astype(str), dtype=pl.String)
