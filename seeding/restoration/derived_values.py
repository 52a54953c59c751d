"""Derived columns that are not what their derivations compute now."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import reduce
from operator import or_
from typing import Any

import numpy as np
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BooleanField, F, Func, Q

from seeding.comparison.same_values import is_stored
from seeding.db.sql import every_row
from seeding.generation.seeder_columns import columns_of
from seeding.generation.seeders import BaseSeeder, Condition, Derivation
from seeding.keys import KeySet, union
from seeding.ledger.key_values import NOBODY
from seeding.restoration.beside import Beside
from seeding.restoration.generated_rows import GeneratedRows

Stale = Mapping[str, KeySet]
"""Derived field → the rows in which it is not what is derived now; only fields of which there are any."""


class Differs(Func):
    """Whether two values differ; two nulls do not. Each is computed once."""

    arity = 2
    output_field = BooleanField()
    template = "(%(expressions)s)"
    arg_joiner = " IS NOT "

    def as_mysql(self, compiler: Any, connection: BaseDatabaseWrapper) -> tuple[str, tuple[str | int, ...]]:
        """As MySQL and MariaDB write it."""
        return self.as_sql(compiler, connection, template="NOT (%(expressions)s)", arg_joiner=" <=> ")

    def as_postgresql(self, compiler: Any, connection: BaseDatabaseWrapper) -> tuple[str, tuple[str | int, ...]]:
        """As PostgreSQL writes it."""
        return self.as_sql(compiler, connection, arg_joiner=" IS DISTINCT FROM ")


def stale_rows(rows: GeneratedRows, seeder: BaseSeeder, keys: KeySet) -> Stale:
    """Those of the seeder's rows `keys` in which a derived field is not what is derived now."""
    assert rows.dataset is not None  # the seeder has rows
    model, table = seeder.config.model, rows.there[seeder.config.table_name]
    identity = rows.identity(table.name)
    conditions = list(identity.conditions(model, keys))
    found: dict[str, list[KeySet]] = {}
    for where, values in _together(seeder.derivations(rows.dataset)):
        held = every_row(model, rows.using)
        held = held if where is None else held.filter(where)
        differs = reduce(or_, (Q(Differs(F(name), value)) for name, value in values))
        computed = {f"seeding_computed_{place}": value for place, (_, value) in enumerate(values)}
        for condition in conditions:
            suspects = held.filter(condition).filter(differs).annotate(**computed)
            told = list(suspects.values_list("pk", *(name for name, _ in values), *computed))
            for place, (name, _) in enumerate(values, 1):
                (column,) = columns_of(seeder, [name])
                stale = [one[0] for one in told if not is_stored(one[place + len(values)], one[place], table.columns[column])]
                numbers = np.array(sorted(identity.numbers_of(stale)), np.int64)
                found.setdefault(name, []).append(KeySet.holding(numbers[numbers != NOBODY]))
    return _merged(found)


def begin(beside: Beside, seeder: BaseSeeder, keys: KeySet) -> Callable[[], Stale]:
    """Start to look at these rows of the seeder, beside others; returns what waits for the stale ones."""
    return beside.begin(lambda rows: stale_rows(rows, seeder, keys))


def halved(rows: GeneratedRows, beside: Beside, seeder: BaseSeeder, keys: KeySet) -> Stale:
    """The stale ones of these rows, half of which are looked at beside the others."""
    if not beside.is_there:
        return stale_rows(rows, seeder, keys)
    half = keys.lowest(len(keys) // 2)
    waiting = begin(beside, seeder, keys - half)
    parts = stale_rows(rows, seeder, half), waiting()
    return _merged({name: [one[name] for one in parts if name in one] for name in {**parts[0], **parts[1]}})


def _together(derivations: Sequence[Derivation]) -> Iterator[tuple[Condition, list[tuple[str, Any]]]]:
    """Field and expression of all derived values, those of the same rows together: each compares with what is stored."""
    of_all = [one for derivation in derivations if derivation.where is None for one in derivation.values.items()]
    if of_all:
        yield None, of_all
    for derivation in derivations:
        if derivation.where is not None:
            yield derivation.where, list(derivation.values.items())


def _merged(found: Mapping[str, Sequence[KeySet]]) -> Stale:
    together = {name: union(ones) for name, ones in found.items()}
    return {name: ones for name, ones in together.items() if ones}
