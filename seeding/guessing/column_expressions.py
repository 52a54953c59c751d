"""Expressions for all columns of a table, which respect its references and unique keys."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from seeding.exceptions import SchemaError
from seeding.generation.seeders import RecordCount
from seeding.generation.value_rules.families import RowsPerParent
from seeding.generation.value_rules.profile_rules import ProfileRules
from seeding.guessing.columns import Guess, guess, quoted
from seeding.guessing.references.combined_keys import CombinedKey, Component
from seeding.guessing.shaped import Shaped
from seeding.schema.tables import ColumnSchema, Kind

CELL = 10
"""Rows of a table that belong together: references stay within a cell, so growing the dataset changes no existing row."""
MOST = 40
"""The most rows per cell of a table whose rows need those of another one: twice as many as that has."""
FILLED = 0.85
"""The share of rows that have an optional reference."""
PARENT = "nodes.parent"
OWN_PARENT = "nodes.parent.fill_null(pl.Series(rows.index))"
"""References of a table to itself; where every row must have one, a root is its own parent."""
EMPTY = "pl.repeat(None, len(rows), eager=True)"
SMALL = 50
"""The most values of a column that counts as an enumeration."""
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
        """Rows per cell; None if the table does not grow with the others, or by another table's rows."""
        count = self.count
        if isinstance(count, RowsPerParent):
            return None
        grows = count.scales and (count.medium, count.large) == (10 * count.small, 100 * count.small)
        return count.small if grows else None


class UnfillableError(Exception):
    """No expression suits a column."""

    def __init__(self, column: str) -> None:
        super().__init__(column)
        self.column = column


class Filling:
    """Expressions for the columns of one table.

    `own` are references to the table itself. `guessed` returns how to fill a column, with another value in every row if its
    second argument says so; None if nothing suits. `few` are columns of few values, and `whole` optional references that no
    row leaves empty. `mutual` is the table of a symmetrical ManyToManyField: each of its pairs is there both ways. `shaped` is
    what a profile wants.
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
        whole: Collection[str] = (),
        mutual: bool = False,
        shaped: Shaped | None = None,
    ) -> None:
        self._columns = columns
        self._parents = parents
        self._own = own
        self._guessed = guessed or (lambda column, distinct: guess(column, label, distinct=distinct))
        self._few = few
        self._whole = {*whole}
        self._mutual = mutual
        self._shaped = shaped or Shaped(ProfileRules(), "")
        needed = [one.per_cell or 0 for name, one in parents.items() if name in columns and not columns[name].nullable]
        self._count = cells(self._shaped.cell or max(CELL, min(MOST, 2 * max(needed, default=0))))
        self._distinct: dict[str, str] = {}
        self._combined: list[CombinedKey] = []
        self._one_to_one: dict[str, int] = {}
        """Column → rows of its parent per cell, each referred to by one row."""
        self._capacity: int | None = None

    def fill(self, unique: Sequence[tuple[str, ...]]) -> tuple[dict[str, str], RecordCount, int | None]:
        """Returns column → expression, the record count, and the capacity (None without a limit).

        Raises UnfillableError for a column that nothing suits.
        """
        plain = {name: self._guess(name) for name in self._columns if name not in self._parents}
        for key in filter(None, map(self._left_to_guess, unique)):
            self._whole.update(key)
            if self._distinct.keys() & set(key) or any(one.components.keys() <= set(key) for one in self._combined):
                continue
            if already := next((name for name in key if name in plain and plain[name].distinct), None):
                self._distinct[already] = plain[already].expression
                self._limit(plain[already].capacity)
            elif together := self._combination(key):
                self._combine(together)
            else:
                self._make_distinct(min(key, key=self._rank))
            self._distinct |= {name: self._partner(per_cell) for name, per_cell in self._one_to_one.items()}
        for made in plain.values():
            self._limit(made.capacity)
        combined = [one for one in self._combined if not one.components.keys() & self._distinct.keys()]
        if any(one.mutual for one in combined) and self._count.small % 2:
            self._shrink(self._count.small - 1)
        found = {name: text for one in combined for name, text in one.expressions(self._count.small).items()} | self._distinct
        expressions = {name: found.get(name) or self._expression(name, plain) for name in self._columns}
        if per := self._shaped.per:
            above = self._parents[per].count
            expressions = {name: self._shaped.in_cells(text, above) for name, text in expressions.items()}
        return expressions, self._count, self._capacity

    def _left_to_guess(self, key: tuple[str, ...]) -> tuple[str, ...]:
        """The columns of a unique key of which one must differ, because the profile does not decide what is in them."""
        left = tuple(name for name in key if name not in self._shaped.ruled or self._guess(name).distinct)
        free = [name for name in left if name != self._shaped.per]
        if not free:
            raise SchemaError(f"{' and '.join(key)} are unique together, and the profile leaves none of them to differ.")
        if self._shaped.per not in key:
            return left
        left = tuple(name for name in left if name != self._shaped.per)
        if len(left) != 1 or left[0] not in self._parents:
            return left
        place = self._reference(left[0])
        if self._shaped.most is None or self._shaped.most > place.size:
            raise SchemaError(
                f"{self._shaped.per} and {left[0]} are unique together, and there are {place.size} rows of {place.table} to "
                "refer to: let `per` give a parent at most as many rows."
            )
        self._distinct[left[0]] = place.at(f"siblings(rows, {quoted(left[0])}, {place.size})")
        return ()

    def _guess(self, name: str, *, distinct: bool = False) -> Guess:
        if name in self._own:
            return Guess(expression=PARENT if self._columns[name].nullable else OWN_PARENT)
        made = self._guessed(self._columns[name], distinct)
        if made is None:
            raise UnfillableError(name)
        return made

    def _rank(self, name: str) -> tuple[int, str]:
        column = self._columns[name]
        if column.values or name in self._few:
            return len(PREFERENCE) * 10, name
        if name in self._own and column.nullable:
            return len(PREFERENCE) * 100, name
        if name in self._parents or name in self._own:
            return 15, name
        short = column.kind is Kind.TEXT and column.length is not None and column.length < 6
        best = PREFERENCE.index(column.kind) if column.kind in PREFERENCE else len(PREFERENCE)
        return best * 10 + (16 if short else 0), name

    def _combination(self, key: tuple[str, ...]) -> CombinedKey | None:
        """The columns of the key to combine; None if one of them is better made distinct."""
        taken = {name for one in self._combined for name in one.components}
        names = [name for name in key if name not in taken and name not in self._own]
        parts = {name: self._reference(name) for name in names if name in self._parents}
        found = CombinedKey(components=parts, mutual=self._mutual)
        if len(parts) > 1 and found.most() >= self._count.small:
            return found
        small = {name: one for name in names if name not in self._parents and (one := self._enumeration(name))}
        found = CombinedKey(components=parts | small, mutual=self._mutual)
        return found if 1 < len(found.components) == len(key) and found.possible else None

    def _reference(self, name: str) -> Component:
        parent = self._parents[name]
        if parent.per_cell is None or not self._count.scales:
            return Component(size=parent.count.small, expression="rows.index", table=parent.dependency)
        expression = f"cell * {parent.per_cell} + rows.index"
        return Component(size=parent.per_cell, expression=expression, table=parent.dependency, grows=True)

    def _enumeration(self, name: str) -> Component | None:
        """The column as one of few values; None if it has many."""
        made = self._guessed(self._columns[name], True)
        if made is None or made.capacity is None or made.capacity > SMALL or "rows.index" not in made.expression:
            return None
        return Component(size=made.capacity, expression=made.expression)

    def _combine(self, key: CombinedKey) -> None:
        self._combined.append(key)
        if key.grows:
            self._shrink(min(key.most(), self._count.small))
        elif self._parents.keys() & key.components.keys():
            self._fix(key.most())
        else:
            self._limit(key.possible)

    def _make_distinct(self, name: str) -> None:
        if name in self._own:
            self._distinct[name] = EMPTY if self._columns[name].nullable else "rows.index"
        elif name in self._parents:
            per_cell, count = self._parents[name].per_cell, self._parents[name].count
            if per_cell is None:
                self._fix(count.small)
            else:
                self._shrink(min(per_cell, self._count.small))
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
        parent = self._reference(name)
        if told := self._shaped.reference(name, parent, self._parents[name].count):
            return told
        if isinstance(count := self._parents[name].count, RowsPerParent):
            tables, per_cell = count.lineage
            drawn = f"member_of(rows, {quoted(name)}, {list(tables)}, cell, {per_cell})"
            return drawn if not self._columns[name].nullable or name in self._whole else f"only({drawn}{_mostly(name)}"
        drawn = parent.at(f"rows.skewed({quoted(name)}, {parent.size}{', cell' if parent.grows else ''})")
        if not self._columns[name].nullable or name in self._whole:
            return drawn
        return f"only({drawn}{_mostly(name)}"

    def _limit(self, capacity: int | None) -> None:
        if capacity is None:
            return
        self._capacity = capacity if self._capacity is None else min(capacity, self._capacity)
        if capacity < self._count.large and (self._count.small <= CELL or capacity < cells(CELL).large):
            self._fix(capacity)
        elif capacity < self._count.large:
            self._shrink(CELL)

    def _shrink(self, small: int) -> None:
        """Make so many rows per cell."""
        self._count = cells(small) if self._count.scales else RecordCount.fixed(small)

    def _fix(self, most: int) -> None:
        """Make a number of rows that does not grow."""
        self._count = RecordCount.fixed(min(most, self._count.small))


def always(name: str, expression: str) -> str:
    """The expression of an optional reference that no row leaves empty; empty if it is none that some rows leave empty."""
    drawn = expression.removeprefix("only(").removesuffix(_mostly(name))
    return drawn if f"only({drawn}{_mostly(name)}" == expression else ""


def _mostly(name: str) -> str:
    return f", rows.chance({quoted(f'{name}/filled')}, {FILLED}))"


def cells(small: int) -> RecordCount:
    """The rows of a table that has so many per cell."""
    return RecordCount(small=small, medium=10 * small, large=100 * small)
