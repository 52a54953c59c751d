"""Which rows that break a rule do so because of what somebody has edited or inserted since they were seeded.

Evidence is a seeded row that no longer holds what its seeder generates, or a real row that refers to a seeded one. It counts
where the rule can have read it: in the tables of the rule, along references, in columns that its statements name.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum, auto
from functools import cached_property
from typing import Any

import numpy as np
from django.apps import apps
from django.db import connections

from seeding.comparison.changed_rows import ChangeDetector
from seeding.db.retries import Transience, transience
from seeding.generation.datasets import Dataset
from seeding.generation.registry import Registry
from seeding.generation.seeder_columns import changed_columns, columns_of, derived_columns
from seeding.generation.seeders import BaseSeeder
from seeding.keys import NOTHING, KeySet, union
from seeding.ledger.queries import Ledger
from seeding.ledger.reference_resolution import Resolver
from seeding.models import SeedingMetadata
from seeding.schema.introspection import all_tables
from seeding.schema.references import content_types
from seeding.schema.relations import Relation, relations
from seeding.verification.referring_rows import Tracer

SAMPLE, FEWEST, MOST = 100, 20, 0.9
"""How many rows tell whether a column differs everywhere, how many at least, and in what part of them it does then."""

Judge = Callable[[str, KeySet], KeySet]
"""Those of a table's rows that have changed."""


class Stage(Enum):
    """Where a walk along references stands, seen from the row that breaks the rule."""

    OWN = auto()
    ABOVE = auto()
    """At a row that it refers to, directly or not."""
    BELOW = auto()
    """At a row that refers to it, or to one above."""
    BESIDE = auto()
    """At a row that one below refers to: its other children are no concern of the rule."""


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What a rule reads."""

    tables: tuple[str, ...]
    """Its own first; once more if it compares rows of that with each other."""
    statements: tuple[str, ...]
    """The SQL that it was asked by."""
    quote: str
    """What the server puts names in."""

    @cached_property
    def columns(self) -> Mapping[str, frozenset[str]]:
        """Table → the columns that the statements name. An alias that means several tables may mean any of them."""
        found: dict[str, set[str]] = {}
        name = f"{self.quote}([^{self.quote}]+){self.quote}"
        for sql in self.statements:
            meant: dict[str, set[str]] = {}
            for table, alias in re.findall(rf"(?:FROM|JOIN) {name}(?: ([A-Z]+\d+)\b)?", sql):
                meant.setdefault(alias or table, set()).add(table)
            for table, alias, column in re.findall(rf"(?:{name}|\b([A-Z]+\d+))\.{name}", sql):
                for one in meant.get(alias or table, ()):
                    found.setdefault(one, set()).add(column)
        return {table: frozenset(columns) for table, columns in found.items()}


@dataclass(frozen=True, kw_only=True)
class Walk:
    """Ways along references from rows that break a rule to those that it compares them with."""

    tables: tuple[str, ...]
    """As `Reading` has them."""
    links: tuple[Relation, ...]
    """The references between them."""

    @cached_property
    def above(self) -> frozenset[str]:
        """The tables to which references lead from the rule's own, directly or not, and that one."""
        found = {self.tables[0]}
        while more := {one.target for one in self.links if one.table in found} - found:
            found |= more
        return frozenset(found)

    def steps(self, table: str, passed: Collection[str], stage: Stage) -> Iterator[tuple[Relation, bool, Stage]]:
        """Where a walk goes on from a table: the reference, whether along it or against it, and where that leads."""
        own, *others = self.tables
        for link in self.links:
            if link.table == table and link.target not in passed:
                yield link, True, Stage.ABOVE if stage in (Stage.OWN, Stage.ABOVE) else Stage.BESIDE
            if link.target != table or stage is Stage.BESIDE:
                continue
            is_back = link.table == own and own in others and stage is Stage.ABOVE
            if is_back or (link.table not in passed and (stage is Stage.OWN or link.table not in self.above)):
                yield link, False, Stage.BELOW


class ChangedSince:
    """Tells rows of one database that were changed since they were seeded. Rows are compared once."""

    def __init__(self, using: str, registry: Registry, dataset: Dataset) -> None:
        connection = connections[using]
        self._using = using
        self._registry = registry
        self._dataset = dataset
        self._ledger = ledger = Ledger(using)
        self._there = all_tables(connection, ledger.tables())
        mirrors = apps.get_models(include_auto_created=True)
        kinds, shared = content_types(connection, self._there), registry.shared_keys(ledger.tables())
        self._links = relations(self._there, mirrors, None, kinds, shared_keys=shared)
        self._tracer = Tracer(using, ledger.identities(self._there))
        self._resolver = Resolver(registry, ledger, dataset, live=self._there)
        self._seeded: dict[str, KeySet] = {}
        self._compared: dict[str, KeySet] = {}
        self._differ_everywhere: dict[str, frozenset[str]] = {}
        """Seeder → columns that are no evidence."""
        self._edited: dict[str, dict[int, frozenset[str]]] = {}
        """Table → key of a row that somebody edited → the columns that may hold something else than was seeded."""

    def numbers(self, table: str, keys: Collection[Any]) -> list[int]:
        """The numbers of rows, given by their primary keys; nothing where one of those is of another kind."""
        found = self._tracer.identity(table, self._there[table].primary_key).numbers_of(list(keys))
        return [int(one) for one in found] if all(isinstance(one, (int, np.integer)) for one in found) else []

    def among(self, reading: Reading, keys: KeySet) -> KeySet:
        """Those of the rows `keys`, which break the rule, that involve such a change."""
        tables = reading.tables
        walk = Walk(tables=tables, links=tuple(one for one in self._links if one.table in tables and one.target in tables))

        def judged(table: str, keys: KeySet, passed: frozenset[str], stage: Stage) -> KeySet:
            found = self._changed(table, keys, reading.columns.get(table, frozenset()))
            for link, is_up, after in walk.steps(table, passed, stage):
                if not (rest := keys - found):
                    break

                def judge(other: str, rows: KeySet, after: Stage = after) -> KeySet:
                    return judged(other, rows, passed | {other}, after)

                found |= self._by_parents(link, rest, judge) if is_up else self._by_children(link, rest, judge)
            return found

        return judged(tables[0], keys, frozenset(tables[:1]), Stage.OWN)

    def _changed(self, table: str, keys: KeySet, columns: frozenset[str] | None, seen: frozenset[str] = frozenset()) -> KeySet:
        """Those of the rows whose `columns` (any if None) may hold something else than seeding wrote, or would write.

        Somebody edited the row, or a column is derived from rows that are real, or changed themselves.
        """
        found, seen = self._differing(table, keys, columns), seen | {table}

        def judge(other: str, rows: KeySet) -> KeySet:
            return self._changed(other, rows, None, seen)

        read = {
            other
            for seeder in self._registry.by_table.get(table, ())
            for one in seeder.derivations(self._dataset)
            if columns is None or columns_of(seeder, (*one.values, *one.touches)) & columns
            for other in one.reads
        } - seen
        for link in self._links if read else ():
            if link.target == table and link.table in read:
                found |= self._by_children(link, keys - found, judge)
            elif link.table == table and link.target in read:
                found |= self._by_parents(link, keys - found, judge)
        return found

    def _by_parents(self, link: Relation, keys: KeySet, judge: Judge) -> KeySet:
        """Those of the rows that refer to a seeded row which has changed."""
        parents = self._tracer.parents(link, keys, self._rows(link.target)) if keys else NOTHING
        return self._tracer.children(link, judge(link.target, parents), keys) if parents else NOTHING

    def _by_children(self, link: Relation, keys: KeySet, judge: Judge) -> KeySet:
        """Those of the rows to which a real row refers, or a seeded one that has changed."""
        if not keys:
            return NOTHING
        ours = self._rows(link.table)
        found = union(KeySet.holding(one.targets) for one in self._tracer.referring(link, keys, apart_from=ours)) & keys
        children = self._tracer.children(link, keys - found, ours)
        return found | (self._tracer.parents(link, judge(link.table, children), keys) if children else NOTHING)

    def _rows(self, table: str) -> KeySet:
        if table not in self._seeded:
            self._seeded[table] = self._ledger.key_set(table)
        return self._seeded[table]

    def _differing(self, table: str, keys: KeySet, columns: frozenset[str] | None) -> KeySet:
        """Those of the rows that somebody edited, unless the `columns` hold what was seeded."""
        edited, compared = self._edited.setdefault(table, {}), self._compared.get(table, NOTHING)
        for seeder in self._registry.by_table.get(table, ()) if keys - compared and table in self._there else ():
            try:
                edited.update(self._compare(seeder, keys - compared))
            except Exception as error:  # a seeder that fails now gives no evidence: its rows count as they are
                if transience(error) in (Transience.CONNECTION, Transience.CONTENTION):
                    raise
        self._compared[table] = compared | keys
        found = [key for key, changed in edited.items() if columns is None or changed & columns]
        return KeySet.holding(np.array(found, np.int64)) & keys

    def _compare(self, seeder: BaseSeeder, keys: KeySet) -> Iterator[tuple[int, frozenset[str]]]:
        """The key of every row that was edited, and the columns that may hold something else than was seeded.

        These are all that do not provably hold it. A row is not edited by the time of its last change alone; nor without
        that, where the server notes it: what seeding wrote wrongly must not pass for somebody's edit. Nor is it by a postponed
        column, which seeding may not have filled, nor if receivers may have changed it while it was saved.
        """
        if seeder.config.signals:
            return
        table = self._there[seeder.config.table_name]
        derived = derived_columns(seeder, self._dataset)
        times = (changed_columns(seeder, self._dataset) - derived).union(table.auto_updated)
        detector = ChangeDetector(
            self._using, seeder, self._dataset, self._resolver, table,
            identity=self._tracer.identity(table.name, table.primary_key), ignored=derived.union(seeder.config.postponed),
        )  # fmt: skip
        batches = self._ledger.live.generated().filter(seeder_name=seeder.name, table_name=table.name)
        held = list(batches.select_related("run"))
        if seeder.name not in self._differ_everywhere:
            self._differ_everywhere[seeder.name] = _differ_everywhere(detector, held)
        alone = times.union(self._differ_everywhere[seeder.name])
        for compared, found in detector.differences(held, keys):
            noted = compared.intersection(table.auto_updated)
            unproven = frozenset(table.columns).difference(table.key, compared)
            for key, differing in found.items():
                if not alone.issuperset(differing) and (not noted or noted.intersection(differing)):
                    yield key, unproven.union(differing)


def _differ_everywhere(detector: ChangeDetector, batches: Collection[SeedingMetadata]) -> frozenset[str]:
    """The columns that differ in most rows of a sample: nobody edits them all, but a trigger or another seeder may."""
    sample, found = union(one.keys for one in batches).lowest(SAMPLE), Counter[str]()
    for _, differing in detector.differences(batches, sample):
        found.update(column for columns in differing.values() for column in columns)
    return frozenset(one for one, rows in found.items() if len(sample) >= FEWEST and rows >= MOST * len(sample))


@contextmanager
def statements_of(using: str) -> Iterator[list[str]]:
    """Every statement that the block executes on the database."""
    found: list[str] = []

    def note(execute: Callable[..., Any], sql: str, parameters: Any, many: bool, context: Any) -> Any:  # noqa: FBT001 - Django calls it
        found.append(sql)
        return execute(sql, parameters, many, context)

    with connections[using].execute_wrapper(note):
        yield found
