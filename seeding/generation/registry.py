"""The seeders of a project, their dependencies, and the order in which they run.

Seeders are discovered, never listed: every module of every installed app's `seeders` package is imported on demand. A module
that cannot be imported, or a class that is misdeclared, is recorded with its error; the others are unaffected.
"""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from types import MappingProxyType, ModuleType

from seeding.exceptions import ConfigurationError, GenerationError, MisdeclaredSeederError
from seeding.generation.discovery import SEEDERS, BrokenModule, modules
from seeding.generation.routing import sent_elsewhere
from seeding.generation.seeder_columns import shared_key
from seeding.generation.seeders import BaseSeeder, misdeclared_seeders_tolerated
from seeding.schema.references import Reference


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectedSeeders:
    """The seeders of a run, parents first."""

    seeders: tuple[BaseSeeder, ...]
    added: frozenset[str]
    """Names of seeders that were not requested, but that others depend on or belong with."""


class Registry:
    """The seeders of the project, by name and by table."""

    def __init__(
        self,
        seeders: Iterable[BaseSeeder],
        broken: Iterable[BrokenModule] = (),
        elsewhere: Mapping[str, str] = MappingProxyType({}),
        unfillable: Mapping[str, str] = MappingProxyType({}),
        doubts: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        by_name: dict[str, BaseSeeder] = {}
        for seeder in seeders:
            other = by_name.setdefault(seeder.name, seeder)
            if other is not seeder:
                raise MisdeclaredSeederError(
                    f"{type(seeder).__module__} and {type(other).__module__} both define {seeder.name}, and the ledger knows "
                    "seeders by their names. Rename one."
                )
        self.by_name: Mapping[str, BaseSeeder] = by_name
        self.broken = tuple(broken)
        self.elsewhere = elsewhere
        """What is not seeded here, by name → why: seeders of other databases, their tables and groups; what was left out."""
        self.unfillable = unfillable
        """Table → why it could not be given an automatic seeder."""
        self.doubts = doubts
        """Table → what is wrong with the rows that its automatic seeder makes."""

    @classmethod
    def discover(cls) -> Registry:
        """Import every `seeders` module of the installed apps and collect what they define."""
        with misdeclared_seeders_tolerated():
            found, broken = modules(SEEDERS)
        defined = [one for module in found for one in _defined_in(module)]
        return cls(
            (one for one in defined if isinstance(one, BaseSeeder)),
            [*broken, *(one for one in defined if isinstance(one, BrokenModule))],
        )

    def within(self, using: str) -> Registry:
        """The seeders whose models belong to the database `using`; `elsewhere` says why the others do not."""
        away = {name: words for name, one in self.by_name.items() if (words := sent_elsewhere(using, one.config.model))}
        if not away:
            return self
        here = [seeder for name, seeder in self.by_name.items() if name not in away]
        known = {name for one in here for name in (one.config.table_name, one.config.group)}
        named = {
            name: words
            for seeder, words in away.items()
            for name in (seeder, self.by_name[seeder].config.table_name, self.by_name[seeder].config.group)
            if name and name not in known
        }
        return Registry(here, self.broken, {**self.elsewhere, **named})

    @cached_property
    def by_table(self) -> Mapping[str, tuple[BaseSeeder, ...]]:
        """Table → its seeders; more than one if a table has several sources."""
        tables: dict[str, list[BaseSeeder]] = {}
        for seeder in self.by_name.values():
            tables.setdefault(seeder.config.table_name, []).append(seeder)
        return {table: tuple(seeders) for table, seeders in tables.items()}

    @cached_property
    def groups(self) -> Mapping[str, tuple[BaseSeeder, ...]]:
        """Group → its seeders."""
        groups: dict[str, list[BaseSeeder]] = {}
        for seeder in self.by_name.values():
            if seeder.config.group:
                groups.setdefault(seeder.config.group, []).append(seeder)
        return {group: tuple(seeders) for group, seeders in groups.items()}

    @cached_property
    def companions(self) -> tuple[frozenset[str], ...]:
        """The groups of seeders, by name, whose rows make no sense apart; one alone if its rows refer to each other so."""
        groups: list[frozenset[str]] = []
        for name, seeder in self.by_name.items():
            group = frozenset({name, *seeder.config.companions})
            apart = [other for other in groups if not other & group]
            groups = [*apart, group.union(*(other for other in groups if other & group))]
        own = (frozenset({name}) for name, seeder in self.by_name.items() if name in seeder.config.companions)
        return (*(group for group in groups if len(group) > 1), *own)

    @cached_property
    def kept_with(self) -> tuple[tuple[str, str], ...]:
        """Pairs of seeders, by name: rows of the first stay in a rollback if rows of the second to which they refer do.

        Raises MisdeclaredSeederError for a name that no seeder has.
        """
        pairs = [(name, other) for name, seeder in self.by_name.items() for other in seeder.config.kept_with]
        for name, other in pairs:
            if other not in self.by_name and other not in self.elsewhere and not self.broken:
                raise MisdeclaredSeederError(
                    f"{name} is kept with {other!r}, which is no seeder's class. {near(other, self.by_name)}"
                )
        return tuple(pairs)

    @cached_property
    def ordered(self) -> tuple[BaseSeeder, ...]:
        """Every seeder, parents before children; raises MisdeclaredSeederError for a cycle."""
        graph = {name: sorted(parent.name for parent in self.parents(self.by_name[name])) for name in sorted(self.by_name)}
        try:
            return tuple(self.by_name[name] for name in TopologicalSorter(graph).static_order())
        except CycleError as error:
            circle = " → ".join(error.args[1])
            raise MisdeclaredSeederError(
                f"These seeders depend on each other in a circle: {circle}. Derive one of the columns instead."
            ) from error

    def parents(self, seeder: BaseSeeder) -> tuple[BaseSeeder, ...]:
        """The seeders that must run before `seeder`; raises MisdeclaredSeederError for a dependency that no seeder fills."""
        parents: list[BaseSeeder] = []
        for name in seeder.config.dependencies:
            sources = self.sources(name)
            if not sources and not self.broken and name not in self.elsewhere:
                known = {**self.by_table, **self.by_name}
                raise MisdeclaredSeederError(
                    f"{seeder.name} depends on {name!r}, which matches no seeded table and no seeder. {near(name, known)}"
                )
            parents += sources
        return tuple(parent for parent in parents if parent is not seeder)

    def target(self, seeder: BaseSeeder, reference: Reference) -> BaseSeeder:
        """The seeder whose rows the seeder's reference leads to; raises SeedingError if none does, or several do."""
        table = reference.target_table
        if table == seeder.config.table_name:
            return seeder
        parents = self.parents(seeder)
        if reference.column in seeder.config.postponed:
            parents = self.sources(table)
        targets = [parent for parent in parents if parent.config.table_name == table]
        if not targets and table in self.elsewhere:
            raise GenerationError(
                f"{seeder.name} generates {reference}, which refers to {table}, whose rows are not in this database: "
                f"{self.elsewhere[table]}."
            )
        if not targets:
            raise GenerationError(
                f"{seeder.name} generates {reference}, which refers to {table}, and does not depend on that table. "
                f"Add {table!r} to its dependencies."
            )
        if len(targets) > 1:
            names = " and ".join(target.name for target in targets)
            raise MisdeclaredSeederError(
                f"{seeder.name}.{reference} refers to {table}, which is filled by {names}: "
                "name the intended one in its dependencies, instead of the table."
            )
        return targets[0]

    def sharing_keys_of(self, seeder: BaseSeeder) -> tuple[BaseSeeder, ...]:
        """The seeders whose rows have keys of this one's table."""
        own = seeder.config.table_name
        return tuple(one for one in self.by_name.values() if (other := one.config.key_target) and other._meta.db_table == own)

    def shared_keys(self, tables: Collection[str]) -> tuple[tuple[str, Reference], ...]:
        """Those of the `tables`, which hold seeded rows, whose rows have the keys of others: each with the reference to them.

        Without a seeded row, a table's counter may still give out these keys to rows that refer to nothing.
        """
        found = ((one.config.table_name, shared_key(one)) for one in self.by_name.values())
        return tuple((table, reference) for table, reference in found if table in tables and reference is not None)

    def sources(self, name: str) -> tuple[BaseSeeder, ...]:
        """The seeders that a dependency refers to: all of a table, or the one of that name; none if it is unknown."""
        if name in self.by_name:
            return (self.by_name[name],)
        return self.by_table.get(name, ())

    def named(self, names: Iterable[str]) -> tuple[BaseSeeder, ...]:
        """The seeders of the tables or groups `names`; raises ConfigurationError for an unknown one, with the near matches."""
        wanted = list(names)
        problems = [
            f"{name!r} is not seeded here: {self.elsewhere[name]}."
            if name in self.elsewhere
            else self.unfillable[name]
            if name in self.unfillable
            else f"there is no table {name!r} to seed. {near(name, {**self.by_table, **self.groups})}"
            for name in wanted
            if name not in self.by_table and name not in self.groups
        ]
        if problems:
            problems += [
                f"the seeder {'class' if broken.is_class else 'module'} {broken}: {broken.error!r}" for broken in self.broken
            ]
            raise ConfigurationError(*problems)
        return tuple(seeder for name in wanted for seeder in self.by_table.get(name, self.groups.get(name, ())))

    def select(self, names: Iterable[str]) -> SelectedSeeders:
        """The seeders of the tables or groups `names` (all if none is named), with dependencies and companions, in order.

        Raises ConfigurationError for an unknown name, with the near matches.
        """
        wanted = list(names)
        if not wanted:
            return SelectedSeeders(seeders=self.ordered, added=frozenset())
        asked = {seeder.name for seeder in self.named(wanted)}
        chosen = set(asked)
        waiting = list(asked)
        while waiting:
            seeder = self.by_name[waiting.pop()]
            companions = [self.by_name[name] for name in seeder.config.companions if name in self.by_name]
            for other in (*self.parents(seeder), *companions):
                if other.name not in chosen:
                    chosen.add(other.name)
                    waiting.append(other.name)
        return SelectedSeeders(
            seeders=tuple(seeder for seeder in self.ordered if seeder.name in chosen),
            added=frozenset(chosen - asked),
        )


def _defined_in(module: ModuleType) -> Iterator[BaseSeeder | BrokenModule]:
    for _, value in inspect.getmembers(module, inspect.isclass):
        if inspect.isabstract(value) or not hasattr(value, "config"):
            continue
        if issubclass(value, BaseSeeder) and value.__module__ == module.__name__:
            try:
                broken = value.misdeclared
                yield value() if broken is None else _unusable(value, broken)
            except Exception as error:  # noqa: BLE001 - external code: whatever it raises is its own failure
                yield _unusable(value, error)


def _unusable(seeder: type[BaseSeeder], error: Exception) -> BrokenModule:
    return BrokenModule(module=f"{seeder.__module__}.{seeder.__name__}", error=error, is_class=True)


def near(name: str, known: Iterable[str]) -> str:
    """What was probably meant by an unknown name, or else all that there is, as a sentence."""
    names = {candidate.casefold(): candidate for candidate in known}
    near = difflib.get_close_matches(name.casefold(), names, n=3, cutoff=0.6)
    if near:
        return "Did you mean " + " or ".join(names[match] for match in near) + "?"
    return "There are: " + ", ".join(sorted(names.values())) + "."
