"""The keyed functions behind every strategy: digests of texts, and permutations of digits and letters.

All use keyed BLAKE2b (RFC 7693), a MAC: without the key, a masked value cannot be computed, confirmed or reversed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from seeding.arrays import Integers, Words

Symbols = Integers
"""Shape (values, places): numbers below the radix of their place."""

ROUNDS = 4
"""Feistel rounds: the minimum for a strong pseudorandom permutation (Luby and Rackoff, 1988)."""
DIGEST_BYTES = 64
"""BLAKE2b's largest digest: 32 places of two bytes each."""


@dataclass(frozen=True, slots=True)
class Cipher:
    """Functions of the key `SEEDING_MASKING_KEY`. Each takes a purpose; different purposes give unrelated results."""

    key: bytes = field(repr=False)

    @classmethod
    def of(cls, secret: str) -> Cipher:
        """Derive the key from the secret in the environment."""
        return cls(hashlib.blake2b(secret.encode(), digest_size=32, person=b"seeding-masking").digest())

    @property
    def fingerprint(self) -> str:
        """Eight characters that distinguish keys and reveal nothing about them."""
        return self._derived("fingerprint").hex()[:8]

    def digests(self, purpose: str, values: pl.Series) -> Words:
        """128 bits per text, as two words: shape (len(values), 2)."""
        hasher = hashlib.blake2b(key=self._derived(purpose), digest_size=16)
        found = bytearray()
        for value in values.cast(pl.Binary).to_list():
            one = hasher.copy()
            one.update(value)
            found += one.digest()
        return np.frombuffer(bytes(found), dtype="<u8").reshape(-1, 2).astype(np.uint64)

    def permute(self, purpose: str, symbols: Symbols, radices: Sequence[int], *, back: bool = False) -> Symbols:
        """A one-to-one map of all vectors over `radices` onto themselves, by a Feistel network; `back` inverts it."""
        half = len(radices) // 2
        parts = [symbols[:, :half].copy(), symbols[:, half:].copy()]
        bases = [np.array(radices[:half], dtype=np.int64), np.array(radices[half:], dtype=np.int64)]
        key = self._derived(purpose)
        shape = repr(tuple(radices)).encode()
        for step in range(ROUNDS - 1, -1, -1) if back else range(ROUNDS):
            changed, other = 1 - step % 2, step % 2
            scramble = _scramble(key, bytes([step]) + shape, parts[other], parts[changed].shape[1])
            parts[changed] = (parts[changed] + (-scramble if back else scramble)) % bases[changed]
        return np.hstack(parts)

    def derange(self, purpose: str, symbols: Symbols, radices: Sequence[int]) -> Symbols:
        """A permutation without fixed points: permute, add one to the last place, permute back."""
        there = self.permute(purpose, symbols, radices)
        there[:, -1] = (there[:, -1] + 1) % radices[-1]
        return self.permute(purpose, there, radices, back=True)

    def derange_below(self, purpose: str, values: Integers, size: int) -> Integers:
        """The same for the numbers 0 … size - 1 (at least two): permute digits until the result is below `size`."""
        there = (self._walk(purpose, values, size, back=False) + 1) % size
        return self._walk(purpose, there, size, back=True)

    def _walk(self, purpose: str, values: Integers, size: int, *, back: bool) -> Integers:
        width = max(2, len(str(size - 1)))
        result = values.astype(np.int64)
        outside = np.ones(len(result), dtype=bool)
        while outside.any():
            walked = self.permute(purpose, digits(result[outside], width), [10] * width, back=back)
            result[outside] = number(walked)
            outside[outside] = result[outside] >= size
        return result

    def _derived(self, purpose: str) -> bytes:
        return hashlib.blake2b(purpose.encode(), key=self.key, digest_size=32).digest()


def digits(values: Integers, width: int) -> Symbols:
    """Numbers as decimal digits, the most significant first."""
    powers = 10 ** np.arange(width - 1, -1, -1, dtype=np.int64)
    found: Symbols = values[:, None] // powers % 10
    return found


def number(places: Symbols) -> Integers:
    """Decimal digits as numbers; at most 18 places."""
    powers = 10 ** np.arange(places.shape[1] - 1, -1, -1, dtype=np.int64)
    found: Integers = (places * powers).sum(axis=1)
    return found


def spelled(places: Symbols) -> pl.Series:
    """Decimal digits as texts."""
    width = places.shape[1]
    codes = np.ascontiguousarray(places + ord("0"), dtype="<u4")
    texts: list[str] = codes.view(f"<U{width}").ravel().tolist() if width else [""] * len(places)
    return pl.Series(texts, dtype=pl.String)


def _scramble(key: bytes, tweak: bytes, half: Symbols, places: int) -> Symbols:
    """Pseudorandom numbers for `places`, a function of each row of `half`."""
    if not places:
        return np.zeros((len(half), 0), dtype=np.int64)
    hasher = hashlib.blake2b(tweak, key=key, digest_size=min(DIGEST_BYTES, 2 * places))
    narrow = np.ascontiguousarray(half.astype(np.uint16))
    width = narrow.shape[1] * narrow.itemsize
    rows = narrow.view(f"V{width}").ravel().tolist() if width else [b""] * len(half)
    found = bytearray()
    for row in rows:
        one = hasher.copy()
        one.update(row)
        found += one.digest()
    words = np.frombuffer(bytes(found), dtype="<u2").reshape(len(half), -1).astype(np.int64)
    return words[:, np.arange(places) % words.shape[1]]
