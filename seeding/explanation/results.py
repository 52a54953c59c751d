"""What `seed_explain` says of a row."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from seeding.db.redaction import REDACTED


class Role(StrEnum):
    """Where the values of a column come from."""

    KEY = "key"
    """The server, or the engine, gives it."""
    GENERATED = "generated"
    """The seeder makes it."""
    PROFILE = "profile"
    """A rule of the profile gives it."""
    REFERENCE = "reference"
    """The seeder makes the index of another row."""
    DERIVED = "derived"
    """The database computes it from other rows."""
    LEFT_OUT = "left out"
    """The seeder leaves it to the model or the database."""
    LOADED = "loaded"
    """It was in a file."""
    UNKNOWN = "unknown"
    """Nobody can tell: a receiver made the row, or its seeder is another now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParentRow:
    """A row that a reference leads to."""

    table: str
    index: int | None
    """Its row index; None if it was not seeded."""
    key: str
    """Its primary key; empty if there is no such row any more."""
    is_there: bool | None
    """Whether the table holds it; None if that is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedColumn:
    """One column of the row."""

    column: str
    role: Role
    is_personal: bool
    """Whether it holds personal data: what is stored is shown only if it is what was generated."""
    expected: str | None
    """What the seeder makes, or the derivation computes now; None for null, and where `is_known` is false."""
    is_known: bool
    """Whether `expected` is known."""
    found: str | None
    """What the database holds; None for null, and where there is no row."""
    is_same: bool | None
    """Whether the two are the same to the server; None where they cannot be compared."""
    rule: str = ""
    """The profile's rule for it, as JSON."""
    parents: tuple[ParentRow, ...] = ()
    """The rows that `expected` leads to; those of `found`, where nothing is expected. At most a few."""
    found_parent: ParentRow | None = None
    """The row that `found` leads to, if that is another one."""
    note: str = ""
    """What else is to be known."""

    @property
    def is_withheld(self) -> bool:
        """Whether what is stored is personal, and is not known to be what was generated: `found` does not show it."""
        return self.is_personal and self.found == REDACTED


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferringRows:
    """The rows that refer to the row by one column."""

    table: str
    column: str
    seeded: int
    real: int
    seeded_keys: tuple[str, ...]
    """A few of them."""
    real_keys: tuple[str, ...]
    problem: str = ""
    """Why they were not counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowExplanation:
    """Where a row comes from, and what has become of it."""

    database: str
    table: str
    key: str
    """As the ledger writes it."""
    index: int
    seeder: str
    origin: str
    """generated, source (loaded from files) or receiver (created by one of the application's)."""
    batch: int
    run: int
    command: str
    seeded_at: datetime
    account: str
    """The operating system's account, and its host."""
    requested_by: str
    """The admin account that requested the run, if any."""
    environment: str
    seed: int
    as_of: date
    profile: str
    """The SHA-256 of the profile's part for the table, if it has one."""
    generator_version: str
    version_now: str
    """That of the seeder as it is; empty if there is none."""
    obstacle: str
    """Why its values cannot be made again; empty if they can."""
    rolled_back_in: int | None
    """The run that rolled it back."""
    rolled_back_at: datetime | None
    is_there: bool | None
    """Whether the table holds it; None if it was rolled back, or no model describes the table."""
    note: str
    """Why there are no columns."""
    columns: tuple[ExplainedColumn, ...]
    referring: tuple[ReferringRows, ...]
    """Tables whose rows refer to it."""

    @property
    def is_repeatable(self) -> bool:
        """Whether its values can be made again."""
        return not self.obstacle

    @property
    def differing(self) -> Iterator[ExplainedColumn]:
        """The columns that are not as they were seeded, or derived."""
        return (one for one in self.columns if one.is_same is False)

    def as_dict(self) -> dict[str, Any]:
        """Plain values, as --json prints them."""
        return {**asdict(self), "is_repeatable": self.is_repeatable}
