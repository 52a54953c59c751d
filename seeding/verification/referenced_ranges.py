"""Ranges of keys: which ones references hold, and whether those have a row each. Many are looked at in one statement."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.db.models import BigIntegerField, Count, Max, Min, Value
from django.db.models.functions import Cast

from seeding.db.sql import Figures, aggregates, counts, every_row
from seeding.keys import KeySet
from seeding.ledger.key_values import LARGEST
from seeding.schema.references import Reference, attributes

FEW = 5_000
"""Rows that are looked at together with those of other tables: no statement takes long."""
Rows = models.QuerySet[Any]


@dataclass(frozen=True, slots=True)
class Bounds:
    """How often a reference names a row, and the lowest and the highest key that it holds, if these are integers."""

    count: int
    low: Any = None
    high: Any = None


class CompleteRanges:
    """Whether tables have a row under every key of a range; what was seen in one look is not asked again.

    `repeating` are the tables in which several rows may have one number. It is for one verification: rows may go later.
    """

    def __init__(self, using: str, repeating: Collection[str] = ()) -> None:
        self._using = using
        self._repeating = repeating
        self._seen: dict[str, KeySet] = defaultdict(KeySet.of)

    def has_all(self, target: type[models.Model], low: Any, high: Any) -> bool:
        """Whether the target has a row for every key from `low` to `high`, which are integers."""
        if not _fits(low, high):
            return False
        table, wanted = target._meta.db_table, KeySet.of([(low, high)])
        if len(wanted & self._seen[table]) == len(wanted):
            return True
        rows = self._rows(target, low, high)
        found = rows.values("pk").distinct().count() if table in self._repeating else rows.count()
        if found == len(wanted):
            self._seen[table] |= wanted
        return bool(found == len(wanted))

    def look(self, ranges: Iterable[tuple[type[models.Model], Any, Any]]) -> None:
        """Look at many ranges (target, lowest, highest key) at once; those of which rows are missing stay to be asked for."""
        wanted: dict[type[models.Model], list[tuple[int, int]]] = defaultdict(list)
        for target, low, high in ranges:
            if _fits(low, high) and high - low < FEW and target._meta.db_table not in self._repeating:
                wanted[target].append((low, high))
        each = [(target, *one) for target, found in wanted.items() for one in KeySet.of(found).ranges]
        for (target, low, high), count in zip(each, counts([self._rows(*one) for one in each]), strict=True):
            if count == high - low + 1:
                self._seen[target._meta.db_table] |= KeySet.of([(low, high)])

    def _rows(self, target: type[models.Model], low: int, high: int) -> Rows:
        return every_row(target, self._using).filter(pk__gte=low, pk__lte=high)


def bounds_in(rows: Rows, references: Iterable[Reference]) -> Mapping[Reference, Bounds]:
    """What references of the rows hold, each in a column of its own: one look at every row."""
    named, wanted = attributes(rows.model), dict[str, models.Aggregate]()
    for place, one in enumerate(references):
        only = models.Q(**applying(one, named)) if one.when else None
        wanted |= {
            f"{name}_{place}": aggregate(named[one.column], filter=only)
            for name, aggregate in (("count", Count), ("low", Min), ("high", Max))
            if name == "count" or _is_counted(one)
        }
    found = rows.aggregate(**wanted)
    return {
        one: Bounds(found[f"count_{place}"], found.get(f"low_{place}"), found.get(f"high_{place}"))
        for place, one in enumerate(references)
    }


def bounds_of_all(each: Sequence[tuple[Rows, Reference]]) -> list[Bounds]:
    """What references of few rows hold, each in a column of its own, for many tables in one statement."""
    return [Bounds(*found) for found in aggregates([_figures(rows, one) for rows, one in each])]


def applying(reference: Reference, attributes: Mapping[str, str]) -> dict[str, str]:
    """A filter on the rows to which the reference applies."""
    return {attributes[reference.when[0]]: reference.when[1]} if reference.when else {}


def _figures(rows: Rows, reference: Reference) -> Figures:
    named = attributes(rows.model)
    column, none = named[reference.column], Cast(Value(None), BigIntegerField())
    bounds = (Min(column), Max(column)) if _is_counted(reference) else (none, none)
    return rows.filter(**applying(reference, named)), (Count(column), *bounds)


def _is_counted(reference: Reference) -> bool:
    """Whether it holds integers that a query takes as a range of keys."""
    return reference.by is None and isinstance(reference.target._meta.pk, models.IntegerField)


def _fits(low: int, high: int) -> bool:
    """Whether the range fits into a set of keys: what somebody has written need not."""
    return max(-low, high, high - low) < LARGEST
