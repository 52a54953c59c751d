"""A run's work in parts that other processes can do: a few names and numbers, never rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from seeding.arrays import Integers
from seeding.keys import KeyMap
from seeding.locks import Grant
from seeding.orchestration.results import SeederResult, SeederState


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """Planned rows of a seeder that one worker makes."""

    rows: KeyMap
    """Their indexes, and the keys reserved for them; zeros where the server does not count the keys."""
    are_counted: bool
    """Whether these keys are to be used."""
    batch: int
    """How many rows to write in one transaction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One thing to do."""

    seeder: str
    chunk: Chunk | None = None
    """None: the seeder as a whole, or its opening if it can be divided."""
    known: Mapping[str, KeyMap] = field(default_factory=dict)
    """Seeders whose rows it refers to → their keys."""
    grant: Grant | None = None
    """Leave to commit; None in the run's own process, which holds the lock."""

    @property
    def name(self) -> str:
        """What is done, for messages."""
        if self.chunk is None:
            return self.seeder
        first, count, _ = self.chunk.rows.as_lists()[0]
        last = self.chunk.rows.as_lists()[-1]
        return f"{self.seeder}, rows {first} to {last[0] + last[1] - 1}" if count else self.seeder


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """A task of which every worker died."""

    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A task that has ended."""

    task: Task
    outcome: SeederResult | Opened | Account | Lost
    examples: Sequence[Mapping[str, Any]] = ()
    """A few rows, in a dry run."""
    attempts: int = 1
    """How many workers it took."""
    outages: int = 0
    """How often its connection was lost."""
    grant: Grant | None = None
    """The leave, with the transactions committed by it."""
