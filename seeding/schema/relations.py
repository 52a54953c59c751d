"""Which columns of the whole database reference which tables, as declared by the database and added by the models."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from types import MappingProxyType
from typing import TypeVar

from django.db import models

from seeding.schema.kinds import RARE, base_of
from seeding.schema.references import Reference, generic_references, key_fields, namings, references
from seeding.schema.tables import ForeignKey, Kind, TableSchema

T = TypeVar("T")

UUID_DIGITS = "LOWER(REPLACE({0}, '-', ''))"


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """A column whose values reference rows of `target`."""

    table: str
    key: str
    """The table's primary key; empty if it has none."""
    column: str
    target: str
    target_key: str
    """The target's primary key."""
    target_column: str
    """The target's column whose values it holds, usually the primary key."""
    declared: bool
    """Whether the database itself enforces it."""
    nullable: bool
    json_key: str | None = None
    """If the column is a JSON object or a list of them: which of their keys references a row."""
    when: tuple[str, str] | None = None
    """(column, value): applies only to rows whose `column` holds `value`."""
    textual: bool = False
    """Whether the column holds keys as text."""
    pages: bool = True
    """Whether `key` alone identifies a row, so that the rows can be read page by page."""
    partition: str = ""
    """The partition of `table` whose rows alone it applies to; empty if it applies to all."""
    target_partition: str = ""
    """The partition of `target` that it references; empty if it references the whole table."""
    columns: tuple[tuple[str, str], ...] = ()
    """Every (column, target's column) of a foreign key, if it takes all of them to say which row it references."""
    form: str = "{0}"
    """SQL of the column, `{0}`, in the spelling of the target's."""

    @property
    def source(self) -> str:
        """The table or partition whose rows it applies to."""
        return self.partition or self.table

    @property
    def is_read_here(self) -> bool:
        """Whether the rows are read page by page, because the database cannot compare the column with a key."""
        return self.textual or self.json_key is not None

    @property
    def joins(self) -> tuple[tuple[str, str], ...]:
        """The pairs of columns by which a row finds its target; none if the column holds the target's key itself."""
        if self.columns or self.target_column == self.target_key:
            return self.columns
        return ((self.column, self.target_column),)

    def __str__(self) -> str:
        return f"{self.source}.{self.column}" + (f"[].{self.json_key}" if self.json_key else "")


def relations(
    there: Mapping[str, TableSchema],
    mirrors: Iterable[type[models.Model]],
    elsewhere: Mapping[str, Sequence[ForeignKey]] | None = None,
    content_types: Mapping[int, type[models.Model]] | None = None,
    content_types_elsewhere: Mapping[int, type[models.Model]] | None = None,
    *,
    shared_keys: Iterable[tuple[str, Reference]] = (),
    qualified: Mapping[str, str] = MappingProxyType({}),
) -> tuple[Relation, ...]:
    """The relations between the tables `there`; a reference that both a model and the database declare counts once.

    `elsewhere` holds the foreign keys of tables in other schemas, by the tables' quoted names. `content_types`, and those of
    another database, map the keys in generic references to models. Without any, a generic reference may be to every model;
    None leaves generic references out. `shared_keys` are tables whose keys are references. `qualified` tells of tables that
    models name with their schema: their names in `there`, or their quoted ones.
    """
    tables = _Tables(there, qualified)
    mirrors = tuple(mirrors)
    declared = (*_declared(there), *_from_elsewhere(elsewhere or {}, there))
    known = {(one.table, one.column, one.target) for one in declared if not (one.partition or one.target_partition)}
    kinds = [] if content_types is None else [*content_types.items(), *(content_types_elsewhere or {}).items()]
    undeclared = [*_of_models(tables, mirrors)]
    if content_types is not None:
        undeclared += _generic(tables, mirrors, dict.fromkeys(kinds) or dict.fromkeys((None, one) for one in mirrors))
    for name, reference in shared_keys:
        undeclared += tables.relations(name, reference)
    return declared + tuple(one for one in undeclared if (one.table, one.column, one.target) not in known)


def telling(foreign_keys: Iterable[ForeignKey], there: Mapping[str, TableSchema]) -> Iterator[ForeignKey]:
    """One column of each foreign key to a table in `there`: the one that references the primary key, else the last.

    Any one column matches at least the rows that all of them match; the last is the most selective, the first often a tenant's.
    """
    return (one for one, _ in _whole(foreign_keys, there))


def _whole(
    foreign_keys: Iterable[ForeignKey], there: Mapping[str, TableSchema]
) -> Iterator[tuple[ForeignKey, tuple[tuple[str, str], ...]]]:
    """The telling column of each foreign key, and all pairs of columns if that one does not say which row is referenced."""
    composite: dict[tuple[str, str, str], list[ForeignKey]] = {}
    for number, one in enumerate(foreign_keys):
        if one.table in there:  # two partitions may each declare a key of the same name
            composite.setdefault((one.table, one.partition, one.constraint or str(number)), []).append(one)
    for (table, *_), columns in composite.items():
        primary_key = there[table].primary_key.lower()
        told = next((one for one in columns if one.key.lower() in ("", primary_key)), columns[-1])
        key = dict(enumerate(there[table].key))  # what a declaration means that names no columns
        pairs = tuple((one.column, one.key or key.get(place, "")) for place, one in enumerate(columns))
        suffices = len(columns) == 1 or (told.key.lower() in ("", primary_key) and there[table].has_row_key)
        yield told, () if suffices else pairs


def deletion_order(
    tables: Collection[str], between: Iterable[Relation], seeded_after: Collection[tuple[str, str]] = ()
) -> tuple[str, ...]:
    """The tables, referencing ones before referenced ones.

    `seeded_after` are pairs (table, table whose rows its seeder needs). A cycle is broken at a link that is not among them: its
    column was filled afterwards, and the next run fills it again. Links that the database does not enforce are preferred.
    """
    edges: dict[tuple[str, str], list[Relation]] = {}
    for link in between:
        if link.table != link.target and link.table in tables and link.target in tables:
            edges.setdefault((link.table, link.target), []).append(link)
    while True:
        sorter: TopologicalSorter[str] = TopologicalSorter(dict.fromkeys(sorted(tables), ()))
        for child, parent in sorted(edges):
            sorter.add(parent, child)
        try:
            return tuple(sorter.static_order())
        except CycleError as error:
            circle = error.args[1]
            del edges[min(pairwise(circle), key=lambda edge: (edge in seeded_after, _strength(edges[edge])))]


def _strength(parallel: Iterable[Relation]) -> int:
    """How strictly a database requires the order, for relations of the same tables: 0 never, 1 unless nulled, 2 always."""
    return max(link.declared + (link.declared and not link.nullable) for link in parallel)


def _declared(there: Mapping[str, TableSchema]) -> Iterator[Relation]:
    for table in there.values():
        for foreign_key, columns in _whole(table.foreign_keys, there):
            primary_key = there[foreign_key.table].primary_key
            yield Relation(
                table=table.name,
                key=table.primary_key,
                column=foreign_key.column,
                target=foreign_key.table,
                target_key=primary_key,
                target_column=foreign_key.key or primary_key,
                declared=True,
                nullable=table.columns[foreign_key.column].nullable and not foreign_key.required,
                textual=_is_textual(table, foreign_key.column, there[foreign_key.table], foreign_key.key, declared=True),
                pages=table.has_row_key,
                partition=foreign_key.partition,
                target_partition=foreign_key.target_partition,
                columns=columns,
            )


def _is_textual(table: TableSchema, column: str, target: TableSchema, named: str | None, *, declared: bool = False) -> bool:
    """Whether a column that references a primary key is of another type: in a declared key, only SQLite allows that."""
    if not target.primary_key or named not in ("", None, target.primary_key):
        return False
    own, key = table.columns[column], target.columns[target.primary_key]
    if key.kind is Kind.INTEGER:
        return own.kind in (Kind.TEXT, *RARE)
    is_alike = own.kind is key.kind and (key.kind not in RARE or own.type_name == key.type_name)
    return not (declared or is_alike)


def _from_elsewhere(elsewhere: Mapping[str, Sequence[ForeignKey]], there: Mapping[str, TableSchema]) -> Iterator[Relation]:
    for table, foreign_keys in elsewhere.items():
        for foreign_key, columns in _whole(foreign_keys, there):
            yield Relation(
                table=table,
                key="",
                column=foreign_key.column,
                target=foreign_key.table,
                target_key=there[foreign_key.table].primary_key,
                target_column=foreign_key.key,
                declared=True,
                nullable=False,
                target_partition=foreign_key.target_partition,
                columns=columns,
            )


@dataclass(frozen=True, slots=True)
class _Tables:
    """The tables of a database, as models name them."""

    there: Mapping[str, TableSchema]
    qualified: Mapping[str, str]

    def relations(self, table: str, reference: Reference) -> Iterator[Relation]:
        """The relation that a reference of the table is, if both sides are there."""
        target = self._found(reference.target_table)
        if target is None:
            return
        if (own := self._found(table)) is not None:
            yield from _of_reference(own, target, reference)
        elif table in self.qualified:
            yield _of_reference_elsewhere(self.qualified[table], target, reference)

    def has(self, model: type[models.Model]) -> bool:
        """Whether the model's table is there; what others refer to may be of apps that are not installed."""
        return model._meta.db_table in self.qualified or self._found(model._meta.db_table) is not None

    def _found(self, name: str) -> TableSchema | None:
        return _found(self.there, self.qualified.get(name, name))


def _of_models(tables: _Tables, mirrors: Iterable[type[models.Model]]) -> Iterator[Relation]:
    for model in filter(tables.has, mirrors):
        for reference in (*references(model), *namings(model)):
            yield from tables.relations(model._meta.db_table, reference)


def _generic(
    tables: _Tables, mirrors: Iterable[type[models.Model]], kinds: Collection[tuple[int | None, type[models.Model]]]
) -> Iterator[Relation]:
    for model in filter(tables.has, mirrors):
        for kind, column, textual in generic_references(model):
            for number, target in kinds:
                when = None if number is None else (kind, str(number))
                reference = Reference(column=column, target=target, when=when, textual=textual)
                yield from tables.relations(model._meta.db_table, reference)


def _found(named: Mapping[str, T], name: str) -> T | None:
    """The entry called `name`, else one that differs only in letter case: the server may not distinguish them."""
    if name in named or not name:
        return named.get(name)
    return next((one for other, one in named.items() if other.lower() == name.lower()), None)


def _of_reference_elsewhere(name: str, target: TableSchema, reference: Reference) -> Relation:
    """Of a table in another schema, by its quoted name, whose columns are taken for those of its model."""
    return Relation(
        table=name,
        key="",
        column=reference.column,
        target=target.name,
        target_key=target.primary_key,
        target_column=reference.by or target.primary_key,
        declared=False,
        nullable=False,
        json_key=reference.json_key,
        when=reference.when,
        columns=() if target.has_row_key else reference.columns,
        textual=reference.textual,
        pages=False,
        form=UUID_DIGITS if _spells_uuids(reference, target) else "{0}",
    )


def _of_reference(table: TableSchema, target: TableSchema, reference: Reference) -> Iterator[Relation]:
    column, kind = _found(table.columns, reference.column), _found(table.columns, (reference.when or ("",))[0])
    if column is not None and (kind is not None or reference.when is None):
        yield Relation(
            table=table.name,
            key=table.primary_key,
            column=column.name,
            target=target.name,
            target_key=target.primary_key,
            target_column=reference.by or target.primary_key,
            declared=False,
            nullable=column.nullable,
            json_key=reference.json_key,
            when=(kind.name, reference.when[1]) if kind is not None and reference.when else None,
            columns=_pairs(table, target, reference),
            textual=reference.textual or (not reference.json_key and _is_textual(table, column.name, target, reference.by)),
            pages=table.has_row_key,
            form=UUID_DIGITS if _spells_uuids(reference, target) else "{0}",
        )


def _spells_uuids(reference: Reference, target: TableSchema) -> bool:
    """Whether the target's keys are UUIDs in texts, which the engine and Django write as 32 digits."""
    is_uuid = any(isinstance(base_of(one), models.UUIDField) for one in key_fields(reference.target))
    return is_uuid and reference.by is None and target.has_row_key and target.columns[target.primary_key].kind is Kind.TEXT


def _pairs(table: TableSchema, target: TableSchema, reference: Reference) -> tuple[tuple[str, str], ...]:
    """The columns by which the rows are joined, where the target's key has several, and all of them are there."""
    are_there = all(own in table.columns and other in target.columns for own, other in reference.columns)
    return reference.columns if are_there and not target.has_row_key else ()
