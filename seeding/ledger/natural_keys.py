"""Real rows that hold the natural key of a planned row, as the database compares it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import compress
from operator import and_, or_
from typing import Any

import numpy as np
import polars as pl
from django.db import models
from django.db.models.lookups import In

from seeding.arrays import Integers
from seeding.db.sql import every_row
from seeding.exceptions import SchemaError
from seeding.generation.seeders import BaseSeeder
from seeding.keys import KeyMap
from seeding.ledger.key_values import LARGEST
from seeding.ledger.row_identity import RowIdentity
from seeding.schema.equality import PLAIN, Equality, Rule
from seeding.schema.references import attributes

Values = tuple[Any, ...]
"""Of a natural key, in the order of its columns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A real row that holds the natural key of a planned one."""

    row: int
    """The planned row's index."""
    key: Any
    """The real row's primary key."""
    exact: bool
    """Whether both are written alike."""


class NaturalKeys:
    """Looks up the rows of one database (an alias of DATABASES)."""

    def __init__(self, using: str, equality: Equality) -> None:
        self._using = using
        self._equality = equality

    def matches(self, seeder: BaseSeeder, index: Integers, wanted: pl.DataFrame) -> Iterator[Match]:
        """The rows that hold the natural keys `wanted` for the rows `index`.

        Nobody holds a key that is null in part, or that the columns cannot hold.
        """
        table, columns = seeder.config.table_name, wanted.columns
        named = wanted.select(pl.all_horizontal(pl.all().is_not_null())).to_series() & self._equality.fits(table, wanted)
        rows = self._equality.stored(table, columns, wanted.filter(named).iter_rows())
        planned = dict(zip(index[named.to_numpy()].tolist(), rows, strict=True))
        if not planned:
            return
        found = self._compared(seeder, planned, (PLAIN,) * wanted.width)
        yield from found
        if len({one.row for one in found if one.exact}) < len(planned):
            for rule in self._equality.coarser(table, columns):
                yield from self._compared(seeder, planned, rule)

    def _compared(self, seeder: BaseSeeder, planned: Mapping[int, Values], rule: Rule) -> list[Match]:
        """The real rows that hold the natural keys of the `planned` rows, compared by the `rule`."""
        real = self._real_rows(seeder, list(planned.values()), rule)
        rows: dict[Values, int] = {}
        for row, values in planned.items():
            rows.setdefault(values, row)
        matches = [Match(row=rows[values], key=key, exact=True) for key, values in real if values in rows]
        others = [(key, values) for key, values in real if values not in rows]
        if not others:
            return matches
        numbers = []
        for place, (column, one) in enumerate(zip(seeder.config.natural_key, rule, strict=True)):
            held = [values[place] for values in (*rows, *(values for _, values in others))]
            texts = [value for value in held if isinstance(value, str)]
            numbers.append(self._equality.numbers(seeder.config.table_name, column, texts, one))

        def numbered(values: Values) -> Values:
            return tuple(of.get(value, value) for of, value in zip(numbers, values, strict=True))

        alike: dict[Values, list[int]] = defaultdict(list)
        for row, values in planned.items():
            alike[numbered(values)].append(row)
        return matches + [
            Match(row=row, key=key, exact=False) for key, values in others for row in alike.get(numbered(values), ())
        ]

    def _real_rows(self, seeder: BaseSeeder, wanted: Sequence[Values], rule: Rule) -> list[tuple[Any, Values]]:
        """Primary key and natural key of the rows that hold `wanted` values."""
        model = seeder.config.model
        names = [attributes(model)[column] for column in seeder.config.natural_key]
        if len(names) == 1:
            condition = _holds(names[0], rule[0], [value for (value,) in wanted])
        else:
            rows = ([_holds(name, one, [value]) for name, one, value in zip(names, rule, row, strict=True)] for row in wanted)
            condition = reduce(or_, (reduce(and_, row) for row in rows))
        found = list(every_row(model, self._using).filter(condition).values_list("pk", *names))
        stored = self._equality.stored(seeder.config.table_name, seeder.config.natural_key, (values for _, *values in found))
        return list(zip((key for key, *_ in found), stored, strict=True))


def _holds(name: str, rule: str, values: Sequence[Any]) -> models.Q:
    """True for rows whose field holds one of the values, compared by the rule."""
    if rule == PLAIN:
        return models.Q(**{f"{name}__in": values})
    template = rule.replace("%", "%%%%").replace(PLAIN, "%(expressions)s", 1)  # filled in twice: by Func, and by the driver
    given = [models.Func(models.Value(value), template=template) for value in values]
    return models.Q(In(models.Func(models.F(name), template=template), given))


def chosen(matches: Iterable[Match]) -> dict[int, Any]:
    """Row index → primary key of the real row that it adopts.

    A row that is written alike goes first. A real row that several planned ones match, none of them exactly, stays alone.
    """
    owners: dict[Any, int] = {}
    claims: dict[Any, set[int]] = defaultdict(set)
    for one in matches:
        if one.exact:
            owners.setdefault(one.key, one.row)
        else:
            claims[one.key].add(one.row)
    found: dict[int, Any] = {}
    for key in sorted(owners):
        found.setdefault(owners[key], key)
    exact = set(found)
    for key in sorted(claims.keys() - owners.keys()):
        if len(claimants := claims[key] - exact) == 1:
            found.setdefault(claimants.pop(), key)
    return found


def of_others(found: Sequence[Match], own: KeyMap, identity: RowIdentity | None) -> Iterator[Match]:
    """Without a seeder's `own` rows, made for other indexes: a planned row that was rejected beside one of them is nowhere."""
    keys = [one.key for one in found]
    numbers = keys if identity is None else identity.numbers_of(keys)
    made = own.key_set().has(np.array([min(one, LARGEST) for one in numbers], np.int64))
    return compress(found, ~made)


def key_map(seeder: BaseSeeder, found: Mapping[int, int]) -> KeyMap:
    """Row index → primary key of real rows, which are integers; raises SchemaError for one that is too large."""
    if found and max(found.values()) > LARGEST:
        raise SchemaError(
            f"{seeder.config.table_name} has a row under a natural key of {seeder.name} whose primary key is above "
            f"{LARGEST:,}: give it a smaller one, or leave the table out."
        )
    return KeyMap.of((row, 1, key) for row, key in sorted(found.items()))
