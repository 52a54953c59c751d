"""From a row to the batch that inserted it, and from a batch to its rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.apps import apps
from django.db import models

from seeding.exceptions import SchemaError
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
class Provenance:
    """Where a row comes from."""

    entry: SeedingMetadata
    """The batch that inserted it, with its run."""
    index: int
    """Row index, of which its values are a function."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """Consecutive rows of a batch, with consecutive keys."""

    first: int
    """Index of the first row."""
    count: int
    first_key: int

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


def seeded_tables(using: str) -> list[str]:
    """The tables that the ledger knows, in alphabetical order."""
    tables = SeedingMetadata.objects.using(using).order_by("table_name").values_list("table_name", flat=True)
    return list(tables.distinct())


def provenance(using: str, table: str, key: int) -> Provenance | None:
    """The origin of the row with that primary key: live batches before rolled-back ones, the latest first.

    None for a row that was not seeded. Reads the key ranges of the table's entries page by page.
    """
    entries = SeedingMetadata.objects.using(using).filter(table_name=table)
    for state in (entries.filter(live=True), entries.filter(live=None)):
        for pk, ranges in state.order_by("-pk").values_list("pk", "key_ranges").iterator():
            index = index_of(ranges, key)
            if index is not None:
                entry = entries.select_related("run", "rolled_back_in").get(pk=pk)
                return Provenance(entry=entry, index=index)
    return None


def index_of(ranges: Iterable[Sequence[int]], key: int) -> int | None:
    """The row index of a primary key in ranges [first index, count, first key]; None if no range contains it."""
    return next((first + key - start for first, count, start in ranges if start <= key < start + count), None)


def ranges_of(entry: SeedingMetadata) -> list[Range]:
    """The rows of the batch, with their keys."""
    return [Range(first=first, count=count, first_key=key) for first, count, key in entry.key_ranges]


def model_of(table: str) -> type[models.Model] | None:
    """The model of the table; None if it has none."""
    return next((model for model in apps.get_models() if model._meta.db_table == table), None)


def cells(using: str, model: type[models.Model], key: int, entry: SeedingMetadata) -> list[Cell] | None:
    """The row as currently stored, column by column; None if it no longer exists."""
    fields = model._meta.concrete_fields
    rows = model._base_manager.using(using).filter(_is(using, model, key, entry))
    row = rows.values_list(*(field.attname for field in fields)).first()
    if row is None:
        return None
    masked, bare = frozenset(entry.masked_fields), _unmasked(entry)
    return [
        Cell(
            column=name,
            value=None if name in bare else value,
            standing=Standing.WITHHELD if name in bare else Standing.MASKED if name in masked else Standing.PLAIN,
            target=_target(field) if value is not None else "",
        )
        for field, value in zip(fields, row, strict=True)
        for name in [column_name(field)]
    ]


def _is(using: str, model: type[models.Model], key: int, entry: SeedingMetadata) -> models.Q:
    """Finds the row of the batch that has this number."""
    if entry.key_values is None and not entry.key_recipe:
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

    seeders = Registry.discover().by_table.get(entry.table_name, ())
    return frozenset(column for seeder in seeders for column in seeder.config.pii_fields)
