"""Business time: whole weekdays before the dataset's last day, and seconds after nine o'clock (UTC)."""

from __future__ import annotations

from datetime import date

import numpy as np
import numpy.typing as npt
import polars as pl

from seeding.rows import Integers, Rows

OPENS_AT = 9 * 3600
OPEN_SECONDS = 8 * 3600
Moments = npt.NDArray[np.datetime64]


def day(as_of: date, age: Integers) -> Moments:
    """The weekday that lies `age` weekdays before `as_of` (age ≥ 1: always before it)."""
    return np.busday_offset(np.datetime64(as_of, "D"), -age, roll="backward")


def moment(rows: Rows, column: str, age: Integers) -> Moments:
    """A second within business hours, `age` weekdays ago, drawn from the stream `column`."""
    seconds = rows.integers(f"{column}/second", 0, OPEN_SECONDS) + OPENS_AT
    return day(rows.as_of, age).astype("datetime64[s]") + seconds.astype("timedelta64[s]")


def later(moments: Moments, seconds: Integers | int) -> Moments:
    """`moments`, some seconds later the same day; never after closing time."""
    closing = moments.astype("datetime64[D]").astype("datetime64[s]") + np.timedelta64(OPENS_AT + OPEN_SECONDS, "s")
    return np.minimum(moments + np.asarray(seconds).astype("timedelta64[s]"), closing)


def timestamps(moments: Moments, present: npt.NDArray[np.bool_] | None = None) -> pl.Series:
    """A column of UTC datetimes; null where `present` is False."""
    values = pl.Series("at", moments.astype("datetime64[us]")).dt.replace_time_zone("UTC")
    if present is None:
        return values
    return pl.DataFrame({"at": values, "present": present}).select(pl.when("present").then("at")).to_series()


def years(moments: Moments) -> pl.Series:
    """The calendar years, as text."""
    return pl.Series(moments.astype("datetime64[Y]").astype(str), dtype=pl.String)
