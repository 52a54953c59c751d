"""How seeded and real values of a table's columns are distributed, side by side; never of a column that may be personal."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from django.db import models

from seeding.db.sql import every_row
from seeding.keys import KeySet
from seeding.ledger.queries import Ledger
from seeding.masking.detection import detect_name
from seeding.models import SeedingMetadata
from seeding.schema.references import column_name, references

SAMPLE = 2_000
"""The most rows of each kind that are read."""
BINS = 10
VALUES = 8
"""The most values of a column of few that are told apart."""
FEW = 24
"""A column of texts with more values than these, or than half of the rows, in the sample is not one of few."""
MOST_PIECES = 4
"""Real rows are not looked for beside more conditions than these."""
NUMBERS = (models.IntegerField, models.DecimalField, models.FloatField, models.DateField)


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A value, or a range of them, and how many of the rows have it, from 0 to 1."""

    value: str
    seeded: float
    real: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """One column."""

    column: str
    shares: Sequence[Share]


@dataclass(frozen=True, slots=True, kw_only=True)
class Distributions:
    """The columns of one table, as far as they can be shown."""

    seeded: int
    """Seeded rows that were looked at."""
    real: int | None
    """Real ones; None if they cannot be told apart quickly."""
    columns: Sequence[Distribution]
    withheld: Sequence[str]
    """Columns that may be personal."""


def distributions(using: str, model: type[models.Model], personal: Iterable[str]) -> Distributions:
    """A sample of the table's rows, counted by value; `personal` columns and those whose names sound so are left out."""
    withheld = {name for field in model._meta.local_concrete_fields if detect_name(name := column_name(field))}.union(personal)
    fields = [field for field in model._meta.local_concrete_fields if _can_be_shown(model, field, withheld)]
    entries = SeedingMetadata.objects.using(using).filter(table_name=model._meta.db_table, live=True)
    seeded, real = _samples(using, model, entries.key_set(), [field.attname for field in fields])
    columns = [
        Distribution(column=column_name(field), shares=shares)
        for place, field in enumerate(fields)
        if (shares := _shares(field, [row[place] for row in seeded], [row[place] for row in real or ()]))
    ]
    return Distributions(
        seeded=len(seeded), real=None if real is None else len(real), columns=columns, withheld=sorted(withheld)
    )


def _can_be_shown(model: type[models.Model], field: models.Field[Any, Any], withheld: Iterable[str]) -> bool:
    name = column_name(field)
    if field.primary_key or field.unique or name in withheld or name in {one.column for one in references(model)}:
        return False
    return isinstance(field, (*NUMBERS, models.BooleanField, models.CharField))


def _samples(using: str, model: type[models.Model], keys: KeySet, names: Sequence[str]) -> tuple[list[Any], list[Any] | None]:
    """Values of seeded rows, and of real ones."""
    rows, identity = every_row(model, using), Ledger(using).identities().get(model._meta.db_table)
    conditions = list(keys.conditions() if identity is None else identity.conditions(model, keys))
    seeded: list[Any] = []
    for condition in conditions:
        if len(seeded) < SAMPLE:
            seeded += rows.filter(condition).values_list(*names)[: SAMPLE - len(seeded)]
    if len(conditions) > MOST_PIECES:
        return seeded, None
    for condition in conditions:
        rows = rows.exclude(condition)
    return seeded, list(rows.values_list(*names)[:SAMPLE])


def _shares(field: models.Field[Any, Any], seeded: Sequence[Any], real: Sequence[Any]) -> list[Share]:
    if isinstance(field, NUMBERS):
        return _histogram(field, seeded, real)
    counted = Counter(map(_told, (*seeded, *real)))
    if len(counted) > FEW or len(counted) * 2 > len(seeded) + len(real):
        return []
    named = [value for value, _ in counted.most_common(VALUES)]
    return [_share(value, [_told(one) == value for one in seeded], [_told(one) == value for one in real]) for value in named]


def _histogram(field: models.Field[Any, Any], seeded: Sequence[Any], real: Sequence[Any]) -> list[Share]:
    ours, theirs = ([_number(one) for one in values if one is not None] for values in (seeded, real))
    both = [one for one in (*ours, *theirs) if math.isfinite(one)]
    if not both:
        return []
    low, high = min(both), max(both)
    if low == high:
        return [_share(_shown(field, low), [True] * len(ours), [True] * len(theirs))]
    width = (high - low) / BINS
    found = []
    for number in range(BINS):
        first, last = low + number * width, low + (number + 1) * width
        is_last = number == BINS - 1

        def within(values: Iterable[float], first: float = first, last: float = last, *, whole: bool = is_last) -> list[bool]:
            return [first <= one < last or (whole and one == high) for one in values]

        found.append(_share(f"{_shown(field, first)} to {_shown(field, last)}", within(ours), within(theirs)))
    return found


def _share(value: str, seeded: Sequence[bool], real: Sequence[bool]) -> Share:
    return Share(
        value=value,
        seeded=sum(seeded) / len(seeded) if seeded else 0.0,
        real=sum(real) / len(real) if real else 0.0,
    )


def _number(value: Any) -> float:
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime.combine(value, time(), UTC)
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).timestamp()
    return float(value) if isinstance(value, (int, float, Decimal)) else math.nan


def _shown(field: models.Field[Any, Any], number: float) -> str:
    if isinstance(field, models.DateField):
        return f"{datetime.fromtimestamp(number, UTC):%Y-%m-%d}"
    return f"{number:,.0f}" if abs(number) >= BINS or number == int(number) else f"{number:,.2f}"


def _told(value: Any) -> str:
    return "null" if value is None else str(value)


def personal_columns(using: str, table: str, classified: Mapping[str, Iterable[str]]) -> set[str]:
    """The columns of a table that its seeders or the ledger call personal."""
    lists = SeedingMetadata.objects.using(using).filter(table_name=table).values_list("masked_fields", flat=True)
    return {column for columns in lists for column in columns}.union(classified.get(table, ()))
