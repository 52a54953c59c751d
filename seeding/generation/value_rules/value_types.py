"""The types in which a rule's values come: as a column's frame has them, from what a profile says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import polars as pl

from seeding.arrays import Floats
from seeding.generation.rows import SECONDS_PER_DAY, Rows, decimals
from seeding.schema.kinds import Kind

NUMBERS = (Kind.INTEGER, Kind.DECIMAL, Kind.FLOAT)
DAYS = (Kind.DATE, Kind.DATETIME)
"""Kinds that are numbers of days after the dataset's last day, or before it if negative."""
MOST = 2**62
"""Beyond what any column of whole numbers takes, and within what an array does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueType:
    """The type of a column's values."""

    kind: Kind
    scale: int = 0
    """Digits after the point of a decimal."""

    @classmethod
    def of(cls, text: str) -> ValueType:
        """The type that a rule's `as` names: `integer`, `decimal:2`, `text`."""
        kind, _, scale = text.partition(":")
        return cls(kind=Kind(kind), scale=int(scale or 0))

    def __str__(self) -> str:
        return f"{self.kind}:{self.scale}" if self.kind is Kind.DECIMAL else str(self.kind)

    @property
    def is_number(self) -> bool:
        """Whether a distribution can give its values."""
        return self.kind in (*NUMBERS, *DAYS)

    def units(self, drawn: Floats) -> Any:
        """Numbers as `series` takes them: decimals in units of their last digit, whole numbers and days rounded.

        Dates of one distribution are whole days; moments keep the part of the day.
        """
        if self.kind in (Kind.FLOAT, Kind.DATETIME):
            return drawn
        return np.clip(np.rint(drawn * 10**self.scale), -MOST, MOST).astype(np.int64)

    def series(self, rows: Rows, units: Any) -> pl.Series:
        """The column of these units."""
        if self.kind is Kind.DECIMAL:
            return decimals(units, self.scale)
        if self.kind is Kind.DATE:
            return rows.dates(units)
        return rows.moments(units) if self.kind is Kind.DATETIME else pl.Series(units)

    def number(self, value: Any, as_of: date) -> float:
        """A number, a date or a moment of a profile, as `units` takes it."""
        if isinstance(value, str) and self.kind in DAYS:
            return (_moment(value) - _moment(as_of.isoformat())).total_seconds() / SECONDS_PER_DAY
        return float(value)

    def literals(self, values: Sequence[Any], as_of: date) -> pl.Series:
        """A column of values as a profile spells them; None stays None. Raises ValueError for one of another type."""
        return pl.Series([None if one is None else self._literal(one, as_of) for one in values], dtype=self._dtype)

    @property
    def _dtype(self) -> Any:
        return {
            Kind.INTEGER: pl.Int64,
            Kind.DECIMAL: pl.Decimal(38, self.scale),
            Kind.FLOAT: pl.Float64,
            Kind.BOOLEAN: pl.Boolean,
            Kind.DATE: pl.Date,
            Kind.DATETIME: pl.Datetime("us", "UTC"),
            Kind.TIME: pl.Time,
            Kind.JSON: pl.Object,
        }.get(self.kind, pl.String)

    def _literal(self, value: Any, as_of: date) -> Any:
        if self.kind in DAYS:
            moment = _moment(as_of.isoformat()) + _days(value) if not isinstance(value, str) else _moment(value)
            return moment.date() if self.kind is Kind.DATE else moment
        if self.kind is Kind.JSON:
            return value
        wanted: dict[Kind, Any] = {
            Kind.BOOLEAN: bool,
            Kind.INTEGER: int,
            Kind.DECIMAL: (int, float, str),
            Kind.FLOAT: (int, float),
        }
        if not isinstance(value, wanted.get(self.kind, str)) or (isinstance(value, bool) and self.kind is not Kind.BOOLEAN):
            raise ValueError(f"{value!r} is not of type {self.kind}")
        if self.kind is Kind.DECIMAL:
            return _decimal(value, self.scale)
        return time.fromisoformat(value) if self.kind is Kind.TIME else value


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _days(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError(f"{value!r} is neither a date nor a number of days")  # noqa: TRY004 - of a profile, not an argument
    return timedelta(days=value)


def _decimal(value: Any, scale: int) -> Decimal:
    try:
        exact = Decimal(str(value))
    except ArithmeticError:
        raise ValueError(f"{value!r} is not a number") from None
    if not exact.is_finite() or exact != exact.quantize(Decimal(1).scaleb(-scale)):
        raise ValueError(f"{value!r} has more than {scale} digits after the point")
    return exact
