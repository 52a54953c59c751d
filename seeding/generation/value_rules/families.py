"""Rows per parent row: how many children each parent has, which are a parent's, and whose a child is.

The children of the first parent come first, then those of the second, and so on; how many one has depends on nothing but its
own index. So more parents change no child.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import lru_cache
from typing import Any

import numpy as np
import polars as pl

from seeding.arrays import Floats, Integers
from seeding.exceptions import GenerationError
from seeding.generation.rows import Rows
from seeding.generation.seeders import RecordCount
from seeding.generation.streams import stream
from seeding.generation.value_rules.distributions import drawn
from seeding.generation.value_rules.evaluation import matching, ruled
from seeding.generation.value_rules.profile_rules import ProfileRules, canonical
from seeding.generation.value_rules.shares import split
from seeding.generation.value_rules.value_types import ValueType

FIRST = 1 << 12
"""Parents whose children are counted at first; always twice as many, if they are not enough."""
MOST = 1 << 26
"""The most parents that are counted."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class RowsPerParent(RecordCount):
    """As many rows as all parents have."""

    table: str
    seed: int
    rules: ProfileRules
    parent: RecordCount
    parent_table: str

    @classmethod
    def of(cls, table: str, seed: int, rules: ProfileRules, parent: RecordCount, parent_table: str) -> RowsPerParent:
        """The rows of `table`, whose rule `per` is among the rules."""
        small, medium, large = (_children(table, seed, rules, parent.at(size)) for size in ("small", "medium", "large"))
        return cls(
            small=small,
            medium=medium,
            large=large,
            table=table,
            seed=seed,
            rules=rules,
            parent=parent,
            parent_table=parent_table,
        )

    def __repr__(self) -> str:
        return f"RowsPerParent({canonical(self.rules.tables[self.table]['per'])}, {self.parent.small})"

    @property
    def lineage(self) -> tuple[tuple[str, ...], int]:
        """The tables with rows per row of the one before, down to this one, and the rows per cell of the one above them."""
        if isinstance(self.parent, RowsPerParent):
            above, per_cell = self.parent.lineage
            return (*above, self.table), per_cell
        return (self.table,), self.parent.small

    def at(self, size: str, scale: int = 1) -> int:
        """The rows of all parents of that size."""
        return _children(self.table, self.seed, self.rules, self.parent.at(size, scale))


def first_children(rows: Rows, table: str, parents: Integers) -> Integers:
    """The index of the first child of each parent row, in `table`; of one behind the last, how many children there are."""
    starts = _starts(rows, table, int(parents.max(initial=0)) + 1)
    return starts[parents]


def parents_of(rows: Rows) -> Integers:
    """The parent (row index) of each of `rows`, whose table has a number of rows per parent."""
    most, known = int(rows.index.max(initial=0)), FIRST
    starts = _starts(rows, rows.table, known)
    while starts[-1] <= most:
        if known > MOST:
            raise GenerationError(f"{rows.table} has no parents for {most:,} rows: its `per` gives them hardly any.")
        known *= 2
        starts = _starts(rows, rows.table, known)
    return np.searchsorted(starts, rows.index, side="right") - 1


def siblings(rows: Rows, column: str, size: int) -> Integers:
    """One of `size` places for each of `rows`, no two of one parent the same; starting anywhere."""
    parents = parents_of(rows)
    place = rows.index - first_children(rows, rows.table, parents)
    return (rows.offsets(column, size, parents) + place) % size


def member_of(
    rows: Rows, column: str, tables: Sequence[str], cell: Integers, per_cell: int, *, skewed: bool = False
) -> Integers:
    """One of the rows that belong to each cell, of the last of `tables`, each of which has rows per row of the one before.

    The first has rows per row of a table with `per_cell` rows per cell. For a cell without any, the last row before it, or the
    first of all.
    """
    first, end = cell * per_cell, (cell + 1) * per_cell
    for table in tables:
        first, end = first_children(rows, table, first), first_children(rows, table, end)
    drawn_share = rows.uniform(column) ** (2 if skewed else 1)  # some are drawn often, others hardly ever
    place = first + np.floor(drawn_share * (end - first)).astype(np.int64)
    return np.where(end > first, place, np.maximum(first - 1, 0))


def weighted(rows: Rows, column: str, table: str, first: Integers | int, size: int) -> Integers:
    """One of the `size` rows of `table` from `first` on, for each of `rows`, by the profile's rule for the reference.

    `same` chooses among those that have the same value in a column of that name; `weights` by the values of a column.
    Raises GenerationError if none will do.
    """
    rule = rows.rules.tables[rows.table]["references"][column]
    begin = np.broadcast_to(np.asarray(first, dtype=np.int64), (len(rows),))
    low = int(begin.min(initial=0))
    window = rows.of(table, np.arange(low, int(begin.max(initial=0)) + size))
    places = (begin - low)[:, None] + np.arange(size)
    weights = np.ones((len(rows), size))
    if by := rule.get("weights"):
        place = matching(ruled(window, by["column"]), by["keys"], ValueType.of(by["of"]), rows)
        weights *= pl.Series([*by["values"], 1.0], dtype=pl.Float64).gather(place).to_numpy()[places]
    if same := rule.get("same"):
        codes = pl.concat([ruled(rows, same), ruled(window, same)]).rank("dense").fill_null(0).to_numpy()
        weights *= codes[: len(rows), None] == codes[len(rows) :][places]
    return begin + _chosen(rows, column, weights, table)


def _chosen(rows: Rows, column: str, weights: Floats, table: str) -> Integers:
    cumulated = np.cumsum(weights, axis=1)
    whole = cumulated[:, -1]
    if (whole <= 0).any():
        row = int(rows.index[np.flatnonzero(whole <= 0)[0]])
        raise GenerationError(
            f"{rows.table}.{column}: row {row} may refer to none of the {weights.shape[1]} rows of {table} of its cell. "
            "Give more rows to that table, or fewer different values."
        )
    found: Integers = (cumulated <= (rows.uniform(column) * whole)[:, None]).sum(axis=1)
    places: Integers = np.minimum(found, weights.shape[1] - 1)
    return places


def _children(table: str, seed: int, rules: ProfileRules, parents: int) -> int:
    rows = Rows(seed=seed, table=table, as_of=date.min, index=np.zeros(0, dtype=np.int64), rules=rules)
    return int(first_children(rows, table, np.array([parents]))[0])


def _starts(rows: Rows, table: str, parents: int) -> Integers:
    """The index of the first child of the parents 0, 1 … up to at least `parents`."""
    known = FIRST
    while known < parents:
        known *= 2
    if known > 2 * MOST:
        raise GenerationError(f"{table} has rows per row of another table, and cannot have them of {parents:,}.")
    return _counted(rows.seed, table, canonical(rows.rules.tables[table]["per"]), known)


@lru_cache(maxsize=32)
def _counted(seed: int, table: str, rule: str, parents: int) -> Integers:
    told: Mapping[str, Any] = json.loads(rule)
    index = np.arange(parents)
    those = Rows(seed=seed, table=table, as_of=date.min, index=index, rules=ProfileRules())
    name = f"{told['column']}/children"
    counts = np.full(parents, told.get("count", 0)) if "count" in told else _numbers(those, name, told)
    if none := told.get("none"):
        counts = np.maximum(counts, 1)  # the others have some
        counts[split(stream(seed, table, f"{name}/none"), index, Fraction(none))[0]] = 0
    starts = np.concatenate(([0], np.cumsum(counts)))
    starts.flags.writeable = False
    return starts


def _numbers(parents: Rows, name: str, told: Mapping[str, Any]) -> Integers:
    if "range" in told:
        low, high = told["range"]
        return parents.integers(name, max(int(low), 1 if told.get("none") else 0), int(high) + 1)
    return np.maximum(np.rint(drawn(parents, name, told)), 0).astype(np.int64)
