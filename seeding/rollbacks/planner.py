"""Makes the plan of a rollback: what goes with the requested rows, and what stays because real rows need it.

Rows belong together if their seeders are companions and one refers to the other: an order and its lines. They are deleted or
kept together. A seeded row to which a row outside the ledger refers is kept, and so is everything that it depends on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any

from seeding.db.redaction import REDACTED
from seeding.exceptions import RefusedError
from seeding.keys import NOTHING, KeySet
from seeding.ledger.row_digests import Digests, replaced
from seeding.rollbacks.caches import Caches
from seeding.rollbacks.plan import RollbackPlan, SeededRows, TableKeys, Tie
from seeding.rollbacks.results import EXAMPLES, Kept
from seeding.schema.relations import Relation, deletion_order
from seeding.schema.tables import TableSchema
from seeding.verification.referring_rows import Pairs, Tracer

REPLACED = "what they hold is not what was seeded, and somebody could have used their keys again"


class Planner:
    """Makes a rollback plan, and derives plans from it that keep more rows."""

    def __init__(
        self,
        seeded: SeededRows,
        there: Mapping[str, TableSchema],
        links: tuple[Relation, ...],
        tracer: Tracer,
        caches: frozenset[str] = frozenset(),
        *,
        personal: Callable[[TableSchema], Collection[str]] = lambda _: (),
    ) -> None:
        """`personal` tells the columns of a table that hold personal data."""
        self._personal = personal
        self.seeded = seeded
        self.tracer = tracer
        self.caches = Caches(caches, tracer)
        self._there = there
        self._links = links
        self._tied: dict[tuple[str, str], bool] = {}

    def plan(self, selected: Mapping[str, KeySet], *, cascade: bool, alone: bool = False) -> RollbackPlan:
        """Select these rows and those that go with them; if they go `alone`, those to which any other row refers will stay.

        Raises RefusedError, counting them, if other seeded rows refer to these, unless `cascade` deletes those too.
        """
        rows = dict(selected)
        if not alone:
            self._add_companions(rows)
            self._add_dependants(rows, cascade=cascade)
        order = deletion_order(rows.keys(), self._links, self.seeded.seeded_after)
        place = {table: number for number, table in enumerate(order)}
        circular = tuple(
            link
            for link in self._links
            if link.nullable and not link.is_read_here and place.get(link.table, -1) >= place.get(link.target, len(place))
        )
        return RollbackPlan(
            there=self._there, links=self._links, order=order, circular=circular, selected=rows, goes_alone=alone
        )

    def keep_replaced(self, plan: RollbackPlan, held: Callable[[str], Iterable[Digests]]) -> RollbackPlan:
        """Keep the rows that are not what was seeded, under keys that somebody could use again; `held` are their digests."""
        for table, keys in plan.selected.items():
            there = plan.there.get(table)
            if there is None:
                continue
            if others := replaced(there, self.tracer.identity(table, there.primary_key), keys, held(table)):
                plan = self.keep(plan, table, others, REPLACED)
        return plan

    def keep_referenced(self, plan: RollbackPlan) -> RollbackPlan:
        """Keep the rows to which rows outside the ledger refer, but for rows of caches that can go along."""
        if cached := self.caches.referring(plan):
            plan = replace(plan, caches=cached)
        for table, keys in plan.selected.items():
            for link in plan.into(table):
                ours = plan.selected.get(link.table, NOTHING) | plan.caches.get(link.table, NOTHING)
                plan = self.keep_for(plan, link, self.tracer.referring(link, keys, apart_from=ours))
        while plan.caches:  # what stays makes other rows of caches stay, and these other rows
            going = self.caches.going(plan, plan.caches)
            staying = {table: keys - going[table] for table, keys in plan.caches.items()}
            plan = replace(plan, caches=going)
            if not any(staying.values()):
                break
            for table in plan.selected:
                for link, pairs in list(self.caches.held(plan, table, staying)):
                    plan = self.keep_for(plan, link, pairs)
        return plan

    def keep_for(self, plan: RollbackPlan, link: Relation, pairs: Iterable[Pairs]) -> RollbackPlan:
        """Keep the target rows of the pairs, because of the rows that refer to them."""
        named, count = NOTHING, 0
        referring: list[str] = []
        for one in pairs:
            named |= KeySet.holding(one.targets)
            count += len(one.referring)
            referring += [str(key) for key in one.referring[: EXAMPLES - len(referring)] if key is not None]
        if not named:
            return plan
        return self.keep(
            plan,
            link.target,
            named,
            "other rows refer to them by" if plan.goes_alone else "rows that were not seeded refer to them by",
            by=str(link),
            referring=self._shown(link, referring),
            referring_count=count,
        )

    def keep(self, plan: RollbackPlan, table: str, keys: KeySet, reason: str, **details: Any) -> RollbackPlan:
        """Keep rows, with their dependencies, their companions and what is declared to be kept with them."""
        kept = dict(plan.kept)
        _add(kept, table, keys)
        self._grow(kept, plan.selected, (*_needs(plan), *self._companionships, *self._kept_with))
        reasons = [*plan.reasons, self._explained(table, keys, reason, **details)]
        for other, now in kept.items():
            more = now - plan.kept.get(other, NOTHING) - (keys if other == table else NOTHING)
            if more:
                reasons.append(self._explained(other, more, f"what stays of {table} needs them"))
        return replace(plan, kept=kept, reasons=tuple(reasons))

    def _shown(self, link: Relation, keys: list[str]) -> tuple[str, ...]:
        """The keys of rows of the link's table, unless they are personal data: some are people's addresses."""
        table = self._there.get(link.table)
        is_personal = table is not None and not set(table.key).isdisjoint(self._personal(table))
        return (REDACTED,) if keys and is_personal else tuple(keys)

    def _explained(self, table: str, keys: KeySet, reason: str, **details: Any) -> Kept:
        shown = self.tracer.identity(table, table).shown(keys, EXAMPLES)
        return Kept(table=table, keys=tuple(shown), count=len(keys), reason=reason, **details)

    def _add_companions(self, rows: TableKeys) -> None:
        """Select the companions of the selected rows, and what receivers have created with them."""
        self._grow(rows, self.seeded.of_table, self._companionships)
        for table, created in self._followers(rows, self.seeded.created_with).items():
            _add(rows, table, created)
            self._grow(rows, self.seeded.of_table, self._companionships)

    def _add_dependants(self, rows: TableKeys, *, cascade: bool) -> None:
        """Select the seeded rows that refer to selected ones, directly or indirectly."""
        asked, found = sorted(rows), Counter[str]()
        fresh = dict(rows)
        while fresh:
            before = dict(rows)
            for link in self._links:
                others = self.seeded.of_table.get(link.table, NOTHING) - before.get(link.table, NOTHING)
                children = self.tracer.children(link, fresh.get(link.target, NOTHING), others)
                found[f"{link.table} ({link.column})"] += len(children)
                _add(rows, link.table, children)
            for followers in (self._followers(rows, self.seeded.followed), self._left_alone(rows)):
                for table, keys in followers.items():
                    found[table] += len(keys - rows.get(table, NOTHING))
                    _add(rows, table, keys)
            found = +found
            if found and not cascade:
                raise RefusedError(_refusal(asked, found))
            self._add_companions(rows)
            fresh = {table: keys - before.get(table, NOTHING) for table, keys in rows.items()}
            fresh = {table: keys for table, keys in fresh.items() if keys}

    def _followers(self, selected: TableKeys, followed: Mapping[str, Collection[str]]) -> TableKeys:
        """The rows of seeders that follow another whose rows are all selected."""
        followers: TableKeys = {}
        for (name, table), rows in self.seeded.of_seeder.items():
            for (other, others_table), others in self.seeded.of_seeder.items():
                if other in followed.get(name, ()) and not others - selected.get(others_table, NOTHING):
                    _add(followers, table, rows - selected.get(table, NOTHING))
        return followers

    def _left_alone(self, selected: TableKeys) -> TableKeys:
        """The rows of seeders that no column ties to a companion whose rows are all selected."""
        alone: TableKeys = {}
        for name, other in self.seeded.accompanied:
            rows, others = (
                {
                    table: keys - selected.get(table, NOTHING)
                    for (one, table), keys in self.seeded.of_seeder.items()
                    if one == wanted
                }
                for wanted in (name, other)
            )
            if any(rows.values()) and others and not any(others.values()) and not self._are_tied(name, other):
                for table, keys in rows.items():
                    _add(alone, table, keys)
        return alone

    def _are_tied(self, name: str, other: str) -> bool:
        """Whether any row of one seeder refers to a row of the other."""
        if (name, other) not in self._tied:
            ties = (
                (link, self.seeded.of((child,), link.table), self.seeded.of((target,), link.target))
                for link in self._links
                for child, target in ((name, other), (other, name))
            )
            self._tied[name, other] = any(
                children and targets and self.tracer.children(link, targets, children) for link, children, targets in ties
            )
        return self._tied[name, other]

    @cached_property
    def _kept_with(self) -> tuple[Tie, ...]:
        seeded = self.seeded
        ties = (
            Tie(link=link, children=seeded.of((name,), link.table), targets=seeded.of((other,), link.target), mutual=True)
            for name, other in seeded.kept_with
            for link in self._links
        )
        return tuple(tie for tie in ties if tie.children and tie.targets)

    @cached_property
    def _companionships(self) -> tuple[Tie, ...]:
        seeded = self.seeded
        ties = (
            Tie(link=link, children=seeded.of(group, link.table), targets=seeded.of(group, link.target), mutual=True)
            for group in seeded.companions
            for link in self._links
            if (link.table == link.target) == (len(group) == 1)
        )
        return tuple(tie for tie in ties if tie.children and tie.targets)

    def _grow(self, rows: TableKeys, bounds: Mapping[str, KeySet], ties: Iterable[Tie]) -> None:
        """Add to `rows` everything tied to them, directly or indirectly, within `bounds`."""
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


def _needs(plan: RollbackPlan) -> tuple[Tie, ...]:
    rows = plan.selected
    return tuple(
        Tie(link=link, children=rows[link.table], targets=rows[link.target], mutual=False)
        for link in plan.links
        if link.table in rows and link.target in rows
    )


def _add(rows: TableKeys, table: str, keys: KeySet) -> None:
    if keys:
        rows[table] = rows.get(table, NOTHING) | keys


def _refusal(asked: Iterable[str], found: Mapping[str, int]) -> str:
    rows = ", ".join(f"{count:,} of {place}" for place, count in found.items())
    return f"Other seeded rows depend on those of {', '.join(asked)}: {rows}. Pass --cascade to roll them back too."
