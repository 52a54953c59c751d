"""What all rows of a database have in common."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from typing import Any

from seeding.exceptions import ConfigurationError
from seeding.generation.rows import Rows
from seeding.generation.seeders import BaseSeeder


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """What every generated value depends on besides its table, column and row index. A database holds one dataset."""

    seed: int
    as_of: date
    edge_cases: bool = True
    """Whether some rows are as unusual as a real row could be: the longest name, a debt exactly at its limit."""

    @property
    def rules(self) -> str:
        """What else than seed and day the values depend on, as JSON; empty if nothing is other than by default."""
        return "" if self.edge_cases else json.dumps({"edge_cases": False})

    @classmethod
    def ruled(cls, rules: str, *, seed: int, as_of: date) -> Dataset:
        """The dataset whose `rules` are given; raises ConfigurationError for rules of a later release."""
        told = json.loads(rules or "{}")
        if unknown := sorted(told.keys() - {"edge_cases"}):
            words = "this release does not know, so it cannot make more of them. Use the release that made them."
            raise ConfigurationError(f"The rows that are there follow rules ({', '.join(unknown)}) that {words}")
        return cls(seed=seed, as_of=as_of, **told)

    def rows(self, seeder: BaseSeeder, index: Any) -> Rows:
        """Rows of the seeder's table at `index`."""
        table = seeder.config.table_name
        return Rows(seed=self.seed, table=table, as_of=self.as_of, index=index, edge_cases=self.edge_cases)
