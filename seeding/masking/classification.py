"""Which columns hold personal data according to the seeders, and which are undecided."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import models

from seeding.exceptions import ConfigurationError, UnclassifiedError
from seeding.generation.discovery import modules
from seeding.generation.registry import Registry
from seeding.generation.seeders import BaseSeeder
from seeding.masking import STRATEGIES, MaskingStrategy, detect_name
from seeding.masking.results import ClassifiedColumn
from seeding.schema.references import TypedReferenceField, column_name, counts_keys, makes_uuids
from seeding.schema.tables import TableSchema

BY_TYPE = (
    models.IntegerField, models.DecimalField, models.FloatField, models.BooleanField, models.DateField, models.DurationField,
)  # fmt: skip
"""Numbers, dates, date-times and durations are not personal unless the column's name says so."""


def classify(seeder: BaseSeeder, strategies: Iterable[MaskingStrategy] = STRATEGIES) -> tuple[ClassifiedColumn, ...]:
    """Every column of the seeder's table."""
    known = {strategy.name: strategy for strategy in strategies}
    return tuple(_classified(seeder, field, known) for field in seeder.config.model._meta.concrete_fields)


def inventory(registry: Registry, strategies: Iterable[MaskingStrategy] = STRATEGIES) -> list[ClassifiedColumn]:
    """Every column of every seeded table once, in table order; where seeders of a table differ, personal data wins."""
    strategies = tuple(strategies)
    found: list[ClassifiedColumn] = []
    known = {strategy.name: strategy for strategy in strategies}
    others = other_tables()
    unseeded = {table: one for table, one in others.items() if table not in registry.by_table}
    for table, seeders in registry.by_table.items():
        by_source = zip(*(classify(seeder, strategies) for seeder in seeders), strict=True)
        of_seeders = [max(column, key=lambda one: (bool(one.problem), one.holds == "personal data")) for column in by_source]
        only_others = {one.column for one in of_seeders if one.holds != "personal data"} & others.get(table, {}).keys()
        found += [
            _told(table, one.column, one.seeder, "personal data", known, strategy=others[table][one.column])
            if one.column in only_others
            else one
            for one in of_seeders
        ]
    for table, others_of_table in unseeded.items():
        found += [_told(table, column, "", "personal data", known, strategy=name) for column, name in others_of_table.items()]
    for table, columns in not_personal().items():
        decided = sorted(columns - unseeded.get(table, {}).keys()) if table not in registry.by_table else ()
        found += [_told(table, column, "", "nothing personal", known) for column in decided]
    return found


def other_tables() -> dict[str, Mapping[str, str]]:
    """Table → column → strategy, of tables without a seeder above all: `TABLES` in every app's module `personal_data`.

    Raises ConfigurationError for a module that cannot be imported, and for one that gives a column another strategy.
    """
    found: dict[str, dict[str, str]] = {}
    for module, declared in _declared("TABLES"):
        for table, columns in declared.items():
            known = found.setdefault(table, {})
            for column, strategy in columns.items():
                if known.setdefault(column, strategy) != strategy:
                    raise ConfigurationError(
                        f"{module} has the strategy {strategy!r} for {table}.{column}, and another module {known[column]!r}. "
                        "Leave one out."
                    )
    return dict(found)


def declared(table: str, seeders: Iterable[BaseSeeder]) -> dict[str, str]:
    """Column → strategy, of the columns of a table that hold personal data as its seeders or the project say."""
    of_seeders = {column: name for seeder in seeders for column, name in seeder.config.pii_fields.items()}
    return {**other_tables().get(table, {}), **of_seeders}


def not_personal() -> dict[str, frozenset[str]]:
    """Table → columns that hold nothing personal whatever their names say: `NOT_PERSONAL` in the same modules."""
    found: dict[str, frozenset[str]] = {}
    for _, declared in _declared("NOT_PERSONAL"):
        for table, columns in declared.items():
            found[table] = found.get(table, frozenset()) | frozenset(columns)
    return found


def _declared(name: str) -> list[tuple[str, Mapping[str, Any]]]:
    """Module and what it declares under this name."""
    declaring, broken = modules("personal_data")
    if broken:
        raise ConfigurationError(*(f"{one.module} cannot be imported: {one.error!r}" for one in broken))
    return [(module.__name__, getattr(module, name, {})) for module in declaring]


def personal_columns(registry: Registry, table: TableSchema) -> frozenset[str]:
    """The columns of a live table that hold personal data: as seeders or the project say, else by their names."""
    seeders = registry.by_table.get(table.name, ())
    sounding = () if seeders else (name for name in table.columns if detect_name(name))
    return frozenset(declared(table.name, seeders)).union(sounding)


def suspicious(seeder: BaseSeeder, strategies: Iterable[MaskingStrategy] = STRATEGIES) -> tuple[ClassifiedColumn, ...]:
    """Unclassified columns that sound personal, and columns whose strategy does not exist."""
    return tuple(column for column in classify(seeder, strategies) if column.problem)


def require_classified(seeders: Iterable[BaseSeeder], strategies: Iterable[MaskingStrategy] = STRATEGIES) -> None:
    """Raise UnclassifiedError unless every column that could hold personal data is classified."""
    strategies = tuple(strategies)
    undecided = [
        f"{column.table}.{column.column}"
        for seeder in seeders
        for column in classify(seeder, strategies)
        if column.problem or column.holds == "undecided"
    ]
    if undecided:
        raise UnclassifiedError(
            f"These columns are not classified as personal or not: {', '.join(dict.fromkeys(undecided))}. "
            "Add each to pii_fields, with a strategy, or to not_pii of its seeder."
        )


def _classified(
    seeder: BaseSeeder, field: models.Field[object, object], strategies: Mapping[str, MaskingStrategy]
) -> ClassifiedColumn:
    config, name = seeder.config, column_name(field)
    holds, strategy, problem = "nothing personal", config.pii_fields.get(name, ""), ""
    if strategy:
        holds = "personal data"
    elif name not in config.not_pii and not _by_type(field):
        holds = "undecided"
    is_open = not strategy and name not in config.not_pii and not _is_made(field) and not field.is_relation
    if is_open and (sounds := detect_name(name)):
        holds = "undecided"
        problem = (
            f"looks like personal data ({sounds}) and is not classified. Add it to pii_fields as "
            f'"{name}": "{sounds}", or to not_pii.'
        )
    return _told(config.table_name, name, seeder.name, holds, strategies, strategy=strategy, problem=problem)


def _told(
    table: str,
    column: str,
    seeder: str,
    holds: str,
    strategies: Mapping[str, MaskingStrategy],
    *,
    strategy: str = "",
    problem: str = "",
) -> ClassifiedColumn:
    chosen = strategies.get(strategy)
    if strategy and chosen is None:
        problem = f"names the strategy {strategy!r}, which does not exist. There are {', '.join(sorted(strategies))}."
    return ClassifiedColumn(
        table=table,
        column=column,
        seeder=seeder,
        holds=holds,
        strategy=strategy,
        masked=chosen.gives if chosen else "",
        kept=chosen.keeps if chosen else "",
        problem=problem,
    )


def _by_type(field: models.Field[object, object]) -> bool:
    if _is_made(field) or field.is_relation or field.choices or isinstance(field, TypedReferenceField):
        return True
    return isinstance(field, BY_TYPE)


def _is_made(field: models.Field[object, object]) -> bool:
    """Whether it is a key that means nothing: the server counts it, or it is a UUID."""
    return field.primary_key and (counts_keys(field.model) or makes_uuids(field.model))
