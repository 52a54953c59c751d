"""Where a table's key column takes the keys of new rows from, as a value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyCounter:
    """What the default of a key column counts with; unless it is a sequence, the server keeps the counter with the table."""

    sequence: str = ""
    """The sequence that the default draws from, in the form in which the server's sequence functions accept it."""
    name: str = ""
    """The sequence's name, for messages."""
    step: int = 1
    """The difference between two consecutive keys of the application."""
    cached: int = 1
    """How many values a session may hold in advance."""
    end: int | None = None
    """The highest value of the sequence."""
    is_shared: bool = False
    """Whether several nodes of a cluster count, each by itself: only a committed row moves the counters of the others."""
    sharing: Sequence[str] = ()
    """Queries for the highest keys of the columns that draw from the same sequence."""
