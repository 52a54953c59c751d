"""Columns as pure functions of row indexes.

Every value is f(seed, generator version, table, column, row index), from a generator that can produce any index at any time
(`streams`). So a row depends neither on its batch nor on how many rows were requested, and a child can compute any attribute
of its parent without reading it back.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction
from functools import cache, lru_cache, wraps
from importlib.metadata import version
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

import numpy as np
import polars as pl

from seeding.arrays import Floats, Integers, Mask, Words
from seeding.generation.streams import mix, stream
from seeding.generation.value_rules.profile_rules import LOCALE, ProfileRules
from seeding.generation.value_rules.shares import split

POOL_SIZE = 2_048
"""Distinct draws behind each Faker column; the values repeat beyond it, so nothing unique may come from a pool."""

T = TypeVar("T")
P = ParamSpec("P")
SECONDS_PER_DAY = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Some rows of one table: `index` holds their indexes, in any order and with repeats.

    Every method that takes `column` draws from that column's own stream, and returns one value per index.
    """

    seed: int
    table: str
    as_of: date
    index: Integers
    rules: ProfileRules = field(default_factory=ProfileRules)
    """What else the dataset's values depend on."""
    found: dict[Any, Any] = field(default_factory=dict, init=False, repr=False, compare=False)
    """The results of `remembered` functions for exactly these rows."""

    def __len__(self) -> int:
        return len(self.index)

    def of(self, table: str, index: Integers) -> Self:
        """Rows `index` of another table of the same dataset, usually the parents."""
        return replace(self, table=table, index=np.asarray(index, dtype=np.int64))

    def pinned(self, index: int) -> Mask:
        """Which rows are the edge case at `index`; none in a dataset without edge cases."""
        return np.asarray(self.index == index) & self.rules.edge_cases

    def fact(self, name: str, default: Any = None) -> Any:
        """What a profile says of a fact that the app lets it change; the default if it says nothing."""
        return self.rules.facts.get(name, default)

    def bits(self, column: str) -> Words:
        """64 random bits."""
        return mix(stream(self.seed, self.table, column), self.index)

    def uniform(self, column: str, low: float = 0.0, high: float = 1.0) -> Floats:
        """Floats, uniform in [low, high)."""
        unit: Floats = (self.bits(column) >> np.uint64(11)).astype(np.float64) * 2.0**-53
        return low + (high - low) * unit

    def integers(self, column: str, low: int, high: int) -> Integers:
        """Integers, uniform in [low, high)."""
        return low + np.floor(self.uniform(column) * (high - low)).astype(np.int64)

    def skewed(self, column: str, size: int, group: Integers | int = 0) -> Integers:
        """Integers in [0, size), some drawn often and others hardly ever, as children spread over parents.

        Every `group` has other favourites: there is one per row, or one for all rows.
        """
        return (np.floor(self.uniform(column) ** 2 * size).astype(np.int64) + self.offsets(column, size, group)) % size

    def offsets(self, column: str, size: int, group: Integers | int) -> Integers:
        """Integers, uniform in [0, size), one per `group`."""
        offset = mix(stream(self.seed, self.table, f"{column}/group"), np.atleast_1d(group)) % np.uint64(size)
        return offset.astype(np.int64)

    def chance(self, column: str, probability: float) -> Mask:
        """True with the given probability."""
        return self.uniform(column) < probability

    def exactly(self, column: str, share: str | Fraction) -> tuple[Mask, Integers]:
        """Which rows make up the share, exact to the row, and how many of them come before each row: see `shares`."""
        return split(stream(self.seed, self.table, column), self.index, Fraction(share))

    def choose(self, column: str, values: Sequence[str], weights: Sequence[float] | None = None) -> pl.Series:
        """One of `values`, evenly or by weight."""
        if weights is None:
            return take(values, self.integers(column, 0, len(values)))
        edges = np.cumsum(weights)
        return take(values, np.searchsorted(edges, self.uniform(column, 0.0, float(edges[-1])), side="right"))

    def fake(self, column: str, provider: str) -> pl.Series:
        """Values of a Faker provider (`name`, `street_address`, …), from a pool: realistic, not unique."""
        return take(faker_pool(self.seed, provider, self.rules.locale), self.integers(column, 0, POOL_SIZE))

    def pool(self, provider: str, locale: str | None = None) -> tuple[str, ...]:
        """The different values of a Faker provider that the dataset has, in its own or another locale."""
        return tuple(sorted(set(faker_pool(self.seed, provider, locale or self.rules.locale))))

    def dates(self, days: Integers) -> pl.Series:
        """The dates `days` after `as_of`, or before it if negative."""
        return pl.Series(np.datetime64(self.as_of, "D") + days.astype("timedelta64[D]"))

    def moments(self, days: Floats | Integers) -> pl.Series:
        """The moments, in UTC and whole seconds, `days` after the beginning of `as_of`, or before it if negative."""
        seconds = np.floor(np.asarray(days, dtype=np.float64) * SECONDS_PER_DAY).astype("timedelta64[s]")
        moments = (np.datetime64(self.as_of, "s") + seconds).astype("datetime64[us]")
        return pl.Series(moments).dt.replace_time_zone("UTC")

    def shuffled(self, column: str, size: int) -> Integers:
        """Each row's place (0 … size - 1) after shuffling its group; each `size` consecutive indexes are a group."""
        groups, inverse = _distinct(self.index // size)
        return self.of(self.table, groups).permutations(column, size)[inverse, self.index % size]

    def permutations(self, column: str, size: int) -> Integers:
        """A random permutation of 0 … size - 1 for every index, here the number of a group: shape (len(self), size)."""
        groups, inverse = _distinct(self.index)
        keys = mix(stream(self.seed, self.table, column), groups[:, None] * size + np.arange(size))
        places = np.empty(keys.shape, dtype=np.int64)
        np.put_along_axis(places, np.argsort(keys, axis=1, kind="stable"), np.arange(size)[None, :], axis=1)
        return places[inverse]

    def bijection(self, column: str, size: int, index: Integers | None = None) -> Integers:
        """A one-to-one map of 0 … size - 1 onto itself, at `index` (the rows' own unless given): distinct in, distinct out.

        A Feistel network with cycle walking (Black and Rogaway, "Ciphers with arbitrary finite domains", CT-RSA 2002). Raises
        ValueError for an index outside the domain.
        """
        value = np.asarray(self.index if index is None else index, dtype=np.int64)
        if len(value) and not 0 <= value.min() <= value.max() < size:
            raise ValueError(f"{self.table}.{column} has only {size:,} distinct values")
        half = np.uint64(max(1, (int(size - 1).bit_length() + 1) // 2))
        mask = (np.uint64(1) << half) - np.uint64(1)
        result = value.astype(np.uint64)
        outside = np.ones(len(result), dtype=bool)
        while outside.any():
            left, right = result[outside] >> half, result[outside] & mask
            for step in range(4):
                scramble = mix(stream(self.seed, self.table, f"{column}/{step}"), right.astype(np.int64))
                left, right = right, left ^ (scramble & mask)
            result[outside] = (left << half) | right
            outside[outside] = result[outside] >= np.uint64(size)
        return result.astype(np.int64)

    def tiers(self, column: str, *sizes: int) -> Integers:
        """A bijection within each of several consecutive domains: 0 … sizes[0] - 1, then the next sizes[1] indexes, and so on.

        The first rows take all their values from the first domain, so that names stay short until it is exhausted.
        """
        result = self.index.copy()
        first = 0
        for number, size in enumerate(sizes):
            inside = (self.index >= first) & (self.index < first + size)
            result[inside] = first + self.bijection(f"{column}/{number}", size, self.index[inside] - first)
            first += size
        if len(result) and self.index.max() >= first:
            raise ValueError(f"{self.table}.{column} has only {first:,} distinct values")
        return result


def remembered(fact: Callable[Concatenate[Rows, P], T]) -> Callable[Concatenate[Rows, P], T]:
    """Caches the result of a pure function on the rows it was computed for, read-only and for as long as they live.

    For facts that others build on: if five functions need the product of a line, it is looked up once. Further arguments must
    be hashable.
    """

    @wraps(fact)
    def remembering(rows: Rows, /, *args: P.args, **kwargs: P.kwargs) -> T:
        key = (fact, args, *kwargs.items())
        if key not in rows.found:
            found = fact(rows, *args, **kwargs)
            for column in found if isinstance(found, tuple) else (found,):
                if isinstance(column, np.ndarray):
                    column.flags.writeable = False
            rows.found[key] = found
        result: T = rows.found[key]
        return result

    return remembering


def _distinct(index: Integers) -> tuple[Integers, Integers]:
    """A few numbers that include all of `index`, and each one's position in them: the rows of a batch share their groups."""
    low, high = (int(index.min()), int(index.max())) if len(index) else (0, -1)
    if high - low < len(index):
        return np.arange(low, high + 1), index - low
    groups, inverse = np.unique(index, return_inverse=True)
    return groups, inverse


def take(values: Sequence[str], index: Integers) -> pl.Series:
    """`values[index]` as a column of text."""
    column = _column(values) if isinstance(values, tuple) else pl.Series(values, dtype=pl.String)
    return column[pl.Series(index, dtype=pl.UInt32)]


@lru_cache(maxsize=64)
def _column(values: tuple[str, ...]) -> pl.Series:
    return pl.Series(values, dtype=pl.String)


def only(values: pl.Series | Integers, present: Mask) -> pl.Series:
    """`values` where `present`, null elsewhere."""
    return pl.DataFrame({"value": values, "present": present}).select(pl.when("present").then("value")).to_series()


def numerals(values: Integers, width: int = 0) -> pl.Series:
    """Integers as text, with leading zeros to at least `width` digits."""
    return pl.Series(values).cast(pl.String).str.zfill(width)


def decimals(values: Integers, scale: int) -> pl.Series:
    """Integers that count units of 10**-scale (cents: scale 2) as exact decimals."""
    return (
        pl.Series(values)
        .cast(pl.Decimal(38, 0))
        .to_frame("v")
        .select((pl.col("v") / pl.lit(10**scale, dtype=pl.Decimal(38, scale))).cast(pl.Decimal(38, scale)))["v"]
    )


def divide(numerator: Integers, denominator: Integers | int) -> Integers:
    """Integer division of non-negative numbers, halves rounded up: how money is rounded to cents."""
    return (2 * numerator + denominator) // (2 * np.asarray(denominator, dtype=np.int64))


@cache
def faker_version() -> str:
    """The version of the Faker that is installed; its values differ between versions."""
    return version("Faker")


@lru_cache(maxsize=64)
def faker_pool(seed: int, provider: str, locale: str = LOCALE) -> tuple[str, ...]:
    """POOL_SIZE values of one Faker provider, the same for the same seed, locale and Faker version."""
    from faker import Faker  # imported here, so that `manage.py help` does not load it

    faker = Faker(locale, use_weighting=False)
    faker.seed_instance(int(stream(seed, "faker", provider)))
    return tuple(str(faker.format(provider)).replace("\n", ", ") for _ in range(POOL_SIZE))
