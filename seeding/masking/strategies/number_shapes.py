"""Texts by their shape: which places hold digits, which hold letters, and what is between them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from seeding.arrays import Mask
from seeding.masking.cipher import Symbols
from seeding.masking.strategies.base import CASE_BIT

ZERO, LETTER_A = ord("0"), ord("a")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """Some texts of one shape: `00-AAA` is two digits, a hyphen, three letters."""

    pattern: str
    rows: pl.Series
    """Their positions in the column."""
    symbols: Symbols
    """Their digits (0 to 9) and letters (0 to 25), in order: shape (texts, places)."""
    letters: tuple[bool, ...]
    """Which places are letters."""
    capitals: Mask
    """Which letters are capitals: shape (texts, places)."""

    @property
    def radices(self) -> list[int]:
        """How many symbols each place has."""
        return [26 if letter else 10 for letter in self.letters]

    def spell(self, symbols: Symbols, pattern: str | None = None) -> pl.Series:
        """Texts of the same shape (or of another with as many places) from `symbols`, with capitals where they were."""
        drawn = self.pattern if pattern is None else pattern
        texts = np.tile(np.frombuffer(drawn.encode("utf-32-le"), dtype="<u4"), (len(symbols), 1))
        places = [place for place, sign in enumerate(drawn) if sign in "0A"]
        codes = np.where(self.letters, symbols + LETTER_A - CASE_BIT * self.capitals, symbols + ZERO)
        texts[:, places] = codes.astype(np.uint32)
        spelled: list[str] = np.ascontiguousarray(texts).view(f"<U{len(drawn)}").ravel().tolist()
        return pl.Series(spelled, dtype=pl.String)


def shapes(values: pl.Series) -> Iterator[Shape]:
    """The texts, as one Shape for each shape that occurs. Letters beyond ASCII are not places: see `foreign`."""
    drawn = pl.col("text").str.replace_all("[A-Za-z]", "A").str.replace_all("[0-9]", "0")
    frame = values.to_frame("text").with_columns_seq(pattern=drawn).with_row_index("row")
    for (pattern,), group in frame.group_by("pattern", maintain_order=True):
        assert isinstance(pattern, str)
        places = [place for place, sign in enumerate(pattern) if sign in "0A"]
        letters = tuple(pattern[place] == "A" for place in places)
        texts = np.array(group["text"].to_list(), dtype=f"<U{len(pattern)}")
        codes = texts.view("<u4").reshape(len(texts), len(pattern))[:, places].astype(np.int64)
        capitals = np.array(letters) & (codes < LETTER_A)
        yield Shape(
            pattern=pattern,
            rows=group["row"],
            symbols=np.where(letters, (codes | CASE_BIT) - LETTER_A, codes - ZERO),
            letters=letters,
            capitals=capitals,
        )


def foreign(values: pl.Series) -> pl.Series:
    """Which texts hold letters or digits beyond ASCII, or no letters or digits at all."""
    text = pl.first()
    found = text.str.contains(r"[\p{L}\p{N}--[A-Za-z0-9]]") | ~text.str.contains("[A-Za-z0-9]")
    return values.to_frame().select_seq(found).to_series()
