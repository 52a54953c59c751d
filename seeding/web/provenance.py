"""From a row to the batch that inserted it, and from a batch to its rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import models

from seeding.exceptions import SchemaError
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
class Provenance:
    """Where a row comes from."""

    entry: SeedingMetadata
    """The batch that inserted it, with its run."""
    index: int
    """Row index, of which its values are a function."""

    @property
    def number(self) -> int:
        """By which the ledger counts the row: its primary key, unless it has another one."""
        ranges: Iterable[Sequence[int]] = self.entry.key_ranges
        return next(key + self.index - first for first, count, key in ranges if first <= self.index < first + count)

    @property
    def single_key(self) -> str:
        """The row's primary key, by which other pages find it; empty if it has several columns."""
        if self.entry.key_recipe:
            return key_texts(self.entry, [self.index])[0] if len(self.entry.key_columns) == 1 else ""
        return str(self.number) if len(self.entry.key_columns) < 2 else ""


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


def seeded_tables(using: str) -> list[str]:
    """The tables that the ledger knows, in alphabetical order."""
    tables = SeedingMetadata.objects.using(using).order_by("table_name").values_list("table_name", flat=True)
    return list(tables.distinct())


def provenance(using: str, table: str, key: int | str) -> Provenance | None:
    """The origin of the row with that primary key: live batches before rolled-back ones, the latest first.

    The columns of a key are separated by commas. None for a row that was not seeded. Reads the keys of the table's entries page
    by page.
    """
    entries = SeedingMetadata.objects.using(using).filter(table_name=table).select_related("run", "rolled_back_in")
    number = int(key) if str(key).removeprefix("-").isdecimal() else None
    for state in (entries.filter(live=True), entries.filter(live=None)):
        for pk, ranges, recipe in state.order_by("-pk").values_list("pk", "key_ranges", "key_recipe").iterator():
            if recipe:
                index = _index_of_text(entries.get(pk=pk), str(key))
            else:
                index = None if number is None else index_of(ranges, number)
            if index is not None:
                return Provenance(entry=entries.get(pk=pk), index=index)
    return None


def _index_of_text(entry: SeedingMetadata, key: str) -> int | None:
    """The row index of a primary key that the ledger holds; None if it holds none that is written so or alike."""
    from seeding.ledger.key_values import spelling

    index = entry.key_map.pairs()[0].tolist()
    texts = key_texts(entry, index)
    if key in texts:
        return int(index[texts.index(key)])
    alike = spelling(key)
    return next((int(one) for one, text in zip(index, texts, strict=True) if spelling(text) == alike), None)


def key_texts(entry: SeedingMetadata, index: Sequence[int]) -> list[str]:
    """The primary keys of some of the batch's rows, of which the ledger has made the numbers; empty if they cannot be told."""
    import numpy as np  # imported late, as every command loads the admin

    from seeding.ledger.key_recipes import VALUES, keys_of
    from seeding.ledger.row_identity import parts

    try:
        if entry.key_recipe != VALUES:
            digits = keys_of(entry.key_recipe, entry.run.seed, entry.seeder_name, np.array(index, dtype=np.int64))
            return [str(UUID(one)) for one in digits]
        held = parts(entry.key_values or {}, entry.key_map)
    except SchemaError:  # of a later release
        return [""] * len(index)
    columns = [held[name] for name in entry.key_columns]  # a server may order what JSON holds by itself
    texts = dict(zip(entry.key_map.pairs()[0].tolist(), zip(*columns, strict=True), strict=True))
    return [", ".join(map(str, texts[one])) for one in index]


def index_of(ranges: Iterable[Sequence[int]], key: int) -> int | None:
    """The row index of a primary key in ranges [first index, count, first key]; None if no range contains it."""
    return next((first + key - start for first, count, start in ranges if start <= key < start + count), None)


def ranges_of(entry: SeedingMetadata) -> list[Range]:
    """The rows of the batch, with their keys."""
    ranges = [Range(first=first, count=count, first_key=key) for first, count, key in entry.key_ranges]
    if not entry.key_recipe:
        return ranges
    ends = [index for one in ranges for index in (one.first, one.last)]
    withheld = not _unmasked(entry).isdisjoint(entry.key_columns)
    texts = [""] * len(ends) if withheld else key_texts(entry, ends)
    return [replace(one, ends=(first, last)) for one, first, last in zip(ranges, texts[::2], texts[1::2], strict=True)]


def model_of(table: str) -> type[models.Model] | None:
    """The model of the table; None if it has none."""
    return next((model for model in apps.get_models() if model._meta.db_table == table), None)


def cells(using: str, model: type[models.Model], key: int, entry: SeedingMetadata) -> list[Cell] | None:
    """The row as currently stored, column by column; None if it no longer exists."""
    model = own_table(model)  # a parent's columns are personal or not by the parent's seeder
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

    seeders = Registry.discover().by_table.get(entry.table_name, ())
    return frozenset(column for seeder in seeders for column in seeder.config.pii_fields)
