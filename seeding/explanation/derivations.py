"""What the derived columns of a row would be if they were computed now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from seeding.db.sql import every_row
from seeding.explanation.context import RowContext
from seeding.generation.seeder_columns import columns_of

MARK = "seeding_computed_{}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DerivedNow:
    """What a derived column would be."""

    value: tuple[Any, ...] = ()
    """The value; empty where no derivation is for the row, or one cannot be computed."""
    reads: tuple[str, ...] = ()
    """The tables that it is derived from."""
    lacking: tuple[str, ...] = ()
    """Those of them that are gone."""


def derived_now(context: RowContext) -> Mapping[str, DerivedNow]:
    """Derived column → what it would be. A derivation sees the row as it is stored. One query per derivation."""
    seeder, dataset, found = context.seeder, context.dataset, dict[str, DerivedNow]()
    if seeder is None or dataset is None:
        return found
    condition = next(context.identity.conditions(seeder.config.model, context.numbers), Q(pk__in=()))
    for derivation in seeder.derivations(dataset):
        names = [next(iter(columns_of(seeder, [field])), field) for field in derivation.values]
        lacking = tuple(sorted(set(derivation.reads) - context.there.keys()))
        computed = None
        if not lacking:
            rows = every_row(seeder.config.model, context.using).filter(condition)
            rows = rows if derivation.where is None else rows.filter(derivation.where)
            marks = {MARK.format(number): value for number, value in enumerate(derivation.values.values())}
            computed = rows.annotate(**marks).values_list(*marks).first()
        for number, name in enumerate(names):
            before = found.get(name, DerivedNow())
            value = before.value if computed is None else (computed[number],)
            found[name] = DerivedNow(value=value, reads=derivation.reads, lacking=lacking)
    return found
