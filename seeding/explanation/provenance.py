"""From a row to the batch that inserted it.

The libraries for columns of numbers are imported late, as every command loads the admin.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import models

from seeding.exceptions import SchemaError
from seeding.models import BatchQuerySet, SeedingMetadata

Key = tuple[Any, ...]
"""The parts of a primary key, in the order of the ledger's `key_columns`."""


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
    def key(self) -> str:
        """The row's primary key, for a person; the parts of a composite one are separated by commas."""
        return key_texts(self.entry, [self.index])[0] if _holds_keys(self.entry) else str(self.number)

    @property
    def single_key(self) -> str:
        """The row's primary key, by which other pages find it; empty if it has several columns."""
        return self.key if len(self.entry.key_columns) < 2 else ""


def provenance(using: str, table: str, key: int | str) -> Provenance | None:
    """The origin of the row with that primary key: live batches before rolled-back ones, the latest first.

    The columns of a key are separated by commas; a part that holds one is put in quotes. A key that is written exactly so comes
    before those that are written alike. None for a row that was not seeded. Reads the keys of the table's entries page by page.
    """
    entries = SeedingMetadata.objects.using(using).filter(table_name=table).select_related("run", "rolled_back_in")
    text = str(key).strip()
    number = int(text) if text.removeprefix("-").isdecimal() else None
    for state in (entries.filter(live=True), entries.filter(live=None)):
        found = _by_number(state, number) if number is not None else None
        found = found or _by_text(state, text)
        if found is not None:
            return found
    return None


def _by_number(entries: BatchQuerySet, number: int) -> Provenance | None:
    """The row with this number, where a column of the table counts."""
    for pk, ranges in entries.filter(key_recipe="").order_by("-pk").values_list("pk", "key_ranges").iterator():
        index = index_of(ranges, number)
        if index is not None:
            return Provenance(entry=entries.get(pk=pk), index=index)
    return None


def _by_text(entries: BatchQuerySet, text: str) -> Provenance | None:
    """The row whose key, of which the ledger holds more than a number, is written so, else alike."""
    from seeding.ledger.key_values import spelling

    alike: Provenance | None = None
    for entry in entries.exclude(key_recipe="", key_values__isnull=True).order_by("-pk").iterator():
        index = entry.key_map.pairs()[0].tolist()
        parts = _split(text, len(entry.key_columns))
        spelled = [spelling(one) for one in parts]
        for row, key in zip(index, _keys(entry, index), strict=True):
            told = [str(one) for one in key]
            if told in (parts, [text]) or (told and ", ".join(told) == text):
                return Provenance(entry=entry, index=int(row))
            if alike is None and len(told) == len(parts) and [spelling(one) for one in told] == spelled:
                alike = Provenance(entry=entry, index=int(row))
    return alike


def _split(text: str, columns: int) -> list[str]:
    """The parts of a key as they were typed."""
    if columns < 2:  # a comma in a key of one column is its own
        return [text]
    try:
        return [one.strip() for one in next(csv.reader([text], skipinitialspace=True))]
    except (csv.Error, StopIteration):
        return [text]


def key_texts(entry: SeedingMetadata, index: Sequence[int]) -> list[str]:
    """The primary keys of some rows of a batch of which the ledger holds more than numbers; empty if they cannot be told."""
    return [", ".join(map(str, one)) for one in _keys(entry, index)]


def _holds_keys(entry: SeedingMetadata) -> bool:
    """Whether the ledger holds more of the batch's keys than a number."""
    return bool(entry.key_recipe) or entry.key_values is not None


def _keys(entry: SeedingMetadata, index: Sequence[int]) -> list[Key]:
    import numpy as np

    from seeding.ledger.key_recipes import VALUES, keys_of
    from seeding.ledger.row_identity import parts

    try:
        if entry.key_recipe not in ("", VALUES):
            digits = keys_of(entry.key_recipe, entry.run.seed, entry.seeder_name, np.array(index, dtype=np.int64))
            return [(str(UUID(one)),) for one in digits]
        held = parts(entry.key_values or {}, entry.key_map)
    except SchemaError:  # of a later release
        return [()] * len(index)
    columns = [held[name] for name in entry.key_columns]  # a server may order what JSON holds by itself
    found = dict(zip(entry.key_map.pairs()[0].tolist(), zip(*columns, strict=True), strict=True))
    return [found[one] for one in index]


def index_of(ranges: Iterable[Sequence[int]], key: int) -> int | None:
    """The row index of a primary key in ranges [first index, count, first key]; None if no range contains it."""
    return next((first + key - start for first, count, start in ranges if start <= key < start + count), None)


def model_of(table: str) -> type[models.Model] | None:
    """The model of the table; None if it has none."""
    return next((model for model in apps.get_models() if model._meta.db_table == table), None)
