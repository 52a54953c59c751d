"""Random numbers that can be asked for at any place: a stream per table and column, a number per place.

SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014), used as a counter-based
generator.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache

import numpy as np

from seeding.arrays import Integers, Words

GENERATOR_VERSION = 1
"""Increment it when the same arguments give different values than before."""

# Plain numbers, so that a check can read seeders' declarations without NumPy (`generation.deferral`).
_GAMMA = 0x9E3779B97F4A7C15
_MIX_1 = 0xBF58476D1CE4E5B9
_MIX_2 = 0x94D049BB133111EB


def mix(stream: np.uint64, place: Integers) -> Words:
    """SplitMix64's output at `place` of the stream."""
    z = stream + (place.astype(np.uint64) + np.uint64(1)) * _GAMMA
    z = (z ^ (z >> np.uint64(30))) * _MIX_1
    z = (z ^ (z >> np.uint64(27))) * _MIX_2
    return z ^ (z >> np.uint64(31))


@lru_cache(maxsize=4_096)
def stream(seed: int, table: str, column: str) -> np.uint64:
    """The stream of a column: equal for equal arguments only."""
    text = f"{GENERATOR_VERSION}\0{seed}\0{table}\0{column}".encode()
    return np.uint64(int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "little"))
