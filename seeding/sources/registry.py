"""`--source`: a folder of files as the registry of a run, one seeder per file."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from pathlib import Path

from django.db import models

from seeding.conf import Environment, SeedConfig, masking_key
from seeding.exceptions import ConfigurationError, SourceError
from seeding.generation.registry import Registry
from seeding.generation.seeders import BaseSeeder, RecordCount, SeederConfig
from seeding.masking import Cipher, MaskingStrategy, PIIMasker
from seeding.masking.classification import declared, require_classified
from seeding.masking.masker import masking_mode, masking_strategies
from seeding.masking.strategies.collated import Collated
from seeding.schema.references import column_name, counts_keys, key_columns, key_fields, makes_uuids, references
from seeding.sources.cell_values import key_reader
from seeding.sources.seeder import SourceSeeder
from seeding.sources.table_files import FORMATS, TableFile, open_table


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """The tables that must be seeded before a table, and its columns that are filled only after all tables."""

    dependencies: tuple[str, ...]
    postponed: tuple[str, ...]


def seeders_of(config: SeedConfig) -> Registry:
    """The seeders of the installed apps, or instead those of the files in `config.source`."""
    registry = Registry.discover().within(config.database)
    if config.source is None:
        return registry
    strategies = masking_strategies()
    cipher = Cipher.of(masking_key())
    unmasked = config.environment is Environment.PRODUCTION
    masker = None if unmasked else PIIMasker(cipher, masking_mode(config.environment), strategies)
    collated = Collated(config.database)
    return source_registry(config.source, registry, cipher=cipher, masker=masker, strategies=strategies, collated=collated)


def source_registry(
    folder: Path,
    registry: Registry,
    *,
    cipher: Cipher,
    masker: PIIMasker | None,
    strategies: Sequence[MaskingStrategy],
    collated: Collated | None = None,
) -> Registry:
    """A seeder for every file in `folder`; `masker` is None in production.

    Without `collated`, only texts that differ at most in letter case count as equal.

    Raises ConfigurationError, reporting all problems at once, for those found without reading rows: no files, a table without
    a seeder, two files for one table; SourceError for files that are unreadable or have columns that their tables lack.
    """
    files, problems = _files(folder, registry)
    if problems:
        raise ConfigurationError(*problems)
    if not files:
        raise ConfigurationError(f"--source={folder}: there is no file like clients.csv or clients.jsonl in it.")
    chosen = {table: registry.by_table[table][0] for table in files}
    require_classified(chosen.values(), strategies)
    opened: dict[str, TableFile] = {}
    for table, path in files.items():
        model = chosen[table].config.model
        known = {column_name(field) for field in model._meta.concrete_fields}
        try:
            opened[table] = open_table(path, cipher, key_columns(model), key_reader(model))
        except SourceError as error:
            problems.append(str(error))
            continue
        if unknown := [name for name in opened[table].columns if name not in known]:
            problems.append(f"{path.name}: {table} has no column {', '.join(unknown)}. Columns are named as in the table.")
        if masker is not None:
            problems += _narrow(path, registry.by_table[table], opened[table].columns, strategies)
    if problems:
        raise SourceError("\n".join(problems))
    orders = _in_order({table: seeder.config.model for table, seeder in chosen.items()}, opened)
    return Registry(_seeder(registry.by_table[table], opened, orders[table], masker, collated) for table in chosen)


def _narrow(
    path: Path, seeders: Sequence[BaseSeeder], columns: Collection[str], strategies: Sequence[MaskingStrategy]
) -> Iterator[str]:
    """Columns that tell rows apart and are too narrow for masks that do: one row would be taken for another."""
    config, needed = seeders[0].config, {one.name: one.room for one in strategies}
    meta, personal = config.model._meta, declared(config.table_name, seeders)
    together = {name for one in meta.total_unique_constraints for name in one.fields}.union(*meta.unique_together)
    for field in meta.concrete_fields:
        column, width, room = column_name(field), field.max_length, needed.get(personal.get(column_name(field), ""), 0)
        tells = field.unique or field.name in together or column in config.natural_key
        if column in columns and tells and width is not None and width < room:
            yield (
                f"{path.name}: {column} is unique, and its {width} characters are too few for masks that tell rows apart: "
                f"{personal[column]} needs {room}. Widen the column, or leave it out of the file."
            )


def _files(folder: Path, registry: Registry) -> tuple[dict[str, Path], list[str]]:
    files: dict[str, Path] = {}
    problems: list[str] = []
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or not path.is_file():
            continue
        if path.suffix.lower() not in FORMATS:
            problems.append(
                f"{path.name}: neither CSV nor JSON Lines. The files are named like clients.csv, clients.tsv or clients.jsonl."
            )
        elif path.stem in registry.elsewhere:
            problems.append(f"{path.name}: {path.stem} is not seeded here: {registry.elsewhere[path.stem]}.")
        elif path.stem not in registry.by_table:
            problems.append(
                f"{path.name}: there is no table {path.stem} to seed. There are {', '.join(sorted(registry.by_table))}."
            )
        elif path.stem in files:
            problems.append(f"{path.name} and {files[path.stem].name} are both of {path.stem}. Keep one.")
        files.setdefault(path.stem, path)
    return files, problems


def _in_order(chosen: Mapping[str, type[models.Model]], opened: Mapping[str, TableFile]) -> dict[str, Order]:
    """Each table's dependencies. In a cycle of references, one that is nullable is postponed.

    Raises ConfigurationError for a cycle in which every reference is required.
    """
    columns: dict[str, dict[str, set[str]]] = {table: {} for table in chosen}
    waiting: dict[str, set[str]] = {table: set() for table in chosen}
    optional = {
        (table, column_name(field)) for table, model in chosen.items() for field in model._meta.concrete_fields if field.null
    }
    for table, model in chosen.items():
        for reference in references(model):
            if reference.target_table in chosen and reference.column in opened[table].columns:
                columns[table].setdefault(reference.target_table, set()).add(reference.column)
        own = columns[table].pop(table, set())
        waiting[table] |= {column for column in own if (table, column) in optional}
    while True:
        try:
            TopologicalSorter(columns).prepare()
        except CycleError as error:
            circle = error.args[1]
            steps = sorted((child, parent) for parent, child in pairwise(circle))
            loose = [one for one in steps if all((one[0], column) in optional for column in columns[one[0]][one[1]])]
            if not loose:
                raise ConfigurationError(
                    f"The references of {', '.join(circle)} form a cycle, and none of them is nullable: "
                    "leave one of the files out."
                ) from error
            # The simplest of them: columns that refer to as few tables as possible.
            child, parent = min(loose, key=lambda one: (_targets(chosen[one[0]], columns[one[0]][one[1]]), one))
            waiting[child] |= columns[child].pop(parent)
        else:
            return {
                table: Order(dependencies=tuple(sorted(columns[table])), postponed=tuple(sorted(waiting[table])))
                for table in chosen
            }


def _targets(model: type[models.Model], columns: Iterable[str]) -> int:
    """How many targets the references in the columns have."""
    return sum(reference.column in columns for reference in references(model))


def _seeder(
    seeders: Sequence[BaseSeeder],
    source: Mapping[str, TableFile],
    order: Order,
    masker: PIIMasker | None,
    collated: Collated | None,
) -> SourceSeeder:
    """One seeder that replaces all seeders of the table; a column is personal if any of them, or the project, says so."""
    config = seeders[0].config
    file = source[config.table_name]
    personal = declared(config.table_name, seeders)
    made = replace(
        config,
        record_count=RecordCount.fixed(file.count),
        pii_fields=personal,
        not_pii=tuple({column for seeder in seeders for column in seeder.config.not_pii} - personal.keys()),
        dependencies=order.dependencies,
        postponed=order.postponed,
        companions=(),
        any_parent=(),
        refers={name: target for name, target in config.refers.items() if name not in key_columns(config.model)},
        capacity=None,
        natural_key=_natural_key(config, file.columns),
        production=True,
        masking="none" if masker is None else masker.mode.value,
        masking_key="" if masker is None else masker.fingerprint,
    )
    seeder: SourceSeeder = type("SourceSeeder", (SourceSeeder,), {"config": made})(file, masker, source, collated)
    return seeder


def _natural_key(config: SeederConfig, columns: Iterable[str]) -> tuple[str, ...]:
    """What identifies a row: the seeder's natural key, else the model's first unique key without references.

    A primary key is one if rows keep that of the file.
    """
    model, meta = config.model, config.model._meta
    keys = [config.natural_key] if config.natural_key else []
    if not (counts_keys(model) or makes_uuids(model) or any(field.is_relation for field in key_fields(model))):
        keys.append(key_columns(model))
    keys += [
        (column_name(field),)
        for field in meta.concrete_fields
        if field.unique and not field.primary_key and not field.is_relation
    ]
    for constraint in meta.constraints:
        if isinstance(constraint, models.UniqueConstraint) and constraint.condition is None and constraint.fields:
            fields = [meta.get_field(name) for name in constraint.fields]
            if not any(field.is_relation for field in fields):
                keys.append(tuple(column_name(field) for field in fields if isinstance(field, models.Field)))
    return next((key for key in keys if set(key) <= set(columns)), ())
