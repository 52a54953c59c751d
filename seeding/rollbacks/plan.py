"""What a rollback deletes and what it keeps, as a frozen value."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from seeding.generation.seeders import BaseSeeder
from seeding.keys import NOTHING, KeySet, union
from seeding.rollbacks.results import Kept, RollbackResult
from seeding.safety import Need
from seeding.schema.relations import Relation
from seeding.schema.tables import TableSchema
from seeding.verification.referring_rows import Tracer

TableKeys = dict[str, KeySet]
"""Rows of several tables: table → primary keys; an absent table has none."""


@dataclass(frozen=True, kw_only=True)
class SeededRows:
    """The live rows of the ledger, and which of their seeders belong together."""

    of_seeder: Mapping[tuple[str, str], KeySet]
    """(seeder, table) → primary keys."""
    companions: tuple[frozenset[str], ...]
    """Groups of seeders, by name, whose rows belong together; a group of one is of rows that refer to each other."""
    accompanied: Collection[tuple[str, str]] = ()
    """Pairs of a seeder and a companion: where no column ties their rows, its rows go when all of the companion's go."""
    kept_with: tuple[tuple[str, str], ...] = ()
    """Pairs of seeders: rows of the first stay if rows of the second to which they refer do."""
    followed: Mapping[str, Collection[str]]
    """Seeder → those it depends on without a column that says on which rows: its rows go when all of theirs go."""
    created_with: Mapping[str, Collection[str]] = field(default_factory=dict)
    """The ledger's name for the rows of a seeder's receivers → the seeder: they go when all of its rows go."""
    seeded_after: Collection[tuple[str, str]] = ()
    """(table, table that its seeder depends on)."""

    @cached_property
    def of_table(self) -> TableKeys:
        """All seeded rows of each table."""
        names = {name for name, _ in self.of_seeder}
        return {table: self.of(names, table) for _, table in self.of_seeder}

    def of(self, seeders: Iterable[str], table: str) -> KeySet:
        """The rows of `table` that the `seeders` inserted."""
        return union(self.of_seeder[name, table] for name in seeders if (name, table) in self.of_seeder)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tie:
    """Rows that go or stay together, or, if not `mutual`, parents that stay if their children stay."""

    link: Relation
    children: KeySet
    targets: KeySet
    mutual: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RollbackPlan:
    """Which seeded rows are deleted and which stay. Immutable: keeping more rows makes a new plan (`Planner`)."""

    there: Mapping[str, TableSchema]
    """All tables of the database."""
    links: tuple[Relation, ...]
    order: tuple[str, ...]
    """The tables of the plan, referring ones first."""
    circular: tuple[Relation, ...]
    """The links that can be set to null, from a table to itself or to one that is deleted before it."""
    selected: Mapping[str, KeySet]
    """The requested rows, and those that go with them."""
    kept: Mapping[str, KeySet] = field(default_factory=dict)
    """Those of the selected rows that stay."""
    reasons: tuple[Kept, ...] = ()
    caches: Mapping[str, KeySet] = field(default_factory=dict)
    """The real rows of caches that go with the doomed ones: table → primary keys."""
    goes_alone: bool = False
    """Whether other seeded rows keep the selected ones, too, instead of going with them."""

    def doomed(self, table: str) -> KeySet:
        """The rows of a table that are to be deleted."""
        return self.selected.get(table, NOTHING) - self.kept.get(table, NOTHING)

    def into(self, table: str) -> tuple[Relation, ...]:
        """The links that refer to a table."""
        return tuple(link for link in self.links if link.target == table)

    def needs(self, *, empties: bool) -> dict[str, Need]:
        """What carrying it out needs of each table; `empties` by truncating them."""
        found = {
            table: Need(delete=not empties, empties=empties)
            for table in self.order
            if table in self.there and self.doomed(table)
        }
        found |= {table: Need(delete=True) for table, keys in self.caches.items() if keys}
        for link in self.circular:
            if link.table in found and link.target in found:
                found[link.table] |= Need(update=frozenset({link.column}))
        return found

    def without(self, table: str, keys: KeySet) -> RollbackPlan:
        """The plan without rows that are gone by now: they can no longer be kept."""
        return replace(self, selected={**self.selected, table: self.selected[table] - keys})


def rehearsed(plan: RollbackPlan, tracer: Tracer) -> list[RollbackResult]:
    """The results of carrying out the plan now."""
    results = []
    for table in plan.order:
        planned, doomed = len(plan.selected[table]), plan.doomed(table)
        present = len(tracer.present(plan.there[table], doomed)) if table in plan.there else 0
        results.append(
            RollbackResult(
                table=table,
                records_planned=planned,
                records_deleted=present,
                records_gone=len(doomed) - present,
                records_kept=planned - len(doomed),
            )
        )
    return results


def followed(needed: Iterable[tuple[BaseSeeder, BaseSeeder]], between: Iterable[Relation]) -> dict[str, set[str]]:
    """From pairs of a seeder and its dependency: seeder → the dependencies that none of its columns need refer to.

    A typed reference is one of other rows, perhaps: of the same table, and of another seeder.
    """
    linked = {(link.table, link.target) for link in between if link.when is None}
    found: dict[str, set[str]] = {}
    for seeder, parent in needed:
        if (seeder.config.table_name, parent.config.table_name) not in linked:
            found.setdefault(seeder.name, set()).add(parent.name)
    return found
