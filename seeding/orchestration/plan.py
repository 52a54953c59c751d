"""Turns the request into the run's seeders, in order, with the target row count of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from seeding.conf import DEFAULT_SEED, SeedConfig
from seeding.db.connection import database_name
from seeding.exceptions import ConfigurationError
from seeding.generation.datasets import Dataset
from seeding.generation.registry import Registry
from seeding.generation.seeders import BaseSeeder, ExistingRows
from seeding.generation.value_rules.profile_rules import ProfileRules
from seeding.ledger.queries import Ledger, generator_version
from seeding.safety import Need, Touch, derived, needed, touched


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One seeder's part of the plan."""

    seeder: str
    table: str
    rows: int
    """The seeder's target row count."""
    existing: int
    """How many of those exist already, according to the ledger."""

    @property
    def missing(self) -> int:
        """Rows to insert."""
        return self.rows - self.existing

    def as_dict(self) -> dict[str, Any]:
        """Plain values, as the run records them."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a run will do: its seeders, parents first, and their target row counts."""

    seeders: tuple[BaseSeeder, ...]
    counts: dict[str, int]
    """Seeder name → rows."""
    added: frozenset[str]
    """Seeders that were not requested, added as dependencies or companions of others."""

    @property
    def tables(self) -> frozenset[str]:
        """The tables of all seeders."""
        return frozenset(seeder.config.table_name for seeder in self.seeders)

    @property
    def added_tables(self) -> list[str]:
        """The tables of `added`, in the order they run."""
        tables = (seeder.config.table_name for seeder in self.seeders if seeder.name in self.added)
        return list(dict.fromkeys(tables))

    def steps(self, ledger: Ledger) -> tuple[Step, ...]:
        """Each seeder's target row count, and how many of those rows exist."""
        held = ledger.keys_of(self.seeders)
        return tuple(
            Step(
                seeder=seeder.name,
                table=seeder.config.table_name,
                rows=self.counts[seeder.name],
                existing=self.counts[seeder.name]
                if isinstance(seeder, ExistingRows)
                else held[seeder.name].count_below(self.counts[seeder.name]),
            )
            for seeder in self.seeders
        )

    def touches(self, derived_again: Iterable[BaseSeeder]) -> tuple[Mapping[str, Touch], Mapping[str, Need]]:
        """What the run does to tables, and needs of them: of the plan, and of seeders whose columns are `derived_again`."""
        touches, needs = dict(touched(self.seeders)), dict(needed(self.seeders))
        for seeder in [one for one in derived_again if one.name not in self.counts]:
            table, (columns, reads) = seeder.config.table_name, derived(seeder)
            touches[table] = touches.get(table, Touch(0)) | Touch.UPDATE
            needs[table] = needs.get(table, Need()) | Need(update=columns, reads=reads - {table})
        return touches, needs


def recorded(config: SeedConfig, steps: Iterable[Step], masking: Mapping[str, str]) -> dict[str, Any]:
    """The plan as the ledger stores it."""
    plan: dict[str, Any] = {"size": config.size_name, "scale": config.scale, "tables": list(config.tables)}
    plan["chunk_rows"] = config.chunk_rows
    plan["steps"] = [step.as_dict() for step in steps]
    plan |= {"profile": Path(config.profile).name} if config.profile is not None else {}
    plan |= {"masking": dict(masking)} if config.source is not None else {}
    return plan | ({"auto": {"exclude": list(config.exclude)}} if config.automatic else {})


def make_plan(config: SeedConfig, registry: Registry, counts: Mapping[str, int] | None = None) -> Plan:
    """The seeders that `config` requests; raises ConfigurationError for unknown tables and for more rows than possible.

    `counts`, by seeder, are wanted instead of the size's, and of no other seeder.
    """
    if counts is not None:
        return Plan(
            seeders=tuple(one for one in registry.ordered if one.name in counts), counts=dict(counts), added=frozenset()
        )
    selection = registry.select(config.tables)
    if registry.elsewhere and not selection.seeders:
        reasons = "; ".join(sorted(set(registry.elsewhere.values())))
        raise ConfigurationError(f"--database={config.database}: no seeder's model belongs to this database ({reasons}).")
    counts = {seeder.name: seeder.config.record_count.at(config.chosen_size, config.scale) for seeder in selection.seeders}
    problems = [
        f"{counts[seeder.name]:,} rows of {seeder.config.table_name} were asked for; its seeder can make "
        f"{seeder.config.capacity:,}. Give a smaller --size or --scale."
        for seeder in selection.seeders
        if seeder.config.capacity is not None and counts[seeder.name] > seeder.config.capacity
    ]
    if problems:
        raise ConfigurationError(*problems)
    return Plan(seeders=selection.seeders, counts=counts, added=selection.added)


def dataset_of(config: SeedConfig, ledger: Ledger, plan: Plan, profile: ProfileRules | None = None) -> Dataset:
    """The dataset that determines the run's rows: the one already in the database, else the one from the options.

    `profile` is what a profile says about values; without it, they follow the rules of the rows that are there. Raises
    ConfigurationError if the options, the rules or the seeders' versions would mix two datasets.
    """
    present = ledger.dataset(generated=True)
    if present is None:
        return Dataset(
            seed=DEFAULT_SEED if config.seed is None else config.seed,
            as_of=config.as_of or config.today,
            rules=profile or ProfileRules(edge_cases=config.edge_cases is not False),
        )
    there, wanted = present.rules, profile or present.rules
    edges = wanted.edge_cases if profile is not None or config.edge_cases is None else config.edge_cases
    problems = [
        f"{option}: {database_name(config.database)} holds rows of {held}, and a database has one dataset. "
        "Leave the option out, or roll back first."
        for asked, option, held in (
            (config.seed, f"--seed={config.seed}", f"--seed={present.seed}"),
            (config.as_of, f"--as-of={config.as_of}", f"--as-of={present.as_of}"),
            (True, _edge_cases(edges), _edge_cases(there.edge_cases)),
            (profile, f"--locale={wanted.locale}", f"--locale={there.locale}"),
        )
        if asked is not None and option != held
    ]
    if profile is not None and _facts(wanted) != _facts(there):
        problems.append(
            f"{database_name(config.database)} holds rows of {_facts(there)}, and the profile wants {_facts(wanted)}: "
            "leave --profile out, or roll back first."
        )
    for seeder in plan.seeders:
        table = seeder.config.table_name
        problems += [
            f"{table} holds rows of {seeder.name} version {older}; it now makes version "
            f"{generator_version(seeder)}. Roll back first."
            for older in sorted(ledger.versions(seeder) - {generator_version(seeder)})
        ]
        held = ledger.live.generated().filter(seeder_name=seeder.name, table_name=table)
        if profile is not None and held.rules() - {wanted.of_table(table)}:
            problems.append(
                f"{table} holds rows that follow other rules than this profile has for them. "
                f"Leave --profile out, or roll {table} back first."
            )
    if problems:
        raise ConfigurationError(*problems)
    of_others = {table: told for table, told in there.tables.items() if table not in plan.tables}
    of_plan = {table: told for table, told in wanted.tables.items() if table in plan.tables}
    return replace(present, rules=replace(there, tables={**of_others, **of_plan}))


def _edge_cases(wanted: bool) -> str:  # noqa: FBT001 - as the option has it
    return f"--{'' if wanted else 'no-'}edge-cases"


def _facts(rules: ProfileRules) -> str:
    return f"facts {', '.join(f'{name} = {value}' for name, value in sorted(rules.facts.items())) or 'as usual'}"
