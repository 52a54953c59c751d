"""Why classified tables and columns cannot be masked, and which rights masking needs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Self

from django.apps import apps
from django.db import connections

from seeding.conf import MaskingConfig
from seeding.db.features import features
from seeding.db.sql import quoted_plainly
from seeding.exceptions import SchemaError
from seeding.generation.routing import sent_elsewhere
from seeding.masking import MaskingStrategy
from seeding.masking.results import MaskingResult
from seeding.masking.tables import MASKABLE, NOBODYS, Target
from seeding.safety import Need, Survey, told
from seeding.schema.introspection import keys_from_elsewhere, other_schemas, qualified
from seeding.schema.kinds import RARE
from seeding.schema.references import Reference, namings, references
from seeding.schema.relations import relations
from seeding.schema.tables import Kind, TableSchema


def out_of_reach(
    config: MaskingConfig,
    classified: Mapping[str, tuple[Mapping[str, str], set[str]]],
    there: Mapping[str, TableSchema],
    survey: Survey,
    tell: Callable[..., None],
) -> list[MaskingResult]:
    """A result for every classified table that is not in the database, or no table, and for what the account may not read.

    None for those that belong to another database.
    """
    away = _elsewhere(config, classified, there, tell)
    errors = {table: error for table, error in _missing(config.database, classified, there).items() if table not in away}
    errors |= {table: told(reasons) for table, reasons in survey.refusals.items() if table not in there}
    masked = {table for table, (chosen, _) in classified.items() if chosen and table in there}
    errors |= {table: told(reasons) for table, reasons in survey.forbidden.items() if table not in masked}
    return [MaskingResult(table=table, error=error, exit_code=SchemaError.exit_code) for table, error in errors.items()]


def _missing(
    using: str, classified: Mapping[str, tuple[Mapping[str, str], set[str]]], there: Collection[str]
) -> dict[str, str]:
    """Why tables with personal data cannot be masked because they are not there: table → a sentence."""
    missing = [table for table, (chosen, _) in classified.items() if chosen and table not in there]
    elsewhere = other_schemas(connections[using], missing)
    return {
        table: f"{table} is in the schema {elsewhere[table]}, which this connection does not search; add it to search_path."
        if table in elsewhere
        else f"{table} is classified as personal and is not in this database; restore it under that name, take it out of the "
        "classification, or name the tables to mask (--table)."
        for table in missing
    }


def _elsewhere(
    config: MaskingConfig, classified: Collection[str], there: Collection[str], tell: Callable[..., None]
) -> Collection[str]:
    """The classified tables that are not in the database and belong to another one; none if the options name tables."""
    known = {model._meta.db_table: model for model in apps.get_models(include_auto_created=True)}
    absent = {table: known[table] for table in classified if table in known and table not in there and not config.tables}
    away = {table: words for table, model in sorted(absent.items()) if (words := sent_elsewhere(config.database, model))}
    if away:
        left = "; ".join(f"{table}: {words}" for table, words in away.items())
        tell("route", f"Not masked in this database: {left}", level="warn")
    return away.keys()


def rights_needed(
    classified: Mapping[str, tuple[Mapping[str, str], set[str]]], targets: Iterable[Target], looked_at: Iterable[str]
) -> Mapping[str, Need]:
    """What masking needs of each table. MySQL and MariaDB hide columns: the account must have a right to all."""
    masked = {one.table.name: frozenset(one.fields) for one in targets if one.fields}
    read = set(looked_at) - NOBODYS
    read |= {table for table, (chosen, _) in classified.items() if chosen}
    return {table: Need(update=masked.get(table, frozenset())) for table in sorted(read)}


def columns_referred_to(using: str, there: Mapping[str, TableSchema]) -> Mapping[str, frozenset[str]]:
    """Table → its columns that rows of any table in any schema refer to."""
    declared = [
        *(key for table in there.values() for key in table.foreign_keys),
        *chain.from_iterable(keys_from_elsewhere(connections[using], there).values()),
    ]
    named = [(key.table, key.key) for key in declared]
    mirrors = apps.get_models(include_auto_created=True)
    between = relations(there, mirrors, qualified=qualified(connections[using], mirrors))
    named += [(one.target, one.target_column) for one in between]
    named += [(one.target_table, other) for _, one in _composite(there) for _, other in one.columns]
    return _by_table(named)


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """Which columns take part in references between rows: none of them may be masked."""

    referred: Mapping[str, frozenset[str]]
    referring: Mapping[str, frozenset[str]]

    @classmethod
    def read(cls, using: str, there: Mapping[str, TableSchema]) -> Self:
        """Of all live tables."""
        return cls(referred=columns_referred_to(using, there), referring=columns_referring(there))

    def problems(self, target: Target, strategies: Mapping[str, MaskingStrategy]) -> Iterator[str]:
        """Each reason why a table cannot be masked."""
        table, none = target.table.name, frozenset[str]()
        return problems(target, strategies, self.referred.get(table, none), self.referring.get(table, none))


def columns_referring(there: Mapping[str, TableSchema]) -> Mapping[str, frozenset[str]]:
    """Table → its columns by which models say that its rows refer to others, declared or not."""
    between = relations(there, apps.get_models(include_auto_created=True))
    named = [(one.table, one.column) for one in between if not one.json_key]
    return _by_table([*named, *((table, own) for table, one in _composite(there) for own, _ in one.columns)])


def _composite(there: Mapping[str, TableSchema]) -> list[tuple[str, Reference]]:
    """Table and reference by several columns, as models have them."""
    mirrors = [one for one in apps.get_models(include_auto_created=True) if one._meta.db_table in there]
    return [(one._meta.db_table, each) for one in mirrors for each in (*references(one), *namings(one)) if each.columns]


def _by_table(named: Iterable[tuple[str, str]]) -> Mapping[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for table, column in named:
        found[table] = found.get(table, frozenset()) | {column}
    return found


def problems(
    target: Target,
    strategies: Mapping[str, MaskingStrategy],
    referred: Collection[str] = (),
    referring: Collection[str] = (),
) -> Iterator[str]:
    """Each reason why a table cannot be masked.

    `referred` are its columns that other rows refer to, `referring` those by which, as a model says, its rows refer to others.
    """
    table = target.table
    for column, spelled in target.misspelled.items():
        yield f"{column} is classified, and the column is spelled {spelled}: spell it so in the classification"
    yield from _problems_of_key(target)
    for column, name in target.fields.items():
        schema, strategy = table.columns[column], strategies.get(name)
        if strategy is None:
            yield f"{column}: there is no strategy {name!r}"
            continue
        if schema.is_generated:
            remedy = "classify what it is computed from, and itself as not personal"
            yield f"{column} is generated, and the database computes it: {remedy}"
        elif schema.values or schema.type_name == "set":
            yield f"{column} holds members of an enumeration, and {name} makes other texts: leave it out of the classification"
        elif schema.kind not in MASKABLE:
            spelled = schema.type_name if schema.kind in RARE else schema.kind
            yield f"{column} is {spelled}, and {name} masks text"
        if column in referred:
            yield f"other rows refer to {column}: they would refer to nothing, or change along"
        if column in referring or any(key.column == column for key in table.foreign_keys):
            yield f"{column} is a foreign key: what it refers to would be lost"
        narrow = schema.length is not None and schema.length < strategy.room
        if narrow and any(column in key for key in table.unique):
            yield f"{column} is unique, and its {schema.length} characters are too few: {name} needs {strategy.room}"
    yield from _computed(table, referred)
    yield from _absent(target)


def _computed(table: TableSchema, referred: Collection[str]) -> Iterator[str]:
    """Which references of other rows, or to them, could change because the database computes them anew from masks."""
    computed = {name for name, column in table.columns.items() if column.is_generated}
    for column in sorted(computed.intersection(referred)):
        yield f"other rows refer to {column}, which is generated, and could change with the masks: leave the table out"
    for column in sorted(computed.intersection(key.column for key in table.foreign_keys)):
        yield f"{column} is a foreign key and generated, and could refer to other rows with the masks: leave the table out"


def _absent(target: Target) -> Iterator[str]:
    for column in target.absent:
        yield (
            f"{column} is classified as personal and is not in the table, which may hold its values under another name: "
            "restore the column, or correct the classification"
        )


def _problems_of_key(target: Target) -> Iterator[str]:
    if not target.table.key:
        yield "it has no primary key, by which rows are found"
    for part in target.key.columns:
        if problem := part.problem or part.unordered:
            yield f"{part.name} is part of its primary key and {problem}"
        if part.name in target.fields:
            yield f"{part.name} is part of its primary key, by which rows are found while they are masked"


def unreadable_date(using: str, target: Target) -> str:
    """A date column to be masked that holds dates which no driver can read; empty if there is none."""
    connection = connections[using]
    unreadable = features(connection).unreadable_date
    if not unreadable:
        return ""
    for name in target.fields:
        if target.table.columns[name].kind is Kind.DATE:
            column, table = quoted_plainly(connection, name), quoted_plainly(connection, target.table.name)
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT 1 FROM {table} WHERE {unreadable.format(column)} LIMIT 1")  # noqa: S608 - quoted
                if cursor.fetchone():
                    return name
    return ""
