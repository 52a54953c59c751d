"""A seeder's rows in parts that other processes can make: a few numbers, never rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from seeding.arrays import Integers
from seeding.generation.seeder_columns import seeded_references
from seeding.generation.seeders import BaseSeeder
from seeding.keys import KeyMap
from seeding.orchestration.results import SeederState


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """Planned rows of a seeder that one worker makes."""

    rows: KeyMap
    """Their indexes, and the keys reserved for them; zeros where the server does not count the keys."""
    are_counted: bool
    """Whether these keys are to be used."""
    batch: int
    """How many rows to write in one transaction."""
    is_next: bool = False
    """Whether all rows before these have been made, or never will be."""

    def __str__(self) -> str:
        first, last = self.rows.ranges[0], self.rows.ranges[-1]
        return f"rows {first[0]} to {last[0] + last[1] - 1}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A seeder whose missing rows can be made in chunks: it was looked at, and their keys are reserved."""

    missing: Integers
    """Ranges [first, count]."""
    existing: int
    first_key: int | None
    """None where the server does not count the keys."""
    batch: int
    chunk_rows: int

    def chunks(self) -> Iterator[Chunk]:
        """All missing rows; whoever makes them, a chunk ends where an index is divisible by `chunk_rows`."""
        size = self.chunk_rows
        key = 0 if self.first_key is None else self.first_key
        held: list[tuple[int, int, int]] = []
        for first, count in self.missing.tolist():
            index, end = first, first + count
            while index < end:
                stop = min(end, index - index % size + size)
                if held and held[-1][0] // size != index // size:
                    yield self._chunk(held)
                    held = []
                held.append((index, stop - index, key))
                key += stop - index
                index = stop
        if held:
            yield self._chunk(held)

    def _chunk(self, ranges: Sequence[Sequence[int]]) -> Chunk:
        return Chunk(rows=KeyMap(np.array(ranges)), are_counted=self.first_key is not None, batch=self.batch)


@dataclass(frozen=True, slots=True, kw_only=True)
class Early:
    """A chunk whose rows refer to rows of an earlier one, which are not there yet."""


class EarlyError(Exception):
    """Rows refer to others of their table that are not there yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What became of rows of a seeder."""

    inserted: int = 0
    existing: int = 0
    skipped: int = 0
    rejected: int = 0
    reasons: Mapping[str, int] = field(default_factory=dict)
    """Why rows were rejected → how often."""
    first: str = ""
    """The first rejected row, and why."""
    masked: Mapping[str, int] = field(default_factory=dict)
    """Column → values that were masked."""
    failure: tuple[SeederState, str, int] | None = None
    """State, message and exit code, if it came to no end."""


def can_be_divided(seeder: BaseSeeder) -> bool:
    """Whether the rows can be made in chunks: none takes the place of a real one, and nothing else happens with them.

    If rows refer to others of their table, which ones must not depend on what is there.
    """
    config, table = seeder.config, seeder.config.table_name
    own = (one for one in seeded_references(seeder) if one.target_table == table)
    vague = [one for one in own if one.json_key or one.column in config.any_parent]
    return not (vague or config.natural_key or config.signals or config.is_real or config.key_target is not None)
