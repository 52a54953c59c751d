"""Which columns of the whole database name rows of which tables: what the database declares and what the models add."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise

from django.db import models

from seeding.references import namings, references
from seeding.schema import ForeignKey, TableSchema


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A column whose values name rows of `target`."""

    table: str
    key: str
    """The table's primary key; empty where it has none."""
    column: str
    target: str
    target_key: str
    """The target's primary key."""
    target_column: str
    """What the column holds: the target's primary key, as a rule."""
    declared: bool
    """Whether the database itself enforces it."""
    nullable: bool
    json_key: str | None = None
    """Where the column is a JSON list of objects: which of their keys names a row."""
    when: tuple[str, str] | None = None
    """(column, value): only the rows whose `column` holds `value` are meant."""

    def __str__(self) -> str:
        return f"{self.table}.{self.column}" + (f"[].{self.json_key}" if self.json_key else "")


def links(
    there: Mapping[str, TableSchema],
    mirrors: Iterable[type[models.Model]],
    elsewhere: Mapping[str, Sequence[ForeignKey]] | None = None,
) -> tuple[Link, ...]:
    """The links between the tables `there`; a reference of a model that the database declares too is one link.

    `elsewhere` are the foreign keys of tables in other schemas, by the tables' quoted names.
    """
    declared = (*_declared(there), *_from_elsewhere(elsewhere or {}, there))
    known = {(one.table, one.column, one.target) for one in declared}
    return declared + tuple(one for one in _of_models(there, mirrors) if (one.table, one.column, one.target) not in known)


def telling(foreign_keys: Iterable[ForeignKey], there: Mapping[str, TableSchema]) -> Iterator[ForeignKey]:
    """Of each key to a table `there` one column: that which names the primary key, else the last.

    Any one column names at least the rows that all of them do; the last tells most, the first being a tenant's as a rule.
    """
    composite: dict[tuple[str, str], list[ForeignKey]] = {}
    for number, one in enumerate(foreign_keys):
        if one.table in there:
            composite.setdefault((one.table, one.constraint or str(number)), []).append(one)
    for (table, _), columns in composite.items():
        primary_key = there[table].primary_key.lower()
        yield next((one for one in columns if one.key.lower() in ("", primary_key)), columns[-1])


def deletion_order(
    tables: Collection[str], between: Iterable[Link], seeded_after: Collection[tuple[str, str]] = ()
) -> tuple[str, ...]:
    """The tables, those that refer before those they refer to.

    `seeded_after` are pairs (table, one whose rows its seeder needs). A circle is opened at a link that is not among them: its
    column was filled afterwards, and the next run fills it again. Of several, at one that the database does not enforce.
    """
    edges: dict[tuple[str, str], list[Link]] = {}
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


def _strength(parallel: Iterable[Link]) -> int:
    """How badly a database needs the order, for links between the same two tables: 0 not at all, 1 unless nulled, 2 always."""
    return max(link.declared + (link.declared and not link.nullable) for link in parallel)


def _declared(there: Mapping[str, TableSchema]) -> Iterator[Link]:
    for table in there.values():
        for foreign_key in telling(table.foreign_keys, there):
            primary_key = there[foreign_key.table].primary_key
            yield Link(
                table=table.name,
                key=table.primary_key,
                column=foreign_key.column,
                target=foreign_key.table,
                target_key=primary_key,
                target_column=foreign_key.key or primary_key,
                declared=True,
                nullable=table.columns[foreign_key.column].nullable,
            )


def _from_elsewhere(elsewhere: Mapping[str, Sequence[ForeignKey]], there: Mapping[str, TableSchema]) -> Iterator[Link]:
    for table, foreign_keys in elsewhere.items():
        for foreign_key in telling(foreign_keys, there):
            yield Link(
                table=table,
                key="",
                column=foreign_key.column,
                target=foreign_key.table,
                target_key=there[foreign_key.table].primary_key,
                target_column=foreign_key.key,
                declared=True,
                nullable=False,
            )


def _of_models(there: Mapping[str, TableSchema], mirrors: Iterable[type[models.Model]]) -> Iterator[Link]:
    for model in mirrors:
        table = there.get(model._meta.db_table)
        for reference in (*references(model), *namings(model)) if table else ():
            assert table is not None
            target = there.get(reference.target_table)
            if target is not None and {reference.column, *(reference.when or ())[:1]} <= table.columns.keys():
                yield Link(
                    table=table.name,
                    key=table.primary_key,
                    column=reference.column,
                    target=target.name,
                    target_key=target.primary_key,
                    target_column=reference.by or target.primary_key,
                    declared=False,
                    nullable=table.columns[reference.column].nullable,
                    json_key=reference.json_key,
                    when=reference.when,
                )
