"""What a profile may say about a table, as far as the table itself decides that."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from seeding.schema.tables import ColumnSchema


@dataclass(frozen=True, slots=True, kw_only=True)
class TableView:
    """A table as a profile sees it."""

    name: str
    columns: Mapping[str, ColumnSchema]
    """Those that a seeder may fill."""
    links: Mapping[str, str] = field(default_factory=dict)
    """Column → the table it refers to."""
    unique: Sequence[tuple[str, ...]] = ()
    choices: Mapping[str, Collection[Any]] = field(default_factory=dict)
    """Column → the values that its field offers."""
    required: Collection[str] = ()
    """Columns that every row must provide."""
    adjustable: Collection[str] | None = None
    """The columns that a hand-made seeder lets a profile change; None for an automatic seeder, where it may change them all."""
    seeder: str = ""
    """The hand-made seeder's name."""

    @property
    def is_automatic(self) -> bool:
        """Whether the table's seeder is made in memory, wholly by the profile's rules."""
        return self.adjustable is None
