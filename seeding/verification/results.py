"""Results of checking a seeded database."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

from seeding.schema.results import Difference

EXAMPLES = 5
"""How many rows that break a rule are named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the database said about one rule."""

    rule: str
    sentence: str
    table: str
    looked_at: int = 0
    broken: int = 0
    """Rows that break it, apart from those in `changed`."""
    examples: tuple[str, ...] = ()
    """A few of the rows that break it, by their primary keys."""
    changed: int = 0
    """Rows that break it and involve rows that somebody has edited or inserted since they were seeded."""
    changed_examples: tuple[str, ...] = ()
    """A few of those."""
    missing: tuple[str, ...] = ()
    """Tables and columns that the rule needs and the database lacks: then it was not asked."""

    def plus(self, other: Verdict) -> Verdict:
        """The verdict on these rows and on others."""
        return replace(
            self,
            looked_at=self.looked_at + other.looked_at,
            broken=self.broken + other.broken,
            examples=(*self.examples, *other.examples)[:EXAMPLES],
        )


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
    """Modules that could not be imported, rules that could not be asked, tables without a model: what was not checked."""
    seeded: int = 0
    """Rows that the ledger holds; 0 where only the schema was asked for."""

    @property
    def refused(self) -> bool:
        """Whether a seeder would be refused."""
        return bool(self.refusals) or any(not one.harmless for one in self.differences)

    @property
    def broken(self) -> bool:
        """Whether a rule or a reference is broken, and nobody but seeding can have done it."""
        return any(verdict.broken for verdict in self.verdicts)

    def as_dict(self) -> dict[str, Any]:
        """Plain values, as `--json` prints them."""
        return asdict(self)
