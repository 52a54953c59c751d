"""Numbers and keys of rows whose key the server does not count: both follow from the row's index.

The ledger numbers such rows, and holds their keys; those that the engine gives itself it holds as a recipe. A recipe never
changes: what a later release gives differently has another name. Rows are added to a table by the recipe of those that the
seeder has there already.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping

import numpy as np
import polars as pl

from seeding.arrays import Integers
from seeding.exceptions import SchemaError
from seeding.keys import KeyMap
from seeding.models import SeedingMetadata

PLACES = 2**40
"""How many numbers each seeder has."""
SEEDERS = 2**22
ADOPTED = 2**39
"""Real rows that a seeder's rows adopt are numbered from here; they are never in the ledger."""

Bits = np.ndarray[tuple[int, int], np.dtype[np.uint64]]
"""Two halves of 64 bits per row."""

SCATTERED4, UUID4, UUID7 = "uuid4/1", "uuid4/2", "uuid7/1"
"""Keys of the first are in no order; those of the others rise with the row's index, so that indexes grow at one place."""
RISING = frozenset({UUID4, UUID7})
"""Recipes of keys most of which follow each other on every server as their rows do."""
VALUES = "values"
"""In place of a recipe where the ledger holds the keys themselves."""
ROUND = np.uint64(2**24 - 1)
"""The bits at either end of a UUID 4 that rise with the row. A server orders by the front, or by the last group (MariaDB's
`uuid`). They are few: in columns of text, the more digits keys share, the longer the server compares them."""
START = np.uint64(2**23 - 1)
"""The bits of the first row's count: it goes round after 8 million rows at the earliest."""
MOMENT = 1_577_836_800_000
"""Milliseconds from 1970 to 2020, when the first row of a UUID of version 7 was made; each is made a millisecond later."""


def first_number(seeder: str) -> int:
    """The number of the seeder's row 0; that of row n is n more."""
    slot = int.from_bytes(hashlib.blake2b(seeder.encode(), digest_size=8).digest()) % SEEDERS
    return slot * PLACES


def keys_of(recipe: str, seed: int, seeder: str, index: Integers) -> pl.Series:
    """The keys of rows, as 32 hexadecimal digits each; raises SchemaError for the recipe of a later release."""
    if recipe not in RECIPES:
        raise SchemaError(f"The ledger holds keys by the recipe {recipe!r}, of a later version: use that one.")
    octets = RECIPES[recipe](seed, seeder, np.asarray(index, dtype=np.int64))
    return pl.Series(np.frombuffer(octets.tobytes().hex().encode(), dtype="S32"), dtype=pl.Binary).cast(pl.String)


def continued(recipe: str, held: Collection[str]) -> str:
    """The recipe by which a seeder's rows go on whose rows of now have the recipes `held`: theirs, if for the same version."""
    version = recipe.partition("/")[0]
    return next((one for one in sorted(held) if one.partition("/")[0] == version), recipe)


def digest(keys: pl.Series) -> str:
    """The SHA-256 of keys, by which the ledger tells whether a recipe still gives them."""
    return hashlib.sha256(keys.str.join("\n").item().encode()).hexdigest()


def digits_of(entry: SeedingMetadata, keys: KeyMap) -> pl.Series:
    """The keys of some of the entry's rows, as its recipe makes them. Raises SchemaError if it makes others than it did."""
    digits = keys_of(entry.key_recipe, entry.run.seed, entry.seeder_name, keys.pairs()[0])
    if len(keys) == entry.record_count and digest(digits) != entry.key_digest:
        raise SchemaError(f"{entry.table_name}: the recipe {entry.key_recipe} gives other keys than those in the ledger.")
    return digits


def _random(seed: int, seeder: str, index: Integers) -> Bits:
    """128 random bits per row, as two numbers: SplitMix64 over the index, from a start of each seeder's own."""
    start = hashlib.blake2b(f"{seed}\0{seeder}".encode(), digest_size=16, person=b"seeding-keys").digest()
    found = np.empty((len(index), 2), dtype=np.uint64)
    for half in range(2):
        state = np.uint64(int.from_bytes(start[8 * half : 8 * half + 8])) + index.astype(np.uint64) * np.uint64(
            0x9E3779B97F4A7C15
        )
        state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        found[:, half] = state ^ (state >> np.uint64(31))
    return found


def _versioned(bits: Bits, version: int) -> Bits:
    bits[:, 0] = (bits[:, 0] & ~np.uint64(0xF000)) | np.uint64(version << 12)
    bits[:, 1] = (bits[:, 1] & np.uint64(2**62 - 1)) | np.uint64(2**63)
    return bits.astype(">u8")


def _scattered4(seed: int, seeder: str, index: Integers) -> Bits:
    return _versioned(_random(seed, seeder, index), 4)


def _uuid4(seed: int, seeder: str, index: Integers) -> Bits:
    """Both ends begin with a count from a random start of each seeder's own, the rounds follow, and the rest is random."""
    bits, starts = _random(seed, seeder, index), _random(seed, f"{seeder}\0starts", np.zeros(1, dtype=np.int64))[0]
    count = (starts[0] & START) + index.astype(np.uint64)
    rising, rounds = count & ROUND, (starts[1] + (count >> np.uint64(24))) & ROUND
    bits[:, 0] = (rising << np.uint64(40)) | (rounds << np.uint64(16)) | (bits[:, 0] & np.uint64(0xFFFF))
    bits[:, 1] = (bits[:, 1] & ~(ROUND << np.uint64(24))) | (rising << np.uint64(24))
    return _versioned(bits, 4)


def _uuid7(seed: int, seeder: str, index: Integers) -> Bits:
    bits = _random(seed, seeder, index)
    moments = (np.uint64(MOMENT) + index.astype(np.uint64)) << np.uint64(16)
    bits[:, 0] = moments | (bits[:, 0] & np.uint64(0xFFFF))
    return _versioned(bits, 7)


RECIPES: Mapping[str, Callable[[int, str, Integers], Bits]] = {SCATTERED4: _scattered4, UUID4: _uuid4, UUID7: _uuid7}
