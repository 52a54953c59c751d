"""Expressions for all columns of a table, which respect its references and unique keys."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from seeding.generation.seeders import RecordCount
from seeding.guessing.columns import Guess, guess
from seeding.schema.tables import ColumnSchema, Kind

CELL = 10
"""Rows of a table that belong together: references stay within a cell, so growing the dataset changes no existing row."""
PREFERENCE = (Kind.TEXT, Kind.INTEGER, Kind.DATE, Kind.DATETIME, Kind.DECIMAL, Kind.FLOAT, Kind.JSON, Kind.BOOLEAN)
"""Kinds of column to vary in a unique key, best first; references rank after integers, enumerations last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parent:
    """A table that drafted rows can refer to."""

    dependency: str
    """Its name in a seeder's `dependencies`."""
    count: RecordCount

    @property
    def per_cell(self) -> int | None:
        """Rows per cell; None if the table does not grow with the others."""
        count = self.count
        grows = count.scales and (count.medium, count.large) == (10 * count.small, 100 * count.small)
        return count.small if grows else None


class UnfillableError(Exception):
    """No expression suits a column."""

    def __init__(self, column: str) -> None:
        super().__init__(column)
        self.column = column


class Filling:
    """Expressions for the columns of one table.

    `guessed` returns how to fill a column, with another value in every row if its second argument says so; None if nothing
    suits. `few` are columns of few values.
    """

    def __init__(
        self,
        columns: Mapping[str, ColumnSchema],
        parents: Mapping[str, Parent],
        own: set[str],
        label: str,
        *,
        guessed: Callable[[ColumnSchema, bool], Guess | None] | None = None,
        few: Collection[str] = (),
    ) -> None:
        self._columns = columns
        self._parents = parents
        self._own = own
        self._guessed = guessed or (lambda column, distinct: guess(column, label, distinct=distinct))
        self._few = few
        self._count = RecordCount(small=CELL, medium=10 * CELL, large=100 * CELL)
        self._distinct: dict[str, str] = {}
        self._one_to_one: dict[str, int] = {}
        """Column → rows of its parent per cell, each referred to by one row."""
        self._capacity: int | None = None

    def fill(self, unique: Sequence[tuple[str, ...]]) -> tuple[dict[str, str], RecordCount, int | None]:
        """Returns column → expression, the record count, and the capacity (None without a limit).

        Raises UnfillableError for a column that nothing suits.
        """
        plain = {name: self._guess(name) for name in self._columns if name not in self._parents and name not in self._own}
        for key in unique:
            if self._distinct.keys() & set(key):
                continue
            if already := next((name for name in key if name in plain and plain[name].distinct), None):
                self._distinct[already] = plain[already].expression
                self._limit(plain[already].capacity)
            else:
                self._make_distinct(min(key, key=self._rank))
            self._distinct |= {name: self._partner(per_cell) for name, per_cell in self._one_to_one.items()}
        for made in plain.values():
            self._limit(made.capacity)
        expressions = {name: self._distinct.get(name) or self._expression(name, plain) for name in self._columns}
        return expressions, self._count, self._capacity

    def _guess(self, name: str, *, distinct: bool = False) -> Guess:
        made = self._guessed(self._columns[name], distinct)
        if made is None:
            raise UnfillableError(name)
        return made

    def _rank(self, name: str) -> tuple[int, str]:
        column = self._columns[name]
        if column.values or name in self._few:
            return len(PREFERENCE) * 10, name
        if name in self._parents or name in self._own:
            return 15, name
        short = column.kind is Kind.TEXT and column.length is not None and column.length < 6
        best = PREFERENCE.index(column.kind) if column.kind in PREFERENCE else len(PREFERENCE)
        return best * 10 + (16 if short else 0), name

    def _make_distinct(self, name: str) -> None:
        if name in self._own:
            self._distinct[name] = "rows.index"
        elif name in self._parents:
            per_cell, count = self._parents[name].per_cell, self._parents[name].count
            if per_cell is None:
                self._shrink(RecordCount.fixed(min(count.small, self._count.small)))
            elif per_cell < self._count.small:
                self._shrink(replace(self._count, small=per_cell, medium=10 * per_cell, large=100 * per_cell))
            self._distinct[name] = "rows.index"
            self._one_to_one |= {name: per_cell} if per_cell else {}
        else:
            made = self._guess(name, distinct=True)
            self._distinct[name] = made.expression
            self._limit(made.capacity)

    def _partner(self, per_cell: int) -> str:
        own = self._count.small
        return "rows.index" if per_cell == own else f"cell * {per_cell} + rows.index % {own}"

    def _expression(self, name: str, plain: Mapping[str, Guess]) -> str:
        if name in plain:
            return plain[name].expression
        if name in self._own:
            return "rows.index"
        parent = self._parents[name]
        if parent.per_cell is None or not self._count.scales:
            return f'rows.integers("{name}", 0, {parent.count.small})'
        return f'cell * {parent.per_cell} + rows.integers("{name}", 0, {parent.per_cell})'

    def _limit(self, capacity: int | None) -> None:
        if capacity is None:
            return
        self._capacity = capacity if self._capacity is None else min(capacity, self._capacity)
        if capacity < self._count.large:
            self._shrink(RecordCount.fixed(min(capacity, self._count.small)))

    def _shrink(self, count: RecordCount) -> None:
        self._count = count
