"""What all rows of a database have in common."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

import polars as pl

from seeding.generation.rows import Rows
from seeding.generation.seeders import BaseSeeder
from seeding.generation.value_rules.overrides import overridden
from seeding.generation.value_rules.profile_rules import ProfileRules


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """What every generated value depends on besides its table, column and row index. A database holds one dataset."""

    seed: int
    as_of: date
    rules: ProfileRules = field(default_factory=ProfileRules)

    def rows(self, seeder: BaseSeeder, index: Any) -> Rows:
        """Rows of the seeder's table at `index`."""
        return Rows(seed=self.seed, table=seeder.config.table_name, as_of=self.as_of, index=index, rules=self.rules)

    def generate(self, seeder: BaseSeeder, index: Any) -> pl.DataFrame:
        """The columns of the rows at `index`: as the seeder generates them, and as the profile wants what may change.

        Raises whatever the seeder raises.
        """
        return self.columns(seeder, self.rows(seeder, index))

    def columns(self, seeder: BaseSeeder, rows: Rows) -> pl.DataFrame:
        """The same of `rows`, which remember the facts that were computed for them."""
        return overridden(rows, seeder.generate_data(rows), seeder.config.adjustable)
