"""Values that seeded rows are to have instead of what was seeded."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl
from django.db import models

from seeding.generation.seeder_columns import seeded_references
from seeding.generation.seeders import BaseSeeder
from seeding.keys import KeySet
from seeding.restoration.differences import LOST
from seeding.restoration.findings import Findings
from seeding.restoration.generated_rows import Cells, GeneratedRows
from seeding.restoration.repair import ROWS, Repair
from seeding.restoration.results import Left
from seeding.schema.kinds import base_of
from seeding.schema.references import column_name

UNKNOWN = "they are to hold other values than those seeded, and were not seeded here"
REFERRED = "{} is to hold another value, and other rows refer to it; set it by hand"


class Overriding:
    """Writes such values of one seeder. `left` says which rows do not have them, and why."""

    def __init__(self, found: Findings, seeder: BaseSeeder, repair: Repair) -> None:
        self.left: list[Left] = []
        self._found = found
        self._rows: GeneratedRows = found.rows
        self._seeder = seeder
        self._repair = repair
        self._fields = {column_name(one): one for one in seeder.config.model._meta.concrete_fields}
        self._references = {one.column for one in seeded_references(seeder)}
        self._referred = found.referred(seeder.config.table_name)

    def write(self, edited: Cells) -> None:
        """Write the values of all rows that are there."""
        table, own = self._seeder.config.table_name, self._rows.resolver.keys(self._seeder)
        index = np.array(sorted(edited), np.int64)
        keys, known = own.lookup(index)
        if not known.all():
            self.left.append(Left(table=table, count=int((~known).sum()), keys=(), reason=UNKNOWN))
        cells, left = dict[int, Mapping[str, Any]](), dict[str, list[int]]()
        for row, key in zip(index[known].tolist(), keys[known].tolist(), strict=True):
            refusals = {name: self._refusal(name, value) for name, value in edited[row].items()}
            cells[key] = dict(self._told({name: value for name, value in edited[row].items() if not refusals[name]}))
            for why in filter(None, refusals.values()):
                left.setdefault(why, []).append(key)
        for part in _portions(sorted(cells)):
            self._repair.override({key: cells[key] for key in part if cells[key]})
        refused = {**left, **self._repair.refused}
        self.left += [self._found.kept(table, _key_set(ones), why) for why, ones in refused.items() if ones]

    def _told(self, cells: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        """Attribute → what is to be stored."""
        for name, value in cells.items():
            field = self._fields[name]
            if name in self._references and value is not None:
                yield field.attname, self._resolved(name, value)
            elif isinstance(base := base_of(field), models.JSONField) and value is not None:
                yield field.attname, self._repair.stored(field, json.dumps(value, cls=base.encoder))  # as Django writes it
            else:
                yield field.attname, value

    def _refusal(self, name: str, value: Any) -> str:
        """Why a column stays as it is; empty if it does not."""
        if name in self._referred:
            return REFERRED.format(name)
        is_lost = name in self._references and value is not None and self._resolved(name, value) is None
        return LOST if is_lost else ""

    def _resolved(self, name: str, index: int) -> Any:
        """The key of the row to which the reference leads; None if it is not there."""
        resolver = self._rows.resolver
        frame = pl.DataFrame({name: [index]})
        return resolver.resolve(self._seeder, frame, resolver.keys(self._seeder), exact=True).data[name][0]


def _portions(keys: Sequence[int]) -> Iterator[Sequence[int]]:
    return (keys[start : start + ROWS] for start in range(0, len(keys), ROWS))


def _key_set(keys: Sequence[int]) -> KeySet:
    return KeySet.holding(np.array(sorted(keys), np.int64))
