"""The columns of a table as the rules of consistency see them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from seeding.guessing.columns import sounds
from seeding.masking import name_words
from seeding.schema.tables import ColumnSchema, Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One table's columns, and the expressions that fill them; these change as rules are applied."""

    columns: Mapping[str, ColumnSchema]
    expressions: dict[str, str]
    members: Mapping[str, Mapping[str | int, str]]
    """Column → its choices → their labels."""
    keep: frozenset[str]
    """Columns whose expressions stay: references, and what is unique."""
    empty: frozenset[str]
    """Columns that are left empty, and that a rule may fill."""

    def filled(self, *kinds: Kind) -> Iterator[str]:
        """The columns of these kinds that a rule may read."""
        return (name for name in self.expressions if name in self.columns and self.columns[name].kind in kinds)

    def open(self, *kinds: Kind) -> Iterator[str]:
        """The columns of these kinds that a rule may write."""
        return (name for name in self.filled(*kinds) if name not in self.keep)

    def named(self, words: str, *kinds: Kind) -> str | None:
        """The first column of these kinds whose whole name is one of the runs of words; else None."""
        found = {" ".join(name_words(name)): name for name in self.filled(*kinds)}
        return next((found[one] for one in words.split("|") if one in found), None)

    def sounding(self, words: str, among: Collection[str]) -> Iterator[str]:
        """The columns of `among` in whose names one of the runs of words is."""
        return (name for name in among if sounds(name, words))
