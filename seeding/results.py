"""What a run hands back: frozen values that the command renders and the ledger stores."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from seeding.exceptions import RollbackError, UnclassifiedError

MISSING_TABLE = "missing table"
MIGRATE = "Run the application's migrations, or bring the model up to date."


class SeederState(StrEnum):
    """How one seeder ended."""

    SEEDED = "seeded"
    EXISTING = "existing"
    PARTIAL = "partial"
    REFUSED = "refused"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class SeederResult:
    """One seeder's account. planned = inserted + existing + skipped, always (a dry run counts as inserted what it would)."""

    seeder: str
    table: str
    state: SeederState
    records_planned: int
    records_inserted: int = 0
    records_existing: int = 0
    records_skipped: int = 0
    duration: float = 0.0
    """Seconds."""
    error: str = ""
    exit_code: int = 0
    masking: Mapping[str, Any] = field(default_factory=dict)
    """The masking audit: table, mode, the key's fingerprint, and per field the strategy and how many values."""

    @property
    def success(self) -> bool:
        """Whether every planned row is there."""
        return self.state in (SeederState.SEEDED, SeederState.EXISTING)

    def as_dict(self) -> dict[str, Any]:
        """Plain values, `success` included."""
        return {**asdict(self), "success": self.success}


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSummary:
    """A whole run: its dataset, its results in the order they ran, its exit code."""

    run: int | None
    """The SeedRun's key; None for a dry run, which writes nothing."""
    database: str
    environment: str
    size: str
    scale: int
    seed: int
    as_of: date
    dry_run: bool
    duration: float
    results: tuple[SeederResult, ...]
    examples: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    """A few generated rows per table, in a dry run."""
    metrics: Mapping[str, Any] = field(default_factory=dict)
    """What the run took; nothing where nothing was written."""

    @property
    def exit_code(self) -> int:
        """The smallest code that any seeder ended with, 0 when all went well."""
        return exit_code(self.results)

    @property
    def records_inserted(self) -> int:
        """Rows inserted by all seeders."""
        return sum(result.records_inserted for result in self.results)

    def as_dict(self) -> dict[str, Any]:
        """Plain values, as `--json` prints them; the date as YYYY-MM-DD."""
        values = asdict(self)
        values["as_of"] = self.as_of.isoformat()
        values["results"] = [result.as_dict() for result in self.results]
        values["exit_code"] = self.exit_code
        values["records_inserted"] = self.records_inserted
        return values


def exit_code(results: Iterable[SeederResult]) -> int:
    """The smallest non-zero code wins when several apply."""
    return min((result.exit_code for result in results if result.exit_code), default=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """Seeded rows of one table that a rollback leaves, for one reason."""

    table: str
    keys: tuple[int, ...]
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
class Modified:
    """Rows of one table that somebody has changed since they were seeded."""

    table: str
    count: int
    examples: dict[int, tuple[str, ...]]
    """Primary key → the columns that differ, for a few rows."""

    def __str__(self) -> str:
        rows = "; ".join(f"{key}: {', '.join(columns)}" for key, columns in self.examples.items())
        more = "; …" if self.count > len(self.examples) else ""
        return f"{self.count:,} row{'s' if self.count > 1 else ''} of {self.table} ({rows}{more})"


@dataclass(frozen=True, slots=True, kw_only=True)
class RollbackResult:
    """What a rollback has done to one table. planned = deleted + gone + kept + failed, always."""

    table: str
    records_planned: int
    """Seeded rows that were to go."""
    records_deleted: int = 0
    """In a dry run: that would be."""
    records_gone: int = 0
    """That were planned and not found: somebody else had deleted them before."""
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
    modified: tuple[Modified, ...] = ()
    uncompared: tuple[str, ...] = ()
    """Tables of which it cannot be said whether a row was changed."""
    loaded: tuple[str, ...] = ()
    """Those of them whose rows were loaded from files, with which they are not compared."""
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


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftColumn:
    """A column that looks like personal data, and that nobody has classified."""

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
    metrics: Mapping[str, Any] = field(default_factory=dict)
    """What the run took; nothing where nothing was written."""

    @property
    def exit_code(self) -> int:
        """The smallest code that any table ended with; 3 where columns are left that nobody has classified."""
        codes = [one.exit_code for one in self.results if one.exit_code] + ([UnclassifiedError.exit_code] if self.left else [])
        return min(codes, default=0)

    def as_dict(self) -> dict[str, Any]:
        """Plain values, as `--json` prints them."""
        return {**asdict(self), "exit_code": self.exit_code}


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the database said about one rule."""

    rule: str
    sentence: str
    table: str
    looked_at: int = 0
    broken: int = 0
    examples: tuple[str, ...] = ()
    """A few of the rows that break it, by their primary keys."""
    missing: tuple[str, ...] = ()
    """Tables and columns that the rule needs and the database lacks: then it was not asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One thing in which a table is not what its model says."""

    table: str
    column: str
    issue: str
    expected: str
    actual: str
    fix: str = MIGRATE
    harmless: bool = False
    """Whether the seeder can work all the same."""

    def __str__(self) -> str:
        if self.issue == MISSING_TABLE:
            return f"The table {self.table} is missing. {self.fix}"
        where = f"{self.table}.{self.column}" if self.column else self.table
        return f"{where}: {self.issue} (expected {self.expected}, actual {self.actual}). {self.fix}"


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


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckReport:
    """What `seed_check` found."""

    checks: tuple[str, ...]
    """What was asked: schema, references, invariants."""
    tables: int
    """Tables whose schema was compared."""
    differences: tuple[Difference, ...]
    refusals: tuple[str, ...]
    """A sentence for every table that no command would touch."""
    verdicts: tuple[Verdict, ...]
    unreadable: tuple[str, ...]
    """Modules that could not be imported, and rules that could not be asked: what was not checked."""

    @property
    def refused(self) -> bool:
        """Whether a seeder would be refused."""
        return bool(self.refusals) or any(not one.harmless for one in self.differences)

    @property
    def broken(self) -> bool:
        """Whether a rule or a reference is broken."""
        return any(verdict.broken for verdict in self.verdicts)

    def as_dict(self) -> dict[str, Any]:
        """Plain values, as `--json` prints them."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidationError:
    """One broken rule: which field, what is wrong, what was expected, what was there, and in which row of the batch."""

    field: str
    issue: str
    expected: Any
    actual: Any
    row: int | None = None
    """Position in the batch; None where all of it is meant."""

    def __str__(self) -> str:
        return f"{self.field}: {self.issue} (expected {self.expected}, actual {self.actual})"


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidationResult:
    """What a validation found."""

    errors: tuple[ValidationError, ...] = ()

    @property
    def valid(self) -> bool:
        """Whether nothing is wrong."""
        return not self.errors


def _listed(keys: Iterable[Any], count: int) -> str:
    named = [str(key) for key in keys]
    return ", ".join(named) + (", …" if count > len(named) else "")
