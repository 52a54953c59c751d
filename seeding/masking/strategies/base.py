"""What a masking strategy is, and how strong a mask can be."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar
from zlib import crc32

import numpy as np
import polars as pl

from seeding.arrays import Words
from seeding.masking.cipher import Cipher

CASE_BIT = 32
"""What distinguishes an ASCII letter from its capital."""


class Mode(StrEnum):
    """How much of a value a mask preserves."""

    FULL = "full"
    """Only its casing, so that case-insensitive comparisons keep their results."""
    PARTIAL = "partial"
    """What the strategy `keeps`."""


class MaskingStrategy(ABC):
    """How one kind of personal data is masked. Stateless; add your own in the setting SEEDING_MASKING_STRATEGIES.

    The contract, for every value that is neither null nor blank: the same key, mode and width give the same mask; no value is
    its own mask; a mask fits the column; and where the column has `room`, distinct values have distinct masks. Values that
    differ only in case have masks that differ only in case, so that joins and unique keys hold whether or not a collation
    tells case apart. Values that a collation takes for equal otherwise come here as one, without spaces at the end.
    """

    name: ClassVar[str]
    """Its name in `pii_fields`."""
    gives: ClassVar[str]
    """What a mask looks like, for the inventory."""
    keeps: ClassVar[str]
    """What partial masking preserves, for the inventory."""
    room: ClassVar[int]
    """Characters that a column needs so that distinct values stay distinct; 0 if any width suffices."""

    @abstractmethod
    def mask(self, values: pl.Series, cipher: Cipher, mode: Mode, width: int | None) -> pl.Series:
        """The masks of distinct texts, none of them null or blank, for a column of `width` characters (None: no limit)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """Bits drawn from texts with the key. Texts that differ only in case share `identity` and `decoration`."""

    identity: Words
    """64 bits per text, which its mask must spell in full."""
    decoration: Words
    """64 more bits, for the parts that only make a mask look real."""
    exact: Words
    """64 bits that distinguish the mixed casings of a text; 0 for any other casing. They select the capitals of its mask."""
    lower: pl.Series
    upper: pl.Series
    mixed: pl.Series
    """Whether a text is in lower case, in upper case, or in neither; title case is not mixed if drawn as `titled`."""

    @classmethod
    def of(cls, texts: pl.Series, cipher: Cipher, purpose: str, *, titled: bool) -> Drawn:
        """Draw for `texts`; `titled` makes title case a casing of its own instead of a mixed one."""
        text, folded, capitals = pl.col("text"), pl.col("folded"), pl.col("capitals")
        # A capital sigma is one letter to every server, wherever it stands in a word.
        small = text.str.replace_all("\u03a3", "\u03c3", literal=True).str.to_lowercase()
        cases = texts.to_frame("text").with_columns_seq(folded=small, capitals=text.str.to_uppercase())
        cased = folded != capitals
        mixed = cased & (text != folded) & (text != capitals)
        if titled:
            mixed &= text != text.str.to_titlecase()
        found = cases.select_seq("folded", lower=cased & (text == folded), upper=cased & (text == capitals), mixed=mixed)
        words = cipher.digests(purpose, found["folded"])
        exact = np.zeros(len(texts), dtype=np.uint64)
        if (rows := found["mixed"].to_numpy()).any():
            spelling = [crc32(one) for one in texts.filter(found["mixed"]).cast(pl.Binary).to_list()]
            exact[rows] = np.array(spelling, dtype=np.uint64) ^ words[rows, 1]  # the keyed bits hide the checksum
        casings = {name: found[name] for name in ("lower", "upper", "mixed")}
        return cls(identity=words[:, 0], decoration=words[:, 1], exact=exact, **casings)


def _capitals(texts: pl.Series, words: Words) -> pl.Series:
    """The texts, of which a bit of the text's word selects each letter that becomes a capital."""
    if not texts.str.len_chars().max():
        return texts
    letters = np.array(texts.to_list(), dtype=str)
    codes = letters.view("<u4").reshape(len(letters), -1)
    small = (codes >= ord("a")) & (codes <= ord("z"))
    bits = words[:, None] >> (small.cumsum(axis=1) % 64).astype(np.uint64) & np.uint64(1)
    spelled: list[str] = (codes - CASE_BIT * (small & (bits == 1)).astype(np.uint32)).view(letters.dtype).ravel().tolist()
    return pl.Series(spelled, dtype=pl.String)


class InventedStrategy(MaskingStrategy):
    """A strategy that invents a value from a digest of the text, one per digest, whatever the text is."""

    titled: ClassVar[bool] = True
    """Whether its invented values can be in title case."""

    @abstractmethod
    def invent(self, texts: pl.Series, drawn: Drawn, mode: Mode, width: int | None) -> pl.Series:
        """A value for each of `texts`, in title case if it has letters with case."""

    def mask(self, values: pl.Series, cipher: Cipher, mode: Mode, width: int | None) -> pl.Series:
        """Invent masks, and retry in the unlikely case that a mask equals its value."""
        masked, attempt = self._masked(values, cipher, mode, width, 0), 0
        while (same := masked == values).any():
            attempt += 1
            masked = masked.scatter(same.arg_true(), self._masked(values.filter(same), cipher, mode, width, attempt))
        return masked

    def _masked(self, values: pl.Series, cipher: Cipher, mode: Mode, width: int | None, attempt: int) -> pl.Series:
        drawn = Drawn.of(values, cipher, f"{self.name}/{attempt}", titled=self.titled)
        invented = self.invent(values, drawn, mode, width)
        text = pl.col("text")
        spelled = pl.when("lower").then(text.str.to_lowercase()).when("upper").then(text.str.to_uppercase()).otherwise(text)
        frame = pl.DataFrame({"text": invented, "lower": drawn.lower, "upper": drawn.upper})
        cased = frame.select_seq(spelled if width is None else spelled.str.slice(0, width)).to_series()
        if drawn.mixed.any():
            mixed = drawn.mixed.arg_true()
            cased = cased.scatter(mixed, _capitals(cased.gather(mixed), drawn.exact[mixed.to_numpy()]))
        return cased
