"""What `seed_verify` found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

SHORTEST = 12
"""The fewest characters of a fingerprint that stand for all of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One value that is not as it was seeded."""

    key: str
    """The row's primary key, as a person reads it."""
    column: str
    expected: str
    found: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TableVerdict:
    """What became of one table's seeded rows."""

    table: str
    seeded: int
    """Rows that the ledger holds."""
    edited: int = 0
    """Of those, rows with a generated column that holds something else."""
    missing: int = 0
    """Of those, rows that are not there any more."""
    others: int = 0
    """Rows of the table that were not seeded."""
    stale: Mapping[str, int] = field(default_factory=dict)
    """Derived column → rows in which it is not what the derivation computes now."""
    unverifiable: Mapping[str, int] = field(default_factory=dict)
    """Why rows cannot be compared → how many."""
    cells: tuple[Cell, ...] = ()
    """A few of the values that differ."""
    missing_keys: tuple[str, ...] = ()
    """A few of the rows that are missing."""
    fingerprint: str = ""
    """Of the rows as they are; empty if some cannot be compared."""

    @property
    def is_as_seeded(self) -> bool:
        """Whether nothing differs and everything was compared; real rows beside them do not matter."""
        return not (self.edited or self.missing or any(self.stale.values()) or self.unverifiable)


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyReport:
    """What `seed_verify` found in all tables."""

    database: str
    tables: tuple[TableVerdict, ...]
    fingerprint: str
    """Of the dataset as it is; empty if some rows cannot be compared."""
    expected: str | None = None
    """The fingerprint that was expected, if one was."""
    duration: float = 0.0

    @property
    def is_as_seeded(self) -> bool:
        """Whether every seeded row was compared, and is as it was seeded."""
        return all(one.is_as_seeded for one in self.tables)

    @property
    def is_expected(self) -> bool:
        """Whether the fingerprint is the expected one, or none was expected."""
        if self.expected is None:
            return True
        return len(self.expected) >= SHORTEST and self.fingerprint.startswith(self.expected.lower())

    def as_dict(self) -> dict[str, Any]:
        """Plain values, as --json prints them."""
        return {**asdict(self), "is_as_seeded": self.is_as_seeded, "is_expected": self.is_expected}
