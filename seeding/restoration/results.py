"""What `seed_verify` found, and what `seed_reset` did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from seeding.exceptions import IncoherentError

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """Seeded rows of one table that are not as they were seeded, and stay so for one reason."""

    table: str
    count: int
    keys: tuple[str, ...]
    """A few of their primary keys."""
    reason: str

    def __str__(self) -> str:
        more = ", …" if self.count > len(self.keys) else ""
        rows = f"{self.count:,} row{'s' if self.count > 1 else ''} of {self.table}"
        return f"{rows} ({', '.join(self.keys)}{more}): {self.reason}" if self.keys else f"{rows}: {self.reason}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetResult:
    """What `seed_reset` has done to one table; in a dry run, what it would do. edited + missing = updated + inserted + left."""

    table: str
    seeded: int
    """Rows that the ledger holds."""
    records_edited: int = 0
    """Of those, rows in which a generated column held something else."""
    records_missing: int = 0
    """Of those, rows that were not there any more."""
    records_updated: int = 0
    records_inserted: int = 0
    records_left: int = 0
    records_derived: int = 0
    """Rows whose derived columns were not what is derived now, after that."""
    others: int = 0
    """Rows of the table that were not seeded; they are never touched."""
    error: str = ""
    """What is not done, of derived columns and files."""

    @property
    def has_work(self) -> bool:
        """Whether anything is put back."""
        return bool(self.records_updated or self.records_inserted or self.records_derived)

    def step(self) -> dict[str, Any]:
        """The table's part of the plan, as the ledger stores it."""
        return {"table": self.table, "rows": self.records_updated + self.records_inserted}

    def as_dict(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetSummary:
    """A whole reset."""

    run: int | None
    """The SeedRun's key; None if nothing was written."""
    database: str
    environment: str
    dry_run: bool
    duration: float
    results: tuple[ResetResult, ...]
    left: tuple[Left, ...]
    metrics: Mapping[str, Any] = field(default_factory=dict)

    @property
    def exit_code(self) -> int:
        """0 if all seeded rows are as they were seeded, or would be; else that of incoherent data."""
        return IncoherentError.exit_code if self.left or any(one.error for one in self.results) else 0

    def as_dict(self) -> dict[str, Any]:
        """Plain values, as --json prints them."""
        return {**asdict(self), "exit_code": self.exit_code}
