"""What a rollback deletes and what it keeps: the seeded rows that were asked for, what goes with them, and what real rows need.

Rows belong together where their seeders are companions and one refers to the other: an order and its lines. They go together
and they stay together. A seeded row to which a row outside the ledger refers stays, and so does everything that it needs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, reduce
from operator import or_
from typing import Any

from seeding.exceptions import RefusedError
from seeding.keys import NOTHING, KeySet
from seeding.rollbacks.results import Kept
from seeding.rollbacks.tracer import Pairs, Tracer
from seeding.schema.relations import Relation, deletion_order
from seeding.schema.tables import TableSchema

EXAMPLES = 20
"""Keys named per reason."""

TableKeys = dict[str, KeySet]
"""Rows of several tables: table → primary keys; a table that is not in it has none."""


@dataclass(frozen=True, kw_only=True)
class SeededRows:
    """The live rows of the ledger, and which of their seeders belong together."""

    of_seeder: Mapping[tuple[str, str], KeySet]
    """(seeder, table) → primary keys."""
    companions: tuple[frozenset[str], ...]
    """Groups of seeders, by name, whose rows make no sense apart."""
    followed: Mapping[str, Collection[str]]
    """Seeder → those on whose rows its own depend, though no column says on which: they go when all of those go."""
    seeded_after: Collection[tuple[str, str]] = ()
    """(table, one whose rows its seeder needs)."""

    @cached_property
    def of_table(self) -> TableKeys:
        """All seeded rows of each table."""
        names = {name for name, _ in self.of_seeder}
        return {table: self.of(names, table) for _, table in self.of_seeder}

    def of(self, seeders: Iterable[str], table: str) -> KeySet:
        """The rows of `table` that the `seeders` have made."""
        return reduce(or_, (self.of_seeder.get((name, table), NOTHING) for name in seeders), NOTHING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tie:
    """Rows that go and stay together, or, if not `mutual`, parents that stay while the children do."""

    link: Relation
    children: KeySet
    targets: KeySet
    mutual: bool


@dataclass(kw_only=True)
class RollbackPlan:
    """Which rows go and which stay. What stays may grow while the plan is carried out; so what goes only shrinks."""

    seeded: SeededRows
    there: Mapping[str, TableSchema]
    """All tables of the database."""
    links: tuple[Relation, ...]
    tracer: Tracer
    selected: TableKeys
    """What was asked for, and what goes with it."""
    kept: TableKeys = field(default_factory=dict)
    """What stays of it."""
    reasons: list[Kept] = field(default_factory=list)

    @cached_property
    def order(self) -> tuple[str, ...]:
        """The tables of the plan, those that refer first."""
        return deletion_order(self.selected.keys(), self.links, self.seeded.seeded_after)

    @cached_property
    def circular(self) -> tuple[Relation, ...]:
        """The links from a table to itself or to one that goes before it, but for those that cannot be set to null."""
        place = {table: number for number, table in enumerate(self.order)}
        return tuple(
            link
            for link in self.links
            if link.nullable and not link.is_read_here and place.get(link.table, -1) >= place.get(link.target, len(place))
        )

    def doomed(self, table: str) -> KeySet:
        """The rows of a table that go."""
        return self.selected.get(table, NOTHING) - self.kept.get(table, NOTHING)

    def forget(self, table: str, keys: KeySet) -> None:
        """Leave rows out that are gone by now: nothing can be kept of them."""
        self.selected[table] = self.selected[table] - keys

    def into(self, table: str) -> tuple[Relation, ...]:
        """The links that name rows of a table."""
        return tuple(link for link in self.links if link.target == table)

    def add_companions(self) -> None:
        """Select what belongs to the selected rows."""
        self._grow(self.selected, self.seeded.of_table, self._companionships)

    def add_dependants(self, *, cascade: bool) -> None:
        """Select the seeded rows that refer to selected ones, and those that refer to them, and so on.

        Raises RefusedError, naming them, unless `cascade` says that they are to go too.
        """
        asked, found = sorted(self.selected), Counter[str]()
        fresh = dict(self.selected)
        while fresh:
            before = dict(self.selected)
            for link in self.links:
                others = self.seeded.of_table.get(link.table, NOTHING) - before.get(link.table, NOTHING)
                children = self.tracer.children(link, fresh.get(link.target, NOTHING), others)
                found[f"{link.table} ({link.column})"] += len(children)
                _add(self.selected, link.table, children)
            for table, followers in self._followers().items():
                found[table] += len(followers)
                _add(self.selected, table, followers)
            found = +found
            if found and not cascade:
                raise RefusedError(_refusal(asked, found))
            self.add_companions()
            fresh = {table: keys - before.get(table, NOTHING) for table, keys in self.selected.items()}
            fresh = {table: keys for table, keys in fresh.items() if keys}

    def _followers(self) -> TableKeys:
        """The rows of seeders that followed others of which nothing is left."""
        followers: TableKeys = {}
        for (name, table), rows in self.seeded.of_seeder.items():
            for (other, others_table), others in self.seeded.of_seeder.items():
                if other in self.seeded.followed.get(name, ()) and not others - self.selected.get(others_table, NOTHING):
                    _add(followers, table, rows - self.selected.get(table, NOTHING))
        return followers

    def keep_referenced(self) -> None:
        """Keep what rows outside the ledger refer to."""
        for table, keys in self.selected.items():
            for link in self.into(table):
                ours = self.selected.get(link.table, NOTHING)
                self.keep_for(link, self.tracer.referring(link, keys, apart_from=ours))

    def keep_for(self, link: Relation, pairs: Iterable[Pairs]) -> KeySet:
        """Keep the rows that the pairs name, because of those that refer to them; returns them."""
        named, count = NOTHING, 0
        referring: list[str] = []
        for one in pairs:
            named |= KeySet.holding(one.targets)
            count += len(one.referring)
            referring += [str(key) for key in one.referring[: EXAMPLES - len(referring)] if key is not None]
        if named:
            self.keep(
                link.target,
                named,
                "rows that were not seeded refer to them by",
                by=str(link),
                referring=tuple(referring),
                referring_count=count,
            )
        return named

    def keep(self, table: str, keys: KeySet, reason: str, **details: object) -> None:
        """Keep rows, with all that they need and all that belongs to them."""
        self._explain(table, keys, reason, **details)
        before = dict(self.kept)
        _add(self.kept, table, keys)
        self._grow(self.kept, self.selected, (*self._needs, *self._companionships))
        for other, now in self.kept.items():
            more = now - before.get(other, NOTHING) - (keys if other == table else NOTHING)
            if more:
                self._explain(other, more, f"what stays of {table} needs them")

    def _explain(self, table: str, keys: KeySet, reason: str, **details: Any) -> None:
        examples = tuple(keys.first(EXAMPLES))
        self.reasons.append(Kept(table=table, keys=examples, count=len(keys), reason=reason, **details))

    @cached_property
    def _companionships(self) -> tuple[Tie, ...]:
        seeded = self.seeded
        ties = (
            Tie(link=link, children=seeded.of(group, link.table), targets=seeded.of(group, link.target), mutual=True)
            for group in seeded.companions
            for link in self.links
            if link.table != link.target
        )
        return tuple(tie for tie in ties if tie.children and tie.targets)

    @property
    def _needs(self) -> tuple[Tie, ...]:
        rows = self.selected
        return tuple(
            Tie(link=link, children=rows[link.table], targets=rows[link.target], mutual=False)
            for link in self.links
            if link.table in rows and link.target in rows
        )

    def _grow(self, rows: TableKeys, bounds: Mapping[str, KeySet], ties: Iterable[Tie]) -> None:
        """Add to `rows` what is tied to them, and to that, within `bounds`."""
        fresh = dict(rows)
        while fresh:
            added: TableKeys = {}
            for tie in ties:
                child, target = tie.link.table, tie.link.target
                left = {table: bounds.get(table, NOTHING) - rows.get(table, NOTHING) for table in (child, target)}
                up = self.tracer.parents(tie.link, fresh.get(child, NOTHING) & tie.children, left[target] & tie.targets)
                _add(added, target, up)
                if tie.mutual:
                    named = fresh.get(target, NOTHING) & tie.targets
                    _add(added, child, self.tracer.children(tie.link, named, left[child] & tie.children))
            for table, keys in added.items():
                _add(rows, table, keys)
            fresh = added


def _add(rows: TableKeys, table: str, keys: KeySet) -> None:
    if keys:
        rows[table] = rows.get(table, NOTHING) | keys


def _refusal(asked: Iterable[str], found: Mapping[str, int]) -> str:
    rows = ", ".join(f"{count:,} of {place}" for place, count in found.items())
    return f"Other seeded rows depend on those of {', '.join(asked)}: {rows}. Give --cascade to roll them back too."
