"""A batch on its way into a table: references resolved, rows validated, nothing written yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from seeding.keys import KeyMap
from seeding.references import references
from seeding.resolution import Resolver
from seeding.results import ValidationError
from seeding.rows import Integers, Mask
from seeding.seeders import BaseSeeder, RowRule
from seeding.validation import Finding, SchemaValidator


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Rows on their way into a table; all columns of the same length."""

    generated: pl.DataFrame
    """As the seeder made them: references are row indexes."""
    ready: pl.DataFrame
    """With primary keys, own and referred."""
    index: Integers
    keys: Integers
    accepted: Mask
    errors: tuple[ValidationError, ...]
    reasons: Mapping[str, int]
    """"column: issue" → how many rows it has cost."""

    @property
    def rows(self) -> pl.DataFrame:
        """What is to be inserted."""
        return self.ready.filter(pl.Series(self.accepted))

    @property
    def accepted_index(self) -> Integers:
        """The row indexes of `rows`."""
        return self.index[self.accepted]

    @property
    def accepted_keys(self) -> Integers:
        """The primary keys of `rows`."""
        return self.keys[self.accepted]

    def rejected_ranges(self) -> list[list[int]]:
        """The row indexes that validation left out, as the ledger stores them: [first, count]."""
        rejected = self.index[~self.accepted]
        return [[first, count] for first, count, _ in KeyMap.pair(rejected, rejected).as_lists()]


class Preparation:
    """Turns what a seeder generated into a Batch."""

    def __init__(
        self, seeder: BaseSeeder, resolver: Resolver, validator: SchemaValidator, rules: Sequence[RowRule] = ()
    ) -> None:
        self._seeder = seeder
        self._rules = rules
        self._resolver = resolver
        self._validator = validator
        model = seeder.config.model
        self._own_references = [one.column for one in references(model) if one.target is model and not one.json_key]

    def prepare(self, data: pl.DataFrame, index: Integers, keys: Integers, refused: dict[int, str]) -> Batch:
        """Resolve, validate, and leave out with every row those of the batch that need it.

        `refused` maps row indexes that the database has refused before to its words.
        """
        resolved = self._resolver.resolve(self._seeder, data, KeyMap.pair(index, keys))
        ready = resolved.data.with_columns(pl.Series(self._validator.schema.primary_key, keys))
        findings = self._validator.check_foreign_keys(resolved.broken)
        findings += [
            Finding(field="row", issue=words, expected="a row that the database takes", broken=pl.Series(index == row))
            for row, words in refused.items()
        ]
        business = [*self._seeder.validate_data(ready), *(error for rule in self._rules for error in rule(self._seeder, ready))]
        checked = self._validator.validate_data(ready, findings, business)
        accepted = checked.accepted.to_numpy()
        while (orphans := self.orphans(data, set(index[~accepted].tolist())) & accepted).any():
            accepted = accepted & ~orphans
        reasons = dict(checked.counts)
        if orphaned := int((checked.accepted.to_numpy() & ~accepted).sum()):
            reasons["row: its parent in this batch is left out"] = orphaned
        return Batch(
            generated=data,
            ready=ready,
            index=index,
            keys=keys,
            accepted=accepted,
            errors=checked.errors,
            reasons=reasons,
        )

    def orphans(self, data: pl.DataFrame, lost: set[int]) -> Mask:
        """Which generated rows refer to a row of the same table whose index is in `lost`."""
        orphans = np.zeros(data.height, dtype=bool)
        for column in self._own_references if lost else ():
            if column in data.columns:
                orphans |= data[column].is_in(list(lost)).fill_null(value=False).to_numpy()
        return orphans
