"""Unique keys of several references and enumerations: no combination of them repeats, by construction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """A column of a combined key, which takes one of `size` values."""

    size: int
    expression: str
    """The first of them in the first row, the second in the second, and so on: over `rows.index`."""
    table: str = ""
    """The table it refers to; empty if it refers to none."""
    grows: bool = False
    """Whether the rows of every cell refer to other rows."""

    def at(self, place: str) -> str:
        """The expression for the values at the places that `place` computes."""
        return self.expression.replace("rows.index", place)


@dataclass(frozen=True, slots=True, kw_only=True)
class CombinedKey:
    """A unique key, or the part of one that differs from row to row."""

    components: Mapping[str, Component]
    mutual: bool = False
    """Whether a row (a, b) comes with a row (b, a)."""

    @property
    def is_pair(self) -> bool:
        """Whether it is of two rows of one table, of which none is combined with itself."""
        tables = [one.table for one in self.components.values()]
        return len(tables) == 2 and tables[0] == tables[1] != ""

    @property
    def possible(self) -> int:
        """How many combinations there are, per cell if one of the components grows."""
        sizes = [one.size for one in self.components.values()]
        return sizes[0] * (sizes[0] - 1) if self.is_pair else prod(sizes)

    @property
    def grows(self) -> bool:
        """Whether every cell has other combinations."""
        return any(one.grows for one in self.components.values())

    def most(self) -> int:
        """How many rows to make of them at most: not all, so that some rows of a parent have many and others none."""
        refers = [one.size for one in self.components.values() if one.table]
        rows = max(min(self.possible, max(refers)), self.possible // 2) if refers else self.possible
        return rows - rows % 2 if self.mutual else rows

    def expressions(self, count: int) -> dict[str, str]:
        """Column → expression; no combination repeats within `count` consecutive rows."""
        sizes = [one.size for one in self.components.values()]
        if self.is_pair:
            made = f"pairs(rows, {count}, {sizes[0]}{', mutual=True' if self.mutual else ''})"
        else:
            common = tuple(place for place, one in enumerate(self.components.values()) if one.table and not one.grows)
            made = f"combinations(rows, {count}, {', '.join(map(str, sizes))}{f', common={common}' if common else ''})"
        return {name: one.at(f"{made}[{place}]") for place, (name, one) in enumerate(self.components.items())}
