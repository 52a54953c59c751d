"""Texts by a pattern, of an exact length, or of a Faker provider whose values reach nobody."""

from __future__ import annotations

import re
from functools import lru_cache
from math import prod

import numpy as np
import polars as pl

from seeding.arrays import Integers
from seeding.generation.rows import POOL_SIZE, Rows, faker_pool, numerals, take

ALPHABETS = {"#": "0123456789", "?": "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "*": "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
"""What a character of a pattern stands for; `\\` before it makes it stand for itself."""
MAILBOXES = frozenset({"email", "safe_email", "free_email", "company_email", "ascii_email", "ascii_safe_email",
                       "ascii_free_email", "ascii_company_email"})  # fmt: skip
"""Faker's providers of addresses: they get a reserved domain here (RFC 2606)."""
TELEPHONES = frozenset({"phone_number", "basic_phone_number", "msisdn", "cellphone_number", "mobile_number"})
"""Its providers of telephone numbers: they get one of those reserved for fiction."""
PROVIDERS = frozenset({
    *MAILBOXES, *TELEPHONES,
    "name", "name_female", "name_male", "first_name", "first_name_female", "first_name_male", "last_name", "prefix", "suffix",
    "company", "company_suffix", "catch_phrase", "bs", "job", "address", "street_address", "street_name", "street_suffix",
    "building_number", "secondary_address", "city", "city_prefix", "city_suffix", "state", "state_abbr", "administrative_unit",
    "country", "country_code", "current_country", "postcode", "word", "sentence", "paragraph", "text", "color_name",
    "hex_color", "safe_color_name", "currency_code", "currency_name", "day_of_week", "month_name",
    "language_name", "user_name", "am_pm",
})  # fmt: skip
"""Faker's providers of texts that a profile has: none whose values may be somebody's number or address in a network."""
LONGEST = 10_000
"""Characters of a text by a pattern."""
TEXT = (
    "Lorem ipsum dolor sit amet consectetur adipiscing elit sed do eiusmod tempor incididunt ut labore et dolore magna aliqua "
)


def parts_of(pattern: str) -> list[str]:
    """Per character of the text, what it may be: one character, or an alphabet. `{n}` repeats the one before.

    Raises ValueError for a pattern that ends in a backslash, repeats nothing, or is too long.
    """
    parts: list[str] = []
    for found in re.finditer(r"\\(.)|\{(\d{1,4})\}|(\\$)|(.)", pattern, re.DOTALL):
        escaped, times, broken, plain = found.groups()
        if broken or (times and not parts):
            raise ValueError(f"the pattern {pattern!r} ends in a backslash, or repeats nothing")
        if times:
            parts[-1:] = [parts[-1]] * int(times)
            if len(parts) > LONGEST:
                raise ValueError(f"the pattern has more than {LONGEST:,} characters")
        else:
            parts.append(escaped or ALPHABETS.get(plain, plain))
    return parts


def possible(pattern: str) -> int:
    """How many different texts the pattern has."""
    return prod(len(one) for one in parts_of(pattern))


def by_pattern(rows: Rows, stream: str, pattern: str, *, distinct: bool) -> pl.Series:
    """A text per row; each a different one if `distinct`, in which case there are at least as many as rows."""
    parts = parts_of(pattern)
    size = min(prod(len(one) for one in parts), 2**62)
    number = rows.bijection(stream, size) if distinct else (rows.bits(stream) % np.uint64(size)).astype(np.int64)
    text = pl.repeat("", len(rows), eager=True)
    fixed = ""
    for part in reversed(parts):
        if len(part) == 1:
            fixed = part + fixed
            continue
        number, digit = np.divmod(number, len(part))
        text, fixed = take(tuple(part), digit) + (fixed + text if fixed else text), ""
    return fixed + text if fixed else text


def of_length(rows: Rows, stream: str, least: int, most: int) -> pl.Series:
    """A text of so many characters per row."""
    length = rows.integers(f"{stream}/length", least, most + 1)
    start = rows.integers(stream, 0, len(TEXT))
    return pl.Series([_cut(int(first), int(size)) for first, size in zip(start, length, strict=True)], dtype=pl.String)


def _cut(first: int, size: int) -> str:
    text = (TEXT * (2 + size // len(TEXT)))[first : first + size]
    return text if text.strip() == text else re.sub(r"^ | $", "x", text)


def fake(rows: Rows, stream: str, provider: str, locale: str) -> pl.Series:
    """Values of a Faker provider; addresses of mail and telephone numbers are reserved ones."""
    if provider in MAILBOXES:
        return (
            take(faker_pool(rows.seed, "user_name", locale), _drawn(rows, stream)) + "." + numerals(rows.index) + "@example.com"
        )
    if provider in TELEPHONES:
        return "+1201555" + numerals(rows.integers(stream, 100, 200), 4)
    return take(faker_pool(rows.seed, provider, locale), _drawn(rows, stream))


@lru_cache(maxsize=256)
def has_provider(provider: str, locale: str) -> bool:
    """Whether Faker has the provider in a locale, and its values are texts."""
    from faker import Faker

    return isinstance(getattr(Faker(locale), provider, lambda: None)(), str)


def _drawn(rows: Rows, stream: str) -> Integers:
    return rows.integers(stream, 0, POOL_SIZE)


@lru_cache(maxsize=1)
def locales() -> frozenset[str]:
    """The locales that Faker has."""
    from faker.config import AVAILABLE_LOCALES

    return frozenset(AVAILABLE_LOCALES)
