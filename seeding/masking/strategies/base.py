"""What a masking strategy is, and how strong a mask may be."""

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


class Mode(StrEnum):
    """How much of a value a mask lets through."""

    FULL = "full"
    """Nothing but its casing, which keeps comparisons that ignore case as they were."""
    PARTIAL = "partial"
    """What the strategy `keeps`."""


class MaskingStrategy(ABC):
    """How one kind of personal data is masked. Stateless; add your own by the setting SEEDING_MASKING_STRATEGIES.

    The contract, for every value that is neither null nor blank: the same key, mode and width give the same mask; no value is
    its own mask; a mask fits the column; and where the column has `room`, distinct values have distinct masks. Values that
    differ in case alone have masks that differ in case alone, so that joins and unique keys hold whatever the collation.
    """

    name: ClassVar[str]
    """What `pii_fields` calls it."""
    gives: ClassVar[str]
    """What a mask looks like, for the inventory."""
    keeps: ClassVar[str]
    """What partial masking lets through, for the inventory."""
    room: ClassVar[int]
    """Characters that a column needs so that distinct values stay distinct; 0: any column will do."""

    @abstractmethod
    def mask(self, values: pl.Series, cipher: Cipher, mode: Mode, width: int | None) -> pl.Series:
        """The masks of distinct texts, none of them null or blank, for a column of `width` characters (None: no limit)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """What the key makes of some texts. Two texts that differ in case alone have all in common but `exact`."""

    identity: Words
    """64 bits per text, which its mask must spell in full."""
    decoration: Words
    """64 more, for what only makes it look real."""
    exact: Words
    """64 bits that tell the spellings of a text apart."""
    lower: pl.Series
    upper: pl.Series
    mixed: pl.Series
    """Whether it is written in small letters, in capitals, or in neither and not in title case either."""

    @classmethod
    def of(cls, texts: pl.Series, cipher: Cipher, purpose: str, *, titled: bool) -> Drawn:
        """Draw for `texts`; `titled` says that title case is a casing of its own and not a mixed one."""
        folded, capitals = texts.str.to_lowercase(), texts.str.to_uppercase()
        cased = folded != capitals
        lower, upper = cased & (texts == folded), cased & (texts == capitals)
        mixed = cased & ~lower & ~upper
        if titled:
            mixed &= texts != texts.str.to_titlecase()
        words = cipher.digests(purpose, folded)
        exact = np.zeros(len(texts), dtype=np.uint64)
        if mixed.any():
            spelling = np.array([crc32(text) for text in texts.filter(mixed).cast(pl.Binary).to_list()], dtype=np.uint64)
            exact[mixed.to_numpy()] = spelling ^ words[mixed.to_numpy(), 1]  # the key's bits hide what the checksum tells
        return cls(identity=words[:, 0], decoration=words[:, 1], exact=exact, lower=lower, upper=upper, mixed=mixed)


class InventedStrategy(MaskingStrategy):
    """A strategy that invents a value out of a digest of the text: as many as there are digests, whatever the text is."""

    titled: ClassVar[bool] = True
    """Whether what it invents can be written in title case."""

    @abstractmethod
    def invent(self, texts: pl.Series, drawn: Drawn, mode: Mode, width: int | None) -> pl.Series:
        """A value for each of `texts`, in title case where there is any casing."""

    def mask(self, values: pl.Series, cipher: Cipher, mode: Mode, width: int | None) -> pl.Series:
        """Invent, and once more wherever a value has, against all odds, come out as itself."""
        masked, attempt = self._masked(values, cipher, mode, width, 0), 0
        while (same := masked == values).any():
            attempt += 1
            masked = masked.scatter(same.arg_true(), self._masked(values.filter(same), cipher, mode, width, attempt))
        return masked

    def _masked(self, values: pl.Series, cipher: Cipher, mode: Mode, width: int | None, attempt: int) -> pl.Series:
        # MySQL's collations see neither case nor trailing spaces: what is equal to them has one identity here.
        texts = values.str.strip_chars_end(" ")
        drawn = Drawn.of(texts, cipher, f"{self.name}/{attempt}", titled=self.titled)
        invented = self.invent(texts, drawn, mode, width)
        cased = (
            pl.DataFrame({"text": invented, "lower": drawn.lower, "upper": drawn.upper})
            .select(
                pl.when("lower")
                .then(pl.col("text").str.to_lowercase())
                .when("upper")
                .then(pl.col("text").str.to_uppercase())
                .otherwise("text")
            )
            .to_series()
        )
        spaces = values.str.len_chars() - texts.str.len_chars()
        padded = cased + pl.select(pl.lit(" ").repeat_by(spaces).list.join("")).to_series() if (spaces > 0).any() else cased
        return padded if width is None else padded.str.slice(0, width)
