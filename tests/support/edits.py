"""What an application may do to seeded rows, at random."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

import numpy as np
from django.apps import apps
from django.db import DataError, IntegrityError, models, transaction

from seeding.generation.registry import Registry
from seeding.generation.seeder_columns import derived_columns
from seeding.keys import KeySet
from seeding.ledger.queries import Ledger

FEWEST_ROWS, FEWEST_COLUMNS = 20, 8
"""Of a table that is edited: with fewer, a row that is edited may hold nothing more that tells it from others."""
DELETIONS = 0.3
"""How often a row is deleted instead of edited."""
MOST = 10_000
"""Places are counted modulo what there is."""


class Kind(StrEnum):
    """What is done to a row."""

    COPIED = "copied"
    """A column gets the value of another row."""
    EMPTIED = "emptied"
    """A column becomes null."""
    CHANGED = "changed"
    """A column gets a value that is near the one that it had."""
    DELETED = "deleted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """One of them, by places among the seeded rows and the columns of a table."""

    table: str
    row: int
    column: int
    other: int
    kind: Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """An edit that was carried out."""

    table: str
    key: int
    column: str
    """Empty for a row that is gone."""


class Editor:
    """Edits the seeded rows of one database, as far as its constraints allow.

    Derived columns that are generated as well stay: a derivation may keep some of what they hold, such as an invoice's VIEWED.
    """

    def __init__(self, using: str) -> None:
        ledger, mirrors = Ledger(using), {one._meta.db_table: one for one in apps.get_models(include_auto_created=True)}
        held = {table: ledger.key_set(table) for table in sorted(ledger.tables())}
        wide = {table for table, mirror in mirrors.items() if len(mirror._meta.concrete_fields) >= FEWEST_COLUMNS}
        self._keys = {table: found for table, found in held.items() if len(found) >= FEWEST_ROWS and table in wide}
        self._rows = {table: mirrors[table]._base_manager.using(using) for table in self._keys}
        self._using = using
        self._columns = {table: _columns(using, table, rows.model) for table, rows in self._rows.items()}
        self.tables = sorted(self._keys)

    def apply(self, edit: Edit) -> Done | None:
        """Carry it out; None if a constraint forbids it, or nothing would change."""
        rows, keys = self._rows[edit.table], self._keys[edit.table]
        key, field = _at(keys, edit.row), self._column(edit)
        try:
            with transaction.atomic(using=self._using):
                if edit.kind is Kind.DELETED:
                    done = rows.filter(pk=key)._raw_delete(rows.db)
                else:
                    done = self._edit(rows, key, _at(keys, edit.other), field, edit.kind)
        except (IntegrityError, DataError):
            return None
        column = "" if edit.kind is Kind.DELETED else str(field.column)
        return Done(table=edit.table, key=key, column=column) if done else None

    def place(self, edit: Edit) -> tuple[str, int]:
        """The row that it is about."""
        return edit.table, _at(self._keys[edit.table], edit.row)

    def _column(self, edit: Edit) -> models.Field[Any, Any]:
        fields = self._columns[edit.table]
        return fields[edit.column % len(fields)]

    @staticmethod
    def _edit(rows: models.QuerySet[Any], key: int, other: int, field: models.Field[Any, Any], kind: Kind) -> int:
        found = dict(rows.filter(pk__in=(key, other)).values_list("pk", field.attname))
        if key not in found:
            return 0
        value = found.get(other) if kind is Kind.COPIED else None if kind is Kind.EMPTIED else _near(found[key])
        if value == found[key] or (value is None and not field.null):
            return 0
        return rows.filter(pk=key).update(**{field.attname: value})


def meddle(using: str, chance: random.Random, count: int, apart: set[tuple[str, int]] | None = None) -> int:
    """Edit and delete `count` seeded rows at random, as far as constraints allow; returns how many have changed.

    An edited column gets the value of another row of its table. Rows `apart`, to which the edited ones are added, stay: one
    that is edited twice may hold too little of what was seeded.
    """
    apart = set() if apart is None else apart
    editor, done = Editor(using), 0
    for _ in range(20 * count):
        kind = Kind.DELETED if chance.random() < DELETIONS else Kind.COPIED
        places = (chance.randrange(MOST**2) for _ in range(3))
        edit = Edit(table=chance.choice(editor.tables), **dict(zip(("row", "column", "other"), places, strict=True)), kind=kind)
        if editor.place(edit) not in apart and editor.apply(edit) is not None:
            apart.add(editor.place(edit))
            done += 1
        if done == count:
            break
    return done


def _columns(using: str, table: str, model: type[models.Model]) -> list[models.Field[Any, Any]]:
    dataset, apart = Ledger(using).dataset(), set[str]()
    assert dataset is not None
    for seeder in Registry.discover().by_table[table]:
        apart |= derived_columns(seeder, dataset).intersection(dataset.generate(seeder, np.arange(1)).columns)
    return [one for one in model._meta.concrete_fields if not one.primary_key and one.column not in apart]


def _at(keys: KeySet, place: int) -> int:
    left = place % len(keys)
    for first, last in keys.ranges:
        if left <= last - first:
            return first + left
        left -= last - first + 1
    raise IndexError(place)


def _near(value: Any) -> Any:
    """Another value of the same type; the same one of a type of which there is none that any column could hold."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, (int, Decimal)):
        return value + 1
    if isinstance(value, date):  # or a moment
        return value + timedelta(days=1)
    return f"{value[:-1]}~" if isinstance(value, str) and value else value
