"""Which of the rows of a rollback were changed since they were seeded."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from seeding.rollbacks.results import Modified
from seeding.verification.changed_rows import Changes


@dataclass(frozen=True, slots=True, kw_only=True)
class TableChanges:
    """One seeder's rows that were changed since they were seeded."""

    table: str
    found: Changes
    stays: bool
    """Whether a changed row stays."""


def modified(changes: Iterable[TableChanges]) -> tuple[Modified, ...]:
    """The changed rows, as the summary names them."""
    return tuple(
        Modified(table=one.table, count=len(one.found.keys), examples=dict(one.found.examples))
        for one in changes
        if one.found.keys
    )
