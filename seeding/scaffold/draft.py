"""Everything that a drafted seeder says."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from django.db import models

from seeding.generation.seeders import RecordCount
from seeding.schema.tables import TableSchema


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """Everything in the file of a drafted seeder."""

    schema: TableSchema
    app: str
    """Label of its app: MIRRORS if it has a model in memory."""
    model: type[models.Model] | None
    """The model that mirrors the table; None if the file defines one."""
    model_name: str
    seeder_name: str
    """Name of the class, and of the seeder in the ledger."""
    columns: Mapping[str, str]
    """Column → expression over `rows`."""
    left_out: tuple[str, ...]
    dependencies: tuple[str, ...]
    targets: Mapping[str, str]
    """Column → label of the model it refers to."""
    count: RecordCount
    capacity: int | None
    pii: Mapping[str, str]
    not_pii: tuple[str, ...]
    broken: Mapping[str, int]
    """Violations in the sample: "column: issue" → rows."""
    doubts: tuple[str, ...] = ()
    """What is wrong with the rows."""
    shares_cells_with: tuple[str, ...] = ()
    """Tables to whose rows its own refer within a cell."""
    files: tuple[str, ...] = ()
    later: Mapping[str, str] = field(default_factory=dict)
    """Columns that stay empty because what they refer to has no seeder → what to do first; or because of `full_clean`."""
    postponed: tuple[str, ...] = ()
    """Reference columns that are filled once all rows exist: their tables come later."""
    refers: Mapping[str, type[models.Model]] = field(default_factory=dict)
    """Column of a generic reference → the model whose rows it refers to."""
    natural_key: tuple[str, ...] = ()
    """Of real rows that are referred to and never made; empty for rows that are made."""
    shown_version: int | None = None
    """What the file says as its version: that of the rows which the ledger holds. None if it holds none."""

    @property
    def version(self) -> int:
        """A number that differs wherever the rows do."""
        if self.natural_key:
            return 1
        told = repr((sorted(self.columns.items()), self.count, self.postponed, sorted(self.refers)))
        return int.from_bytes(hashlib.blake2b(told.encode(), digest_size=4).digest())
