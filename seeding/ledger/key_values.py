"""Values of primary keys: in the forms in which they are generated, read by a query, read by Django, and spelled in texts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Any
from unicodedata import combining, normalize
from uuid import UUID

import numpy as np
import polars as pl

from seeding.arrays import Integers

NOBODY = -1
"""In place of the number of a row that has none, or one that an int64 cannot hold: no seeded row has it."""
LARGEST = 2**63 - 1
DASHED = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
GROUPS = ((0, 8), (8, 4), (12, 4), (16, 4), (20, 12))
"""Place and length of the groups of a UUID among its 32 digits."""
HEXADECIMAL = re.compile("[0-9a-f]{32}")
WHOLE = re.compile(r"0*(\d+)(?:\.0*)?")
UNSPELLED = re.compile(r"[\W_]")
TRUTHS = {"true": "1", "false": "0"}


def uuid_texts(digits: pl.Series, *, is_dashed: bool) -> pl.Series:
    """UUIDs, given by their 32 digits, as they are read."""
    if not is_dashed:
        return digits
    groups = [pl.col(digits.name).str.slice(place, length) for place, length in GROUPS]
    return digits.to_frame().select(pl.concat_str(groups, separator="-").alias(digits.name)).to_series()


def spelling(value: Any) -> str:
    """A key as a text, so that texts that may mean the same key are equal, and sometimes others."""
    text = bytes(value).decode("utf-8", "replace") if isinstance(value, (bytes, bytearray, memoryview)) else str(value)
    plain = "".join(one for one in normalize("NFKD", text.casefold()).strip() if not combining(one))
    bare = UNSPELLED.sub("", plain.removeprefix("urn:uuid:"))
    if HEXADECIMAL.fullmatch(bare):
        return bare
    number = WHOLE.fullmatch(plain.lstrip("+-"))
    return number[1] if number else TRUTHS.get(plain) or bare or plain


def comparable(value: Any) -> Any:
    """A value of a key in a form that is the same whether Django or a query of ours has read it."""
    if isinstance(value, UUID):
        return value.hex
    if isinstance(value, str):
        text = value.rstrip(" ")
        return text.replace("-", "") if DASHED.fullmatch(text) else text
    return value.isoformat() if isinstance(value, date) else value


def whole_numbers(keys: Sequence[Any]) -> Integers:
    """Primary keys as numbers; NOBODY for one that an int64 cannot hold (BIGINT UNSIGNED, a decimal)."""
    try:
        return np.array(keys, dtype=np.int64)
    except OverflowError:
        return np.array([key if abs(key) <= LARGEST else NOBODY for key in keys], dtype=np.int64)


def as_read(values: pl.Series, dtype: type[pl.DataType], *, is_dashed: bool, is_uuid: bool) -> pl.Series:
    """A column's values as a query reads them back; a value that is read otherwise is found out when it is read."""
    if dtype is not pl.String:
        return values.cast(dtype)
    if values.dtype == pl.Object:
        values = pl.Series(values.name, [plain_key(one) for one in values], dtype=pl.String)
    texts = values.cast(pl.String)
    if not (is_dashed or is_uuid):
        return texts
    return uuid_texts(texts.str.to_lowercase().str.replace_all("-", "", literal=True), is_dashed=is_dashed)


def plain_key(value: Any) -> Any:
    """A key's value as a frame holds it."""
    return str(value) if isinstance(value, UUID) else value
