"""Results of masking in place and of the inventory of personal data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from seeding.exceptions import UnclassifiedError


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskingResult:
    """One table's account of `seed_mask`."""

    table: str
    rows: int = 0
    """Rows looked at."""
    masked: int = 0
    """Values that were masked, or in a dry run would be; those that were masks already are not counted."""
    duration: float = 0.0
    """Seconds."""
    error: str = ""
    exit_code: int = 0
    masking: Mapping[str, Any] = field(default_factory=dict)
    """The masking audit: table, mode, the key's fingerprint, and per field the strategy and how many values."""
    examples: Sequence[Mapping[str, str]] = ()
    """In a dry run: column, what kind of value is there (never the value), and its mask."""

    def as_dict(self) -> dict[str, Any]:
        """Plain values, as the run records them."""
        values = asdict(self)
        del values["examples"]
        return values


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftColumn:
    """A column that looks like personal data and is not classified."""

    table: str
    column: str
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskingSummary:
    """A whole run of `seed_mask`."""

    run: int | None
    """The SeedRun's key; None where nothing was written."""
    database: str
    environment: str
    mode: str
    key: str
    """The key's fingerprint."""
    dry_run: bool
    duration: float
    results: tuple[MaskingResult, ...]
    left: tuple[LeftColumn, ...] = ()
    unseen: tuple[str, ...] = ()
    """Schemas of the database that hold tables and were not looked at: the connection does not search them (PostgreSQL)."""
    metrics: Mapping[str, Any] = field(default_factory=dict)
    """What the run took; nothing where nothing was written."""

    @property
    def exit_code(self) -> int:
        """The smallest exit code of any table; 3 if unclassified columns remain."""
        codes = [one.exit_code for one in self.results if one.exit_code] + ([UnclassifiedError.exit_code] if self.left else [])
        return min(codes, default=0)

    def as_dict(self) -> dict[str, Any]:
        """Plain values, as `--json` prints them."""
        return {**asdict(self), "exit_code": self.exit_code}


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassifiedColumn:
    """One line of the inventory of personal data."""

    table: str
    column: str
    seeder: str
    holds: str
    """personal data, nothing personal, or undecided."""
    strategy: str
    masked: str
    """What a mask looks like."""
    kept: str
    """What partial masking lets through."""
    problem: str = ""
    """Why the seeder is refused; empty where it is not."""
