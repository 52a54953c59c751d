"""What there is to say about a profile that is right."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import yaml


@dataclass(frozen=True, slots=True, kw_only=True)
class ShapedTable:
    """A table that a profile has rules for."""

    name: str
    rows: int | None
    """How many at the profile's size; None if the table's own seeder decides."""
    columns: tuple[str, ...]
    """Those with rules."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileReport:
    """A profile as a run follows it."""

    name: str
    data: Mapping[str, Any]
    """With what it extends, for one environment, variables put in."""
    size: str
    locale: str | None
    facts: Mapping[str, Any]
    tables: tuple[ShapedTable, ...] = ()
    digest: str = ""
    """The SHA-256 of its rules for values, as the ledger records it."""

    @property
    def text(self) -> str:
        """As YAML, which is a profile again."""
        return yaml.safe_dump(dict(self.data), sort_keys=False, allow_unicode=True)

    def as_dict(self) -> dict[str, Any]:
        """As --json prints it."""
        return asdict(self)
