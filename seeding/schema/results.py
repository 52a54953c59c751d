"""The results of comparing a schema and of validating rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

MISSING_TABLE = "missing table"

MIGRATE = "Run the application's migrations, or bring the model up to date."


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
class ValidationError:
    """One broken rule: which field, what is wrong, what was expected, what was found, and in which row of the batch."""

    field: str
    issue: str
    expected: Any
    actual: Any
    row: int | None = None
    """Position in the batch; None for the whole batch."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class DataResult(ValidationResult):
    """What is wrong with a batch: a few errors per column and issue, and which rows may be inserted."""

    accepted: pl.Series
    """One boolean per row of the batch."""
    counts: Mapping[str, int]
    """"column: issue" → how many rows have it, listed among the errors or not."""
