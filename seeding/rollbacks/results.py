"""The results of a rollback: frozen values that the command renders and the ledger stores."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from seeding.exceptions import RollbackError

if TYPE_CHECKING:
    from seeding.comparison.changed_rows import Changes
    from seeding.keys import KeySet

EXAMPLES = 20
"""Keys named per line."""
IN_HISTORY = "The history of {0} keeps the deleted rows: it is system-versioned. DELETE HISTORY FROM {0} removes its history."


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """Seeded rows of one table that a rollback leaves, for one reason."""

    table: str
    keys: tuple[int | str, ...]
    """Their primary keys: a few of them, where there are many."""
    count: int
    reason: str
    by: str = ""
    """The column that names them, as table.column."""
    referring: tuple[str, ...] = ()
    """The primary keys of the rows that refer to them: a few, where there are many."""
    referring_count: int = 0

    def __str__(self) -> str:
        rows = f"{self.count:,} row{'s' if self.count > 1 else ''} of {self.table} ({_listed(self.keys, self.count)})"
        if not self.by:
            return f"{rows}: {self.reason}"
        return f"{rows}: {self.reason} {self.by} ({_listed(self.referring, self.referring_count)})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cached:
    """Real rows of one cache that go with the seeded rows that they refer to."""

    table: str
    keys: tuple[int, ...]
    """Their primary keys: a few of them, where there are many. The audit log has all."""
    count: int

    def __str__(self) -> str:
        return f"{self.count:,} row{'s' if self.count > 1 else ''} of {self.table} ({_listed(self.keys, self.count)})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Modified:
    """Rows of one table that were changed since they were seeded."""

    table: str
    count: int
    examples: dict[int | str, tuple[str, ...]]
    """Primary key → the columns that differ, for a few rows."""

    def __str__(self) -> str:
        rows = "; ".join(f"{key}: {', '.join(columns)}" for key, columns in self.examples.items())
        more = "; …" if self.count > len(self.examples) else ""
        return f"{self.count:,} row{'s' if self.count > 1 else ''} of {self.table} ({rows}{more})"


@dataclass(frozen=True, slots=True, kw_only=True)
class TableChanges:
    """One seeder's rows that were changed since they were seeded."""

    table: str
    found: Changes
    stays: bool
    """Whether a changed row stays."""


def modified(changes: Iterable[TableChanges]) -> tuple[Modified, ...]:
    """The changed rows, as the summary names them."""
    return tuple(
        Modified(table=one.table, count=len(one.found.keys), examples=dict(one.found.examples))
        for one in changes
        if one.found.keys
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RollbackResult:
    """What a rollback has done to one table. planned = deleted + gone + kept + failed, always."""

    table: str
    records_planned: int
    """Seeded rows that were to go."""
    records_deleted: int = 0
    """In a dry run: that would be."""
    records_gone: int = 0
    """Planned but not found: already deleted by something else."""
    records_kept: int = 0
    records_failed: int = 0
    """That the database would not delete."""
    duration: float = 0.0
    """Seconds."""
    error: str = ""

    @property
    def success(self) -> bool:
        """Whether every planned row was there, and none is any more."""
        return not self.records_kept and not self.records_failed and not self.records_gone

    def as_dict(self) -> dict[str, Any]:
        """Plain values, `success` included."""
        return {**asdict(self), "success": self.success}


@dataclass(frozen=True, slots=True, kw_only=True)
class RollbackSummary:
    """A whole rollback: its results in the order of deletion, what stays and why."""

    run: int | None
    """The SeedRun's key; None where nothing was written."""
    database: str
    environment: str
    strategy: str
    dry_run: bool
    duration: float
    results: tuple[RollbackResult, ...]
    kept: tuple[Kept, ...] = ()
    cached: tuple[Cached, ...] = ()
    """Real rows of declared caches that were deleted; in a dry run, that would be."""
    modified: tuple[Modified, ...] = ()
    uncompared: tuple[str, ...] = ()
    """Tables of which it cannot be said whether a row was changed."""
    loaded: tuple[str, ...] = ()
    """Those of them whose rows were loaded from files, with which they are not compared."""
    in_history: tuple[str, ...] = ()
    """Tables whose history keeps the deleted rows (system-versioned tables of MariaDB)."""
    left: int = 0
    """Seeded rows that are in the database afterwards."""
    metrics: Mapping[str, Any] = field(default_factory=dict)
    """What the run took; nothing where nothing was written."""

    @property
    def exit_code(self) -> int:
        """6 where anything stays that was to go, or was not found where the ledger has it."""
        return 0 if all(result.success and not result.error for result in self.results) else RollbackError.exit_code

    @property
    def records_deleted(self) -> int:
        """Rows deleted in all tables."""
        return sum(result.records_deleted for result in self.results)

    def as_dict(self) -> dict[str, Any]:
        """Plain values, as `--json` prints them."""
        values = asdict(self)
        values["results"] = [result.as_dict() for result in self.results]
        return {**values, "exit_code": self.exit_code, "records_deleted": self.records_deleted}


def cached(rows: Mapping[str, KeySet]) -> tuple[Cached, ...]:
    """Rows of caches, as the summary names them."""
    return tuple(
        Cached(table=table, keys=tuple(keys.first(EXAMPLES)), count=len(keys)) for table, keys in sorted(rows.items()) if keys
    )


def _listed(keys: Iterable[Any], count: int) -> str:
    named = [str(key) for key in keys]
    return ", ".join(named) + (", …" if count > len(named) else "")
