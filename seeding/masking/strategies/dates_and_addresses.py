"""Dates of birth and network addresses: values with a type of their own, even where a column holds them as text."""

from __future__ import annotations

from datetime import date
from ipaddress import IPv4Address, IPv6Address, ip_address

import numpy as np
import polars as pl

from seeding.arrays import Integers
from seeding.masking.cipher import Cipher
from seeding.masking.strategies.base import Drawn, InventedStrategy, Mode
from seeding.masking.strategies.identity_numbers import ShapedStrategy

LIVING = (date(1920, 1, 1), date(2010, 1, 1))
"""Full masking moves a date in this span to any other day of it; a date outside stays in its decade."""
DECADE = 10
FORMATS = {
    r"^\d{4}-\d{2}-\d{2}$": "%Y-%m-%d",
    r"^\d{8}$": "%Y%m%d",
    r"^\d{1,2}/\d{1,2}/\d{4}$": "%m/%d/%Y",
    r"^\d{1,2}\.\d{1,2}\.\d{4}$": "%d.%m.%Y",
    r"^\d{4}/\d{2}/\d{2}$": "%Y/%m/%d",
    r"^\d{2}-\d{2}-\d{4}$": "%m-%d-%Y",
}
"""Pattern → format of dates written as text."""


class DateOfBirth(ShapedStrategy):
    """A day, as a date or as text in one of FORMATS; other texts keep their shape."""

    name = "date_of_birth"
    gives = "another day, written in the same way"
    keeps = "the year"
    room = 10

    def mask(self, values: pl.Series, cipher: Cipher, mode: Mode, width: int | None) -> pl.Series:
        """Mask dates by `mask_days`, and all other texts by their shape."""
        masked = values.clone()  # `scatter` writes in place
        waiting = pl.int_range(len(values), eager=True)
        for pattern, written in FORMATS.items():
            texts = values.gather(waiting)
            days = texts.str.to_date(written, strict=False).zip_with(
                texts.str.contains(pattern), pl.Series([None], dtype=pl.Date)
            )
            found = days.is_not_null()
            if found.any():
                told = self.mask_days(days.filter(found), cipher, mode).dt.to_string(written)
                masked = masked.scatter(waiting.filter(found), told)
                waiting = waiting.filter(~found)
        return masked.scatter(waiting, super().mask(values.gather(waiting), cipher, mode, width)) if len(waiting) else masked

    def mask_days(self, days: pl.Series, cipher: Cipher, mode: Mode) -> pl.Series:
        """Another day for each of `days`, one to one: of the same year if partial, else of the same span."""
        numbers = days.cast(pl.Int32).to_numpy().astype(np.int64)
        first, size = _years(days) if mode is Mode.PARTIAL else _spans(days)
        masked = np.zeros(len(numbers), dtype=np.int64)
        for begin, length in np.unique(np.column_stack((first, size)), axis=0).tolist():
            rows = first == begin
            masked[rows] = begin + cipher.derange_below(f"{self.name}/{begin}", numbers[rows] - begin, length)
        return pl.Series(masked.astype(np.int32)).cast(pl.Date)


class IpAddress(InventedStrategy):
    """An address in the network reserved for documentation (RFC 3849); in a short column, one that is never routed."""

    name = "ip"
    gives = "an address in 2001:db8::/32, reserved for documentation; in a column too short for that, in 240.0.0.0/4"
    keeps = "whether it was IPv4 or IPv6"
    room = 39
    titled = False

    def invent(self, texts: pl.Series, drawn: Drawn, mode: Mode, width: int | None) -> pl.Series:
        """IPv4 addresses get a network of their own, so that partial masking keeps the version."""
        is_old = np.array([_is_old(text) for text in texts.to_list()]) & (mode is Mode.PARTIAL)
        pairs = zip(drawn.identity.tolist(), drawn.decoration.tolist(), is_old.tolist(), strict=True)
        if width is not None and width < self.room:
            return pl.Series([str(IPv4Address(240 << 24 | low % 2**28)) for low, _, _ in pairs], dtype=pl.String)
        networks = {True: 0x20010DB8_0004, False: 0x20010DB8_0006}
        made = (networks[old] << 80 | (high % 2**16) << 64 | low for low, high, old in pairs)
        return pl.Series([str(IPv6Address(one)) for one in made], dtype=pl.String)


def _is_old(text: str) -> bool:
    try:
        return ip_address(text.strip()).version == 4
    except ValueError:
        return False


def _years(days: pl.Series) -> tuple[Integers, Integers]:
    """The first day of each day's year, and the year's number of days."""
    return _blocks(days.dt.year().cast(pl.Int64).to_numpy(), 1)


def _spans(days: pl.Series) -> tuple[Integers, Integers]:
    """The first day of each day's span, and the span's number of days."""
    years = days.dt.year().cast(pl.Int64).to_numpy()
    first, size = _blocks(years // DECADE * DECADE, DECADE)
    begin, end = ((day - date(1970, 1, 1)).days for day in LIVING)
    living = (years >= LIVING[0].year) & (years < LIVING[1].year)
    return np.where(living, begin, first), np.where(living, end - begin, size)


def _blocks(years: Integers, length: int) -> tuple[Integers, Integers]:
    starts = years - 1970
    first = starts.astype("datetime64[Y]").astype("datetime64[D]").astype(np.int64)
    after = (starts + length).astype("datetime64[Y]").astype("datetime64[D]").astype(np.int64)
    return first, after - first
