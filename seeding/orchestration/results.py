"""The results of a seeding run: frozen values that the command renders and the ledger stores."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import date
from enum import StrEnum
from typing import Any

from seeding.exceptions import GenerationError, SchemaError
from seeding.generation.seeders import BaseSeeder


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

    @property
    def has_rows(self) -> bool:
        """Whether planned rows are there: all of them, or some."""
        return self.success or self.state is SeederState.PARTIAL

    def as_dict(self) -> dict[str, Any]:
        """Plain values, `success` included."""
        return {**{one.name: getattr(self, one.name) for one in fields(self)}, "success": self.success}


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
    edge_cases: bool
    dry_run: bool
    duration: float
    results: tuple[SeederResult, ...]
    examples: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    """A few generated rows per table, in a dry run."""
    metrics: Mapping[str, Any] = field(default_factory=dict)
    """What the run took; nothing where nothing was written."""
    left_out: Mapping[str, str] = field(default_factory=dict)
    """Table or model that automatic seeders leave out → why."""

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


def broken_module(module: str, words: str) -> SeederResult:
    """The result of a module whose seeders could not be imported."""
    return SeederResult(
        seeder=module, table="", state=SeederState.FAILED, records_planned=0, error=words, exit_code=GenerationError.exit_code
    )


def left_out(seeder: BaseSeeder, count: int, error: str) -> SeederResult:
    """The result of a seeder of which no row was tried."""
    return SeederResult(
        seeder=seeder.name,
        table=seeder.config.table_name,
        state=SeederState.SKIPPED,
        records_planned=count,
        records_skipped=count,
        error=error,
    )


def unfilled(table: str, words: str) -> SeederResult:
    """The result of a table that no automatic seeder could be made for."""
    return SeederResult(
        seeder=table,
        table=table,
        state=SeederState.REFUSED,
        records_planned=0,
        error=words,
        exit_code=SchemaError.exit_code,
    )


def exit_code(results: Iterable[SeederResult]) -> int:
    """The smallest non-zero code wins when several apply."""
    return min((result.exit_code for result in results if result.exit_code), default=0)
