"""Invented words: syllables that spell a digest, so that distinct digests make distinct words."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import product

import numpy as np
import polars as pl

from seeding.arrays import Integers, Words
from seeding.generation.rows import faker_pool, take

SYLLABLES = tuple("".join(pair) for pair in product("bdghjklmnprstvwz", "aeiou"))
PAIRS = len(SYLLABLES) ** 2
SHORT, LONG = 8, 12
"""Letters of the two invented words: ten syllables of 80 hold 63 bits."""
NAME_LENGTH = SHORT + 1 + LONG
TAG_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
"""Crockford's base 32: no letters that look like digits."""
TAG_LENGTH = 13
"""Characters that hold 64 bits."""


@lru_cache(maxsize=1)
def _pairs() -> tuple[pl.Series, pl.Series]:
    plain = pl.Series(["".join(pair) for pair in product(SYLLABLES, SYLLABLES)])
    return plain, plain.str.to_titlecase()


def invented_name(words: Words) -> pl.Series:
    """Two words like `Sumekano Belorativaze`, NAME_LENGTH characters: equal only for equal `words` (modulo 80 to the tenth)."""
    plain, capital = _pairs()
    pools = (capital, plain, capital, plain, plain)
    places = {str(power): (words // np.uint64(PAIRS**power) % np.uint64(PAIRS)).astype(np.uint32) for power in range(5)}
    first, second, *others = (pl.lit(pool).gather(place) for pool, place in zip(pools, places, strict=True))
    return pl.DataFrame(places).select_seq(pl.concat_str(first, second, pl.lit(" "), *others)).to_series()


def tag(words: Words, capitals: Words | None = None) -> pl.Series:
    """TAG_LENGTH characters that spell `words`; the low bits of `capitals` select the upper-case ones, if any."""
    capitals = np.zeros_like(words) if capitals is None else capitals
    letters = np.array([*TAG_ALPHABET, *TAG_ALPHABET.upper()])
    places = np.arange(TAG_LENGTH, dtype=np.uint64)
    small = (words[:, None] >> (np.uint64(5) * places)) & np.uint64(31)
    large = (capitals[:, None] >> places) & np.uint64(1)
    spelled: list[str] = np.ascontiguousarray(letters[small + np.uint64(32) * large]).view(f"U{TAG_LENGTH}").ravel().tolist()
    return pl.Series(spelled, dtype=pl.String)


def pick(pool: Sequence[str], words: Words, stream: int) -> pl.Series:
    """One of `pool` for each of the words; different streams draw independently."""
    return take(pool, below(words, stream, len(pool)))


def below(words: Words, stream: int, size: int) -> Integers:
    """A number below `size` (at most 65,536) for each of the words, from the stream's sixteen bits of it."""
    drawn: Integers = ((words >> np.uint64(16 * stream)) & np.uint64(0xFFFF)).astype(np.int64) * size >> 16
    return drawn


def first_names() -> tuple[str, ...]:
    """Faker's first names."""
    return faker_pool(0, "first_name")


def street_kinds() -> tuple[str, ...]:
    """Faker's kinds of streets: Avenue, Lane and the like."""
    return faker_pool(0, "street_suffix")
