"""What a column holds that references its parent by another column than the primary key: `ForeignKey(to_field=…)`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import polars as pl
from django.db import models

from seeding.db.sql import every_row
from seeding.exceptions import GenerationError
from seeding.generation.datasets import Dataset
from seeding.generation.seeders import BaseSeeder
from seeding.keys import KeyMap, KeySet
from seeding.ledger.row_identity import NUMBER
from seeding.schema.references import Reference, attributes

if TYPE_CHECKING:
    from seeding.ledger.reference_resolution import Resolver


class NotKnownYetError(Exception):
    """The database would have to be queried, which is not possible at this point."""


class ParentValues:
    """Reads the values from the parents' rows, which may be real ones; generates them for rows that are not stored yet."""

    def __init__(
        self, resolver: Resolver, using: str, dataset: Dataset, *, rehearsal: bool = False, is_offline: bool = False
    ) -> None:
        self._resolver = resolver
        self._using = using
        self._dataset = dataset
        self._rehearsal = rehearsal
        self._is_offline = is_offline

    def offline(self, resolver: Resolver) -> ParentValues:
        """The same for a thread that may not query the database: it raises NotKnownYetError instead."""
        return ParentValues(resolver, self._using, self._dataset, rehearsal=self._rehearsal, is_offline=True)

    def of(
        self, target: BaseSeeder, reference: Reference, index: pl.Series, keys: pl.Series, *, own: KeyMap | None
    ) -> pl.Series:
        """The value of each row of `target` with one of the `keys`, null where there is none; `index` are the rows' indexes.

        `own` maps the rows of a table that refers to itself, with those of this batch. Raises GenerationError for a column that
        gets its value later.
        """
        assert reference.by is not None
        self._refuse_later(target, reference)
        if self._rehearsal:
            return self._generated(target, reference, index.filter(keys.is_not_null()), index, own)
        stored = self._stored(target, reference, keys)
        if own is None:
            return stored
        present = index.fill_null(-1).cast(pl.Int64)
        unstored = keys.is_not_null() & ~pl.Series(self._resolver.keys(target).lookup(present.to_numpy())[1])
        unstored &= stored.is_null()  # an adopted row is stored
        if not unstored.any():
            return stored
        generated = self._generated(target, reference, index.filter(unstored), index, own)
        return generated.zip_with(unstored, stored)

    def _stored(self, target: BaseSeeder, reference: Reference, keys: pl.Series) -> pl.Series:
        """The column's value in the row of each key."""
        if self._is_offline:
            raise NotKnownYetError
        model = target.config.model
        rows, name = every_row(model, self._using), attributes(model)[str(reference.by)]
        wanted = KeySet.holding(keys.drop_nulls().unique().to_numpy())
        identity = self._resolver.identity(target)

        def values(conditions: Iterable[models.Q]) -> list[tuple[Any, Any]]:
            return [pair for condition in conditions for pair in rows.filter(condition).values_list("pk", name)]

        given = self._resolver.given_keys(target)
        if given is not None:
            known = given.identity.of(self._resolver.given_rows(target).sort(NUMBER))
            read = values(known.conditions(model, wanted)) if known.rows.height else []
            found = list(zip(known.numbers_of([key for key, _ in read]), (value for _, value in read), strict=True))
        elif identity is None:
            found = values(wanted.conditions())
        else:  # rows of others may have the numbers; of an adopted row nothing else is known
            found = values(identity.conditions(model, wanted))
            adopted = values((wanted - KeySet.holding(identity.rows[identity.number].to_numpy())).conditions())
            numbers = Counter(key for key, _ in adopted)
            found += [pair for pair in adopted if numbers[pair[0]] == 1]
        return _joined(keys, reference, [key for key, _ in found], [value for _, value in found])

    def _generated(
        self, target: BaseSeeder, reference: Reference, wanted: pl.Series, index: pl.Series, own: KeyMap | None
    ) -> pl.Series:
        """The values of the rows `wanted` as they will be stored, where `index` names one of them."""
        rows = wanted.cast(pl.Int64).unique().sort()
        data = self._dataset.generate(target, rows.to_numpy())
        if reference.by not in data.columns:
            raise GenerationError(
                f"{reference} refers to {reference.target_table} by {reference.by}, which {target.name} does not generate: "
                "generate the column, or let the reference name the primary key."
            )
        held = self._resolver.keys(target) if own is None else own
        values = self._resolver.resolve(target, data.select(reference.by), held).data.to_series()
        return _joined(index, reference, rows, values)

    def _refuse_later(self, target: BaseSeeder, reference: Reference) -> None:
        fields = (field for field in target.config.model._meta.concrete_fields if field.column == reference.by)
        derived = {name for one in target.derivations(self._dataset) for name in one.values}
        if reference.by in target.config.postponed or any({one.name, one.attname} & derived for one in fields):
            raise GenerationError(
                f"{reference} refers to {reference.target_table} by {reference.by}, which {target.name} fills in afterwards: "
                "generate the column with the row, or let the reference name the primary key."
            )


def _joined(
    column: pl.Series, reference: Reference, keys: Sequence[int] | pl.Series, values: Sequence[Any] | pl.Series
) -> pl.Series:
    """`column` with each of the `keys` replaced by its value; null elsewhere."""
    dtype = pl.String if reference.holds_text else pl.Int64
    known = pl.DataFrame({"key": pl.Series(keys, dtype=pl.Int64), "value": pl.Series(values).cast(dtype)})
    return column.cast(pl.Int64).alias("key").to_frame().join(known, on="key", how="left", maintain_order="left")["value"]
