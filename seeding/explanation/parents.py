"""The rows that a row refers to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

import numpy as np

from seeding.explanation.context import RowContext
from seeding.explanation.provenance import provenance
from seeding.explanation.results import ParentRow
from seeding.explanation.values import text_of
from seeding.generation.seeder_columns import seeded_references
from seeding.keys import KeySet
from seeding.schema.references import Reference, objects, references

EXAMPLES = 5
"""How many rows are named that one JSON value refers to."""


class ParentRows:
    """Finds the rows that the columns of one row lead to."""

    def __init__(self, context: RowContext) -> None:
        self._context = context

    @cached_property
    def references(self) -> Mapping[str, tuple[Reference, ...]]:
        """Column → what it may refer to."""
        context, found = self._context, dict[str, tuple[Reference, ...]]()
        if context.seeder is not None:
            all_of = seeded_references(context.seeder)
        else:
            all_of = () if context.model is None else references(context.model)
        for one in all_of:
            found[one.column] = (*found.get(one.column, ()), one)
        return found

    def generated(self, column: str, data: Mapping[str, Any], resolved: Mapping[str, Any]) -> tuple[ParentRow, ...]:
        """The rows that a generated column leads to; `data` holds row indexes, `resolved` keys in their place.

        Raises SeedingError if no seeder fills the table any more.
        """
        found: list[ParentRow] = []
        for reference in self._meant(column, data):
            indexes = [index for index in _named(data[column], reference) if index is not None]
            keys = [key for key in _named(resolved.get(column), reference) if key is not None]
            keys = keys if len(keys) == len(indexes) else [None] * len(indexes)
            pairs = zip(indexes[:EXAMPLES], keys[:EXAMPLES], strict=True)
            found += [self._of_index(reference, int(index), key) for index, key in pairs]
        return tuple(found)

    def stored(self, column: str) -> tuple[ParentRow, ...]:
        """The rows that a stored value leads to."""
        stored = self._context.stored
        found: list[ParentRow] = []
        for reference in self._meant(column, stored):
            if reference.by is None:
                keys = [key for key in _named(stored.get(column), reference) if key is not None]
                found += [self._of_key(reference.target_table, key) for key in keys[:EXAMPLES]]
        return tuple(found)

    def _meant(self, column: str, values: Mapping[str, Any]) -> Iterator[Reference]:
        """What the column refers to in a row with these values."""
        for one in self.references.get(column, ()):
            if values.get(column) is not None and (one.when is None or str(values.get(one.when[0])) == one.when[1]):
                yield one

    def _of_index(self, reference: Reference, index: int, key: Any) -> ParentRow:
        context, place = self._context, np.array([index])
        assert context.seeder is not None  # it has generated the index
        target, table = context.registry.target(context.seeder, reference), reference.target_table
        numbers, known = context.resolver.keys(target).lookup(place)
        if not known.any():
            adopted = context.resolver.adopted(target, place).lookup(place)[1].any()
            return ParentRow(table=table, index=None if adopted else index, key=text_of(key) or "", is_there=bool(adopted))
        number = KeySet.holding(numbers)
        if table not in context.there:
            return ParentRow(table=table, index=index, key=text_of(key) or "", is_there=False)
        present = bool(context.tracer.present(context.there[table], number))
        shown = context.shown(table, context.identity_of(table).shown(number, 1))
        return ParentRow(table=table, index=index, key=shown, is_there=present)

    def _of_key(self, table: str, key: Any) -> ParentRow:
        context, told = self._context, text_of(key) or ""
        found = provenance(context.using, table, told) if table in context.there else None
        index = found.index if found is not None and found.entry.live else None
        if table not in context.there:
            return ParentRow(table=table, index=None, key=told, is_there=False)
        number = found.number if index is not None and found is not None else key
        if (index is None and context.identity_of(table).is_of_ledger) or not isinstance(number, int):
            return ParentRow(table=table, index=index, key=told, is_there=None)
        is_there = bool(context.tracer.present(context.there[table], KeySet.of([(number, number)])))
        return ParentRow(table=table, index=index, key=told, is_there=is_there)


def _named(value: Any, reference: Reference) -> list[Any]:
    """What the value names: itself, or what its objects hold under the reference's key."""
    if reference.json_key is None:
        return [value]
    return [item.get(reference.json_key) for item in objects(value) if isinstance(item, dict)]
