"""Expressions for all columns of a table, which respect its references and unique keys."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from math import prod

from seeding.generation.seeders import RecordCount
from seeding.guessing.columns import Guess, guess, quoted
from seeding.guessing.table_references import References
from seeding.schema.tables import ColumnSchema, Kind

CELL = 10
"""Rows of a table that belong together: references stay within a cell, so growing the dataset changes no existing row."""
MOST = 3 * CELL
"""Rows in a cell of a table with required references: twice as many as its parents have, up to this number."""
FILLED = 0.85
"""The share of rows that have an optional reference."""
PREFERENCE = (Kind.TEXT, Kind.INTEGER, Kind.DATE, Kind.DATETIME, Kind.DECIMAL, Kind.FLOAT, Kind.JSON, Kind.BOOLEAN)
"""Kinds of column to vary in a unique key, best first; references rank after integers, enumerations last."""


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
        references: References,
        label: str,
        *,
        guessed: Callable[[ColumnSchema, bool], Guess | None] | None = None,
        few: Collection[str] = (),
    ) -> None:
        self._columns = columns
        self._parents = references.parents
        self._own = references.own
        self._optional = references.optional
        self._mutual = references.mutual
        self._guessed = guessed or (lambda column, distinct: guess(column, label, distinct=distinct))
        self._few = few
        needed = [one.per_cell or 0 for name, one in self._parents.items() if name in columns.keys() & references.required]
        self._count = _growing(max(CELL, min(MOST, 2 * max(needed, default=0))))
        self._distinct: dict[str, str] = {}
        self._one_to_one: dict[str, int] = {}
        """Column → rows of its parent per cell, each referred to by one row."""
        self._together: list[tuple[str, ...]] = []
        """Keys of several columns that are only together different in every row."""
        self._members: dict[str, Guess] = {}
        """Columns of few values in such a key."""
        self._capacity: int | None = None

    def fill(self, unique: Sequence[tuple[str, ...]]) -> tuple[dict[str, str], RecordCount, int | None]:
        """Returns column → expression, the record count, and the capacity (None without a limit).

        Raises UnfillableError for a column that nothing suits.
        """
        plain = {name: self._guess(name) for name in self._columns if name not in self._parents and name not in self._own}
        for key in unique:
            if self._distinct.keys() & set(key) or any(set(one) <= set(key) for one in self._together):
                continue
            if already := next((name for name in key if name in plain and plain[name].distinct), None):
                self._distinct[already] = plain[already].expression
                self._limit(plain[already].capacity)
            elif not self._combine(key):
                self._make_distinct(min(key, key=self._rank))
            self._distinct |= dict.fromkeys(self._one_to_one, "rows.index")
        for made in plain.values():
            self._limit(made.capacity)
        for name in self._own.keys() & self._columns.keys():
            trees = self._own[name].trees
            self._limit(None if trees is None else trees * self._count.small)
        self._distinct |= {name: self._partner(per_cell) for name, per_cell in self._one_to_one.items()}
        self._distinct |= {name: self._by_place(name) for name in self._own}
        expressions = {name: self._distinct.get(name) or self._expression(name, plain) for name in self._columns}
        kept = {name for key in unique for name in key}
        expressions |= {
            name: f"only(pl.Series({expressions[name]}), rows.chance({quoted(f'{name} is set')}, {FILLED}))"
            for name in expressions
            if name in self._optional - kept
        }
        return expressions | self._combined(), self._count, self._capacity

    def _guess(self, name: str, *, distinct: bool = False) -> Guess:
        made = self._guessed(self._columns[name], distinct)
        if made is None:
            raise UnfillableError(name)
        return made

    def _rank(self, name: str) -> tuple[int, str]:
        column = self._columns[name]
        if name in self._own:
            return 15 if self._own[name].distinct else len(PREFERENCE) * 20, name
        if column.values or name in self._few:
            return len(PREFERENCE) * 10, name
        if name in self._parents:
            return 15, name
        short = column.kind is Kind.TEXT and column.length is not None and column.length < 6
        best = PREFERENCE.index(column.kind) if column.kind in PREFERENCE else len(PREFERENCE)
        return best * 10 + (16 if short else 0), name

    def _make_distinct(self, name: str) -> None:
        if name in self._own:
            self._distinct[name] = self._own[name].expression
        elif name in self._parents:
            per_cell, count = self._parents[name].per_cell, self._parents[name].count
            if per_cell is None:
                self._shrink(RecordCount.fixed(min(count.small, self._count.small)))
            else:
                self._fit(per_cell)
            self._distinct[name] = "rows.index"
            self._one_to_one |= {name: per_cell} if per_cell else {}
        else:
            made = self._guess(name, distinct=True)
            self._distinct[name] = made.expression
            self._limit(made.capacity)

    def _combine(self, key: tuple[str, ...]) -> bool:
        """Whether the key is one of references and columns of few values, which are then different only together."""
        taken = {name for one in self._together for name in one}
        if len(key) < 2 or taken & set(key) or not self._parents.keys() & set(key):
            return False
        members: dict[str, Guess] = {}
        for name in key:
            if name in self._parents:
                continue
            few = name in self._few or bool(self._columns[name].values)
            made = self._guessed(self._columns[name], True) if few else None
            if made is None or made.capacity is None or made.expression.count("rows.index") != 1:
                return False
            members[name] = made
        self._members |= members
        sizes = self._sizes(key)
        if self._among(key):
            possible = sizes[0] * (sizes[0] - 1) // 2 * (2 if self._mutual else 1)
            if not possible:
                raise UnfillableError(key[1])
        else:
            possible = (prod(sizes) + 1) // 2
        if any(name in self._parents and self._parents[name].per_cell for name in key):
            self._fit(possible)
        else:
            self._shrink(RecordCount.fixed(min(possible, self._count.small)))
        self._together.append(key)
        return True

    def _sizes(self, key: tuple[str, ...]) -> list[int]:
        """Of each column of the key, how many values it has in a cell."""
        return [self._members[name].capacity or 1 if name in self._members else self._parents[name].count.small for name in key]

    def _among(self, key: tuple[str, ...]) -> bool:
        """Whether the key is a pair of rows of one table, which are to be different."""
        return len(key) == 2 and key[0] in self._parents and self._parents[key[0]] == self._parents.get(key[1])

    def _combined(self) -> dict[str, str]:
        """The columns that are different only together, for the final number of rows in a cell."""
        found: dict[str, str] = {}
        number = self._count.small
        for key in self._together:
            sizes = self._sizes(key)
            if self._among(key):
                call = f"pairs_among(rows, {number}, {sizes[0]}{', mutual=True' if self._mutual else ''})"
            else:
                fixed = [place for place, name in enumerate(key) if name in self._parents and not self._parents[name].per_cell]
                shared = f", shared={tuple(fixed)}" if fixed else ""
                call = f"combinations(rows, {number}, {tuple(sizes)}{shared})"
            for place, name in enumerate(key):
                text = f"{call}[{place}]"
                if name in self._members:
                    found[name] = self._members[name].expression.replace("rows.index", text)
                else:
                    per_cell = self._parents[name].per_cell
                    found[name] = f"cell * {per_cell} + {text}" if per_cell else text
        return found

    def _partner(self, per_cell: int) -> str:
        own = self._count.small
        return "rows.index" if per_cell == own else f"cell * {per_cell} + rows.index % {own}"

    def _expression(self, name: str, plain: Mapping[str, Guess]) -> str:
        if name in plain:
            return plain[name].expression
        parent = self._parents[name]
        if parent.per_cell is None or not self._count.scales:
            return f"rows.skewed({quoted(name)}, {parent.count.small})"
        return f"cell * {parent.per_cell} + rows.skewed({quoted(name)}, {parent.per_cell}, cell)"

    def _by_place(self, name: str) -> str:
        return self._own[name].expression.format(size=self._count.small)

    def _limit(self, capacity: int | None) -> None:
        if capacity is None:
            return
        self._capacity = capacity if self._capacity is None else min(capacity, self._capacity)
        if capacity < self._count.large and self._count.small > CELL:
            self._fit(CELL)
        if capacity < self._count.large:
            self._shrink(RecordCount.fixed(min(capacity, self._count.small)))

    def _fit(self, per_cell: int) -> None:
        """Have no more rows than that in a cell."""
        if self._count.scales:
            self._shrink(_growing(min(per_cell, self._count.small)))
        else:
            self._shrink(RecordCount.fixed(min(per_cell, self._count.small)))

    def _shrink(self, count: RecordCount) -> None:
        self._count = count


def _growing(per_cell: int) -> RecordCount:
    return RecordCount(small=per_cell, medium=10 * per_cell, large=100 * per_cell)
