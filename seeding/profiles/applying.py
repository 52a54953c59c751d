"""A profile in one run: the size it means, and the rules that it comes to in this database."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from seeding.conf import DEFAULT_SEED, SeedConfig
from seeding.conf.profiles import facts
from seeding.dataset_sizes import SIZES
from seeding.exceptions import ConfigurationError
from seeding.generation.datasets import Dataset
from seeding.generation.registry import Registry, near
from seeding.generation.value_rules.profile_rules import ProfileRules
from seeding.generation.value_rules.shape import Shape
from seeding.generation.value_rules.texts import locales
from seeding.profiles.compiling import compiled
from seeding.profiles.language import Fault
from seeding.profiles.loading import Profile, load
from seeding.profiles.reports import ProfileReport, ShapedTable
from seeding.profiles.tables import TableView


def sized(config: SeedConfig, profile: Profile) -> SeedConfig:
    """The config with the profile's size in place of its own or of none; raises ConfigurationError for an unknown one."""
    own = profile.data.get("sizes", {})
    name = config.size or profile.data.get("size")
    if name is None or name in SIZES:
        return replace(config, size=name)
    if name not in own:
        words = f"there is no size {name!r}. {near(name, {*SIZES, *own})}"
        if config.size is None:
            profile.require([Fault(place=("size",), words=words)])
        raise ConfigurationError(f"--size={name}: {words}")
    told = own[name]
    return replace(config, size=told.get("size", "small"), scale=told.get("scale", 1) * config.scale, own_size=name)


def profile_of(config: SeedConfig) -> Profile | None:
    """The profile that the config names; raises ConfigurationError for one that cannot be read."""
    return None if config.profile is None else load(config.profile, environment=config.environment)


def shape(
    config: SeedConfig,
    profile: Profile | None,
    tables: Mapping[str, TableView],
    present: Dataset | None = None,
    held: Collection[str] = (),
) -> tuple[Shape, ProfileRules | None]:
    """What the run follows, and what of it the profile and the options say: None if they say nothing.

    `present` is the dataset that the database holds, if any, and `held` are the tables that have rows of it. Raises
    ConfigurationError with everything that is wrong.
    """
    there = present.rules if present is not None else ProfileRules()
    seed = present.seed if present is not None else DEFAULT_SEED if config.seed is None else config.seed
    if config.locale is not None and config.locale not in locales():
        raise ConfigurationError(f"--locale={config.locale}: Faker has no such locale. {near(config.locale, locales())}")
    edge_cases = there.edge_cases if config.edge_cases is None else config.edge_cases
    if profile is None:
        if config.locale is None:
            return Shape(rules=there, seed=seed), None
        wanted = replace(there, locale=config.locale, edge_cases=edge_cases)
        return Shape(rules=wanted, seed=seed), wanted
    made = compiled(
        profile,
        tables,
        facts=facts(),
        as_of=present.as_of if present is not None else config.as_of or config.today,
        edge_cases=edge_cases
        if "edge_cases" not in profile.data or config.edge_cases is not None
        else profile.data["edge_cases"],
        locale=config.locale or profile.data.get("locale", there.locale),
        times=SIZES[config.chosen_size] * config.scale,
        cells={table: there.tables.get(table, {}).get("cell") for table in held},
    )
    return Shape(rules=made.rules, rows=made.rows, seed=seed), made.rules


def report(profile: Profile, config: SeedConfig, shape: Shape | None = None, registry: Registry | None = None) -> ProfileReport:
    """What there is to say about the profile: with the tables of `registry`, if it was compared with them."""
    tables = []
    for table in profile.data.get("tables", {}):
        if registry is None or shape is None:
            continue
        counts = [one.config.record_count.at(config.chosen_size, config.scale) for one in registry.by_table.get(table, ())]
        told = shape.rules.tables.get(table, {})
        columns = {*told.get("columns", ()), *told.get("references", ()), *told.get("thinned", ())}
        columns |= {column for column, _ in told.get("relations", ())}
        tables.append(ShapedTable(name=table, rows=sum(counts) if counts else None, columns=tuple(sorted(columns))))
    return ProfileReport(
        name=profile.name,
        data=profile.data,
        size=f"{config.size_name}, --size={config.chosen_size} --scale={config.scale}"
        if config.own_size
        else config.chosen_size,
        locale=config.locale or profile.data.get("locale"),
        facts=shape.rules.facts if shape is not None else profile.data.get("facts", {}),
        tables=tuple(tables),
        digest=shape.rules.digest if shape is not None else "",
    )
