"""What `seed_snapshot` did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from seeding.exceptions import IncoherentError


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotReport:
    """A snapshot, as `list`, `save`, `import` and `show` tell of it."""

    name: str
    rows: int
    """Seeded rows."""
    edited: int
    """Of those, rows that held something else than was seeded."""
    missing: int
    """Of those, rows that were not there any more."""
    bytes: int
    fingerprint: str
    seed: int
    as_of: str
    profile: str
    """The SHA-256 of the rules of a profile; empty if there was none."""
    not_held: Mapping[str, int]
    """What it does not hold, in words → how many."""
    tables: Mapping[str, int]
    """Table → seeded rows."""
    created_at: datetime
    created_by: str

    def as_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {**asdict(self), "created_at": self.created_at.isoformat()}


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreSummary:
    """What restoring a snapshot has done; in a dry run, what it would do."""

    name: str
    database: str
    dry_run: bool
    seeded: int = 0
    """Rows that were seeded, because the snapshot has them and the database had not."""
    put_back: int = 0
    """Rows that were edited or deleted, and are as they were seeded."""
    overridden: int = 0
    """Rows that hold what the snapshot says instead of what was seeded."""
    rolled_back: int = 0
    """Seeded rows that the snapshot does not have."""
    kept: tuple[str, ...] = ()
    """What stays as it is, and why."""
    unlike: tuple[str, ...] = ()
    """Tables whose rows are not as in the snapshot after all."""
    not_compared: tuple[str, ...] = ()
    """Tables of which the snapshot has no fingerprint, since it does not hold everything."""
    not_held: Mapping[str, int] = field(default_factory=dict)
    duration: float = 0.0

    @property
    def exit_code(self) -> int:
        """0 if the seeded rows are as in the snapshot, as far as it holds them."""
        return IncoherentError.exit_code if self.kept or self.unlike else 0

    def as_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {**asdict(self), "exit_code": self.exit_code}
