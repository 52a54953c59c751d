"""`seed --auto`: a seeder in memory for every table that has none."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from django.apps import apps
from django.db import connections, models

from seeding.conf.project import caches
from seeding.exceptions import ConfigurationError
from seeding.generation.registry import Registry, near
from seeding.generation.routing import sent_elsewhere
from seeding.generation.seeders import BaseSeeder, ExistingRows
from seeding.generation.value_rules.shape import Shape
from seeding.ledger.queries import Ledger
from seeding.scaffold.draft import Draft
from seeding.scaffold.held_rows import held_plans, held_versions
from seeding.scaffold.in_memory import Mirrors, seeder_of
from seeding.scaffold.many_drafts import draft_each
from seeding.scaffold.project import LEDGER, Project
from seeding.scaffold.row_counts import rows_wanted
from seeding.scaffold.well_known import REFERRED_TO, left_out, natural_key
from seeding.schema.introspection import read_kinds
from seeding.schema.tables import RelationKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which tables to fill."""

    tables: tuple[str, ...] = ()
    """Named tables, which are not left out; empty means all."""
    apps: tuple[str, ...] = ()
    """Labels of apps; empty means all."""
    exclude: tuple[str, ...] = ()
    """Tables, models (`shop.Product`) or apps to leave out."""


class Automatic:
    """The tables of the database `using` that have no seeder in `registry`; raises ConfigurationError for unknown names."""

    def __init__(self, using: str, registry: Registry, wanted: Wanted, *, strict: bool = True) -> None:
        self.project = Project(using, registry)
        if strict:
            _refuse_unknown(self.project, wanted)
        self._absent = dict(_left_out(using, self.project, wanted))
        self.project.refer_to_none_of(self._absent)
        self.tables = [table for table in _open(self.project) if table not in self._absent]
        """Those that get a seeder, if one can be drafted."""

    def registry(self, shape: Shape) -> Registry:
        """The seeders of the project's registry and one in memory for every other table, as `shape` wants it.

        `elsewhere` of the result says which tables were left out and why, `unfillable` which could not be drafted, `doubts`
        what is wrong with rows of others. Raises ConfigurationError for what `shape` wants and cannot be.
        """
        registry = self.project.registry
        drafts, refused = draft_each(self.project, self.tables, profile=shape.rules, seed=shape.seed)
        told = {*shape.rows, *shape.rules.tables}
        unmade = [words for table, words in refused.items() if table in told]
        unmade += [
            f"{one.schema.name}: its rows are real ones, which are referred to and never made: it takes no rules."
            for one in drafts
            if one.natural_key and one.schema.name in told
        ]
        if unmade:
            raise ConfigurationError(*unmade)
        needed = {name for draft in drafts for name in draft.dependencies}
        mirrors = Mirrors()
        spare = {one.schema.name: REFERRED_TO for one in drafts if one.natural_key and one.schema.name not in needed}
        counts = rows_wanted(drafts, shape)
        made = [seeder_of(one, mirrors, counts.get(one.schema.name)) for one in drafts if one.schema.name not in spare]
        there = {**registry.elsewhere, **self._absent, **spare}
        doubts = {one.schema.name: "; ".join(one.doubts) for one in drafts if one.doubts}
        return Registry([*registry.by_name.values(), *made], registry.broken, there, refused, doubts)


def written_out(project: Project, labels: Sequence[str], app: str) -> tuple[list[Draft], dict[str, str]]:
    """The drafts of `seed --auto` for the tables of the apps with these labels, for files of `app`, with those they refer to.

    With the reasons why tables of these apps have none: table → reason. Raises ConfigurationError for unknown labels.
    """
    _refuse_unknown(project, Wanted(apps=tuple(labels)))
    absent = dict(_left_out(project.using, project, Wanted()))
    project.refer_to_none_of(absent)
    drafts, refused = draft_each(project, [table for table in _open(project) if table not in absent], app)
    own = {table for table, model in project.models.items() if model._meta.app_label in labels}
    by_table = {draft.schema.name: draft for draft in drafts}
    wanted, waiting = set[str](), [table for table in by_table if table in own]
    while waiting:
        wanted.add(table := waiting.pop())
        needed = {*by_table[table].dependencies, *(project.links(table)[name] for name in by_table[table].postponed)}
        waiting += [one for one in needed if one in by_table and one not in wanted]
    held = held_versions(Ledger(project.using))
    chosen = [
        replace(one, shown_version=one.version) if one.version in held.get(one.seeder_name, ()) else one for one in drafts
    ]
    return (
        [one for one in chosen if one.schema.name in wanted],
        {table: words for table, words in refused.items() if table in own},
    )


def recalled(using: str, registry: Registry) -> Registry:
    """The seeders of `registry`, and those in memory if the ledger of the database `using` holds rows of any other.

    They are those of each `seed --auto` whose rows are there: what that left out, these leave out. If they cannot be made any
    more, the commands do without: rows of unknown seeders are rolled back as well, and reported as not compared.
    """
    ledger = Ledger(using)
    if held_versions(ledger).keys() <= registry.by_name.keys():
        return registry
    dataset = ledger.dataset(generated=True)
    return remade(
        using, registry, Shape() if dataset is None else Shape(rules=dataset.rules, seed=dataset.seed), held_runs(ledger)
    )


def held_runs(ledger: Ledger) -> dict[Wanted, set[str]]:
    """What each `seed --auto` was asked for whose rows are there → the seeders of its rows; the newest first."""
    asked: dict[Wanted, set[str]] = {}
    for plan, names in held_plans(ledger):
        asked.setdefault(Wanted(tables=tuple(plan["tables"]), exclude=tuple(plan["auto"]["exclude"])), set()).update(names)
    return asked


def remade(using: str, registry: Registry, shape: Shape, asked: Mapping[Wanted, Collection[str]]) -> Registry:
    """The seeders of `registry`, and those in memory of each run of `seed --auto` that is asked for; without any that fail."""
    made: dict[str, BaseSeeder] = {}
    for wanted, names in asked.items():
        try:
            drafted = Automatic(using, registry, wanted, strict=False).registry(shape)
        except Exception:  # noqa: BLE001, S112 - external code: models that have changed since
            continue
        made |= {name: one for name, one in drafted.by_name.items() if name in names or name not in made}
    return Registry({**made, **registry.by_name}.values(), registry.broken, registry.elsewhere) if made else registry


def tables_of(registry: Registry, labels: Sequence[str]) -> tuple[str, ...]:
    """The tables of the apps with these labels that `registry` fills."""
    return tuple(
        dict.fromkeys(
            one.config.table_name
            for one in registry.by_name.values()
            if one.config.model._meta.app_label in labels and not isinstance(one, ExistingRows)
        )
    )


def _open(project: Project) -> list[str]:
    """The tables that have no seeder yet, without the ledger's."""
    return sorted(name for name in {*project.tables, *project.models} - LEDGER if not project.registry.sources(name))


def _left_out(using: str, project: Project, wanted: Wanted) -> Iterator[tuple[str, str]]:
    """The tables and models that no seeder is made for, and why."""
    kinds, computed = read_kinds(connections[using], project.models), caches()
    for table in _open(project):
        model = project.models.get(table)
        if named := _excluding(table, model, wanted.exclude):
            yield table, f"--exclude={named}"
        elif kinds.get(table) in (RelationKind.VIEW, RelationKind.REPORT):
            yield table, "it is a view"
        elif table in computed:
            yield table, "it is declared as a cache (seeding_caches): the application computes its rows"
        elif model is not None and not model._meta.managed and table not in project.tables:
            yield table, "there is no such table, and no migration makes one"
        elif (model is not None and (words := sent_elsewhere(using, model))) or (
            table not in wanted.tables and not natural_key(model) and (words := left_out(table, model))
        ):
            yield table, words
    for model in apps.get_models(include_auto_created=True, include_swapped=True):
        if model._meta.swapped:
            yield model._meta.label, f"it is swapped for {model._meta.swapped}"
        elif model._meta.proxy and model._meta.concrete_model is not None:
            yield model._meta.label, f"it is a proxy of {model._meta.concrete_model._meta.label}"


def _excluding(table: str, model: type[models.Model] | None, names: Iterable[str]) -> str:
    """The first of the `names` that excludes the table; empty if none does."""
    own = {table.lower()} | ({model._meta.label_lower, model._meta.app_label.lower()} if model is not None else set())
    return next((name for name in names if name.lower() in own), "")


def _refuse_unknown(project: Project, wanted: Wanted) -> None:
    """Raise ConfigurationError for apps and exclusions that there are not, with the near matches."""
    labels = {model._meta.app_label for model in project.models.values()}
    problems = [
        f"--app={name}: no app of that label has a model. {near(name, labels)}" for name in wanted.apps if name not in labels
    ]
    known = {*labels, *project.tables, *project.models, *(model._meta.label for model in project.models.values())}
    lower = {name.lower() for name in known}
    problems += [
        f"--exclude={name}: there is no such app, model or table. {near(name, known)}"
        for name in wanted.exclude
        if name.lower() not in lower
    ]
    if problems:
        raise ConfigurationError(*problems)
