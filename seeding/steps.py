"""What a run is going to do: its steps in order, and what they will take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One seeder's part."""

    seeder: str
    table: str
    rows: int
    """How many the table is to have from it."""
    existing: int
    """How many of those are there already, as the ledger has it."""

    @property
    def missing(self) -> int:
        """Rows to insert."""
        return self.rows - self.existing

    def as_dict(self) -> dict[str, Any]:
        """Plain values, as the run records them."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """A whole run before it begins. Time and size are estimates."""

    database: str
    environment: str
    size: str
    scale: int
    seed: int
    as_of: date
    asked: tuple[str, ...]
    """Tables and groups that were asked for; none means all."""
    added: tuple[str, ...]
    """Tables that those need or bring along."""
    steps: tuple[Step, ...]
    seconds: Mapping[str, float]
    """Seeder → what its missing rows will take."""
    sizes: Mapping[str, int]
    """Seeder → bytes of its missing rows, without indexes; none for a seeder that fails to make a sample."""
