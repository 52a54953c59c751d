"""From a batch to its rows, and a row as it is stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from django.db import models

from seeding.db.sql import every_row
from seeding.exceptions import SchemaError
from seeding.explanation.provenance import key_texts
from seeding.explanation.results import ExplainedColumn
from seeding.generation.own_tables import own_table
from seeding.models import SeedingMetadata
from seeding.schema.references import column_name

PRODUCTION = "production"


class Standing(StrEnum):
    """Whether a column shows personal data."""

    PLAIN = "plain"
    """It does not hold personal data."""
    MASKED = "masked"
    """It would, but its value is synthetic or masked."""
    WITHHELD = "withheld"
    """It does: the value is not shown here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """Consecutive rows of a batch, with consecutive keys."""

    first: int
    """Index of the first row."""
    count: int
    first_key: int
    ends: tuple[str, str] | None = None
    """The keys of its first and last row where the ledger has made the numbers; empty where they are not shown."""

    @property
    def shown(self) -> tuple[str, str]:
        """The keys of its first and last row, for a person."""
        return (str(self.first_key), str(self.last_key)) if self.ends is None else self.ends

    @property
    def last(self) -> int:
        """The last row's index."""
        return self.first + self.count - 1

    @property
    def last_key(self) -> int:
        """The last row's key."""
        return self.first_key + self.count - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One column of one row."""

    column: str
    value: Any
    standing: Standing
    target: str
    """The table it refers to; empty if none."""
    explained: ExplainedColumn | None = None
    """Where it comes from, if that is known."""


def seeded_tables(using: str) -> list[str]:
    """The tables that the ledger knows, in alphabetical order."""
    tables = SeedingMetadata.objects.using(using).order_by("table_name").values_list("table_name", flat=True)
    return list(tables.distinct())


def ranges_of(entry: SeedingMetadata) -> list[Range]:
    """The rows of the batch, with their keys."""
    ranges = [Range(first=first, count=count, first_key=key) for first, count, key in entry.key_ranges]
    if not entry.key_recipe:
        return ranges
    ends = [index for one in ranges for index in (one.first, one.last)]
    withheld = not _unmasked(entry).isdisjoint(entry.key_columns)
    texts = [""] * len(ends) if withheld else key_texts(entry, ends)
    return [replace(one, ends=(first, last)) for one, first, last in zip(ranges, texts[::2], texts[1::2], strict=True)]


def cells(
    using: str,
    model: type[models.Model],
    key: int,
    entry: SeedingMetadata,
    explained: Mapping[str, ExplainedColumn] = MappingProxyType({}),
) -> list[Cell] | None:
    """The row as currently stored, column by column; None if it no longer exists.

    Personal values that are `explained`, and of which nobody can say that they were generated, are withheld.
    """
    model = own_table(model)  # a parent's columns are personal or not by the parent's seeder
    fields = model._meta.concrete_fields
    rows = every_row(model, using).filter(_is(using, model, key, entry))
    row = rows.values_list(*(field.attname for field in fields)).first()
    if row is None:
        return None
    masked, bare = frozenset(entry.masked_fields), _unmasked(entry)
    is_real = entry.origin == SeedingMetadata.Origin.SOURCE  # then a masked value that nobody can make again is still a mask
    bare |= {
        name
        for name, one in explained.items()
        if one.is_withheld and not (is_real and name in masked and one.is_same is not False)
    }
    return [
        Cell(
            column=name,
            value=None if name in bare else value,
            standing=Standing.WITHHELD if name in bare else Standing.MASKED if name in masked else Standing.PLAIN,
            target=_target(field) if value is not None else "",
            explained=explained.get(name),
        )
        for field, value in zip(fields, row, strict=True)
        for name in [column_name(field)]
    ]


def _is(using: str, model: type[models.Model], key: int, entry: SeedingMetadata) -> models.Q:
    """Finds the row of the batch that has this number."""
    if len(entry.key_columns) < 2 and not entry.key_recipe:
        return models.Q(pk=key)
    from seeding.keys import KeySet  # imported late, as every command loads the admin
    from seeding.ledger.queries import Ledger

    try:
        identity = Ledger(using).identities()[entry.table_name]
    except (SchemaError, LookupError):  # it has another key now
        return models.Q(pk__in=())
    return next(identity.conditions(model, KeySet.of([(key, key)])), models.Q(pk__in=()))


def _target(field: models.Field[Any, Any]) -> str:
    return field.related_model._meta.db_table if isinstance(field, models.ForeignKey) else ""


def _unmasked(entry: SeedingMetadata) -> frozenset[str]:
    """The personal columns of a batch loaded unmasked from a real source, as production permits."""
    if entry.masked_fields or entry.environment != PRODUCTION:
        return frozenset()
    from seeding.generation.registry import Registry  # imported late: it imports every seeder
    from seeding.masking.classification import declared

    return frozenset(declared(entry.table_name, Registry.discover().by_table.get(entry.table_name, ())))
