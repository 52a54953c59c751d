"""References between seeded rows: row indexes become primary keys, through the ledger and through adopted rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any

import numpy as np
import polars as pl
from django.db import models

from seeding.arrays import Integers
from seeding.exceptions import GenerationError, MisdeclaredSeederError
from seeding.generation.registry import Registry
from seeding.generation.seeders import BaseSeeder, Dataset
from seeding.keys import KeyMap
from seeding.ledger.parent_values import NotKnownYetError, ParentValues
from seeding.ledger.queries import Ledger
from seeding.schema.references import Reference, attributes, references

LOOKUP_CHUNK = 500
"""Natural keys looked up in one query."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """A frame whose references are primary keys, and what could not be resolved."""

    data: pl.DataFrame
    broken: Mapping[Reference, pl.Series]
    """Per reference, the rows in which it is dangling."""


class Resolver:
    """Resolves the references of every seeder of a run. It caches the key maps, not the rows.

    In a rehearsal the parents' rows are not stored, so that the values of their columns are generated instead of read.
    """

    def __init__(self, registry: Registry, ledger: Ledger, dataset: Dataset, *, rehearsal: bool = False) -> None:
        self._registry = registry
        self._ledger = ledger
        self._dataset = dataset
        self._keys: dict[str, KeyMap] = {}
        self._adopted: dict[str, KeyMap] = {}
        self._values = ParentValues(self, ledger.using, dataset, rehearsal=rehearsal)

    def offline(self) -> OfflineResolver:
        """A view that shares what this resolver knows, now and later, and never queries the database."""
        return OfflineResolver(self)

    def keys(self, seeder: BaseSeeder) -> KeyMap:
        """The keys of the seeder's rows: those of the ledger and those learned since."""
        if seeder.name not in self._keys:
            self._keys[seeder.name] = self._read_keys(seeder)
        return self._keys[seeder.name]

    def learn(self, seeder: BaseSeeder, keys: KeyMap) -> None:
        """Add rows that have just been inserted."""
        self._keys[seeder.name] = self.keys(seeder).plus(keys)

    def forget(self, seeder: BaseSeeder) -> None:
        """Discard the seeder's keys; they are read from the ledger again."""
        self._keys.pop(seeder.name, None)

    def adopted(self, seeder: BaseSeeder, index: Integers, data: pl.DataFrame | None = None) -> KeyMap:
        """The keys of real rows that already hold the natural keys of rows `index`; only reference data has any.

        `data` holds those rows if they have already been generated.
        """
        natural_key = seeder.config.natural_key
        if not natural_key or not len(index):
            return KeyMap.of(())
        known = self._adopted.get(seeder.name, KeyMap.of(()))
        if known.lookup(index)[1].all():
            return known
        self._adopted[seeder.name] = found = known.plus(self._look_up(seeder, index, data, known))
        return found

    def _read_keys(self, seeder: BaseSeeder) -> KeyMap:
        return self._ledger.keys(seeder)

    def _look_up(self, seeder: BaseSeeder, index: Integers, data: pl.DataFrame | None, known: KeyMap) -> KeyMap:
        """The keys of the real rows that hold the natural keys of rows `index`, without those already `known`."""
        natural_key = seeder.config.natural_key
        if data is None:
            data = seeder.generate_data(self._dataset.rows(seeder, index))
        # A natural key can contain a reference (a subcategory's category), which the table holds as a key.
        wanted = self.resolve(seeder, data.select(natural_key), self.keys(seeder)).data
        named = ~wanted.select(pl.any_horizontal(pl.all().is_null())).to_series()
        wanted, index = wanted.filter(named), index[named.to_numpy()]
        found = _matched(wanted, index, self._real_rows(seeder, wanted))
        ordered = sorted((row, key) for row, key in found.items() if not known.lookup(np.array([row]))[1].any())
        return KeyMap.of((row, 1, key) for row, key in ordered)

    def resolve(self, seeder: BaseSeeder, data: pl.DataFrame, own: KeyMap, *, exact: bool = False) -> Resolved:
        """Turn the row indexes in every reference column of `data` into keys; `own` maps the seeder's own rows.

        `exact` counts a reference to a missing parent as broken even if any other parent would do.
        """
        broken: dict[Reference, pl.Series] = {}
        any_parent = () if exact else seeder.config.any_parent
        for reference in references(seeder.config.model):
            if reference.column not in data.columns or data.schema[reference.column] == pl.Null:
                continue
            column = data[reference.column]
            naming = column.list.len() > 0 if reference.json_key else column.is_not_null()
            applies = None
            if reference.when:
                kind, value = reference.when
                applies = (data[kind] == value).fill_null(False)
                naming &= applies
            if not naming.any():
                if reference.by is not None:  # row indexes need not have the column's type
                    data = data.with_columns(pl.lit(None).alias(reference.column))
                continue
            target = self._target(seeder, reference)
            keys = own if target is seeder else self.keys(target)
            lookup = _Lookup(self, target, keys, any_row=reference.column in any_parent)
            if reference.json_key:
                resolved, missing = _resolve_json(column, reference.json_key, lookup)
            else:
                resolved, missing = lookup.resolve(column)
            if reference.by is not None:
                resolved = self._values.of(target, reference, column, resolved, own=own if target is seeder else None)
                missing = naming & resolved.is_null()
            if applies is not None:
                resolved = resolved.zip_with(applies, column)
                missing &= applies
            data = data.with_columns(resolved.alias(reference.column))
            if missing.any():
                broken[reference] = missing
        return Resolved(data=data, broken=broken)

    def _target(self, seeder: BaseSeeder, reference: Reference) -> BaseSeeder:
        table = reference.target_table
        if table == seeder.config.table_name:
            return seeder
        parents = self._registry.parents(seeder)
        if reference.column in seeder.config.postponed:
            parents = self._registry.sources(table)
        targets = [parent for parent in parents if parent.config.table_name == table]
        if not targets:
            raise GenerationError(
                f"{seeder.name} generates {reference}, which refers to {table}, and does not depend on that table. "
                f"Add {table!r} to its dependencies."
            )
        if len(targets) > 1:
            names = " and ".join(target.name for target in targets)
            raise MisdeclaredSeederError(
                f"{seeder.name}.{reference} refers to {table}, which is filled by {names}: "
                "name the intended one in its dependencies, instead of the table."
            )
        return targets[0]

    def _real_rows(self, seeder: BaseSeeder, wanted: pl.DataFrame) -> Iterable[tuple[Any, ...]]:
        model = seeder.config.model
        known = attributes(model)
        names = [known[column] for column in wanted.columns]
        for start in range(0, wanted.height, LOOKUP_CHUNK):
            chunk = wanted[start : start + LOOKUP_CHUNK]
            if len(names) == 1:
                condition = models.Q(**{f"{names[0]}__in": chunk.to_series(0).to_list()})
            else:
                condition = reduce(or_, (models.Q(**dict(zip(names, row, strict=True))) for row in chunk.iter_rows()))
            yield from model._base_manager.using(self._ledger.using).filter(condition).values_list("pk", *names)


class OfflineResolver(Resolver):
    """What a resolver knows so far, for a thread that may not query the database: it raises NotKnownYetError instead."""

    def __init__(self, known: Resolver) -> None:
        super().__init__(known._registry, known._ledger, known._dataset)  # noqa: SLF001 - a view of the same class
        self._keys, self._adopted = known._keys, known._adopted  # noqa: SLF001
        self._values = known._values.offline(self)  # noqa: SLF001

    def _read_keys(self, seeder: BaseSeeder) -> KeyMap:
        raise NotKnownYetError

    def _look_up(self, seeder: BaseSeeder, index: Integers, data: pl.DataFrame | None, known: KeyMap) -> KeyMap:
        raise NotKnownYetError


class _Lookup:
    """Row indexes of one table → keys."""

    def __init__(self, resolver: Resolver, target: BaseSeeder, keys: KeyMap, *, any_row: bool) -> None:
        self._resolver = resolver
        self._target = target
        self._keys = keys
        self._any_row = any_row

    def resolve(self, column: pl.Series) -> tuple[pl.Series, pl.Series]:
        """The keys (null stays null), and which indexes have none."""
        present = column.is_not_null()
        index = column.fill_null(-1).cast(pl.Int64).to_numpy()
        keys, known = self._keys.lookup(index)
        meant = present.to_numpy() & (index >= 0)
        unknown = np.unique(index[~known & meant])
        if len(unknown):
            adopted, found = self._resolver.adopted(self._target, unknown).lookup(index)
            keys, known = np.where(found, adopted, keys), known | found
            if self._any_row and len(self._keys):
                keys, known = np.where(known, keys, self._keys.nearest(index)), known | meant
        values = pl.DataFrame({"key": keys, "known": known}).select(pl.when("known").then("key")).to_series()
        return values, present & ~pl.Series(known)


def _resolve_json(column: pl.Series, key: str, lookup: _Lookup) -> tuple[pl.Series, pl.Series]:
    """The lists of objects with `key` resolved, and which lists hold an index that has no key."""
    lists = pl.DataFrame({"row": pl.int_range(len(column), eager=True), "items": column})
    items = lists.filter(pl.col("items").list.len() > 0).explode("items").unnest("items")
    keys, missing = lookup.resolve(items[key])
    fields = [name for name in items.columns if name != "row"]
    grouped = (
        items.with_columns(keys.alias(key), missing.alias("_missing"))
        .group_by("row", maintain_order=True)
        .agg(pl.struct(fields).alias("resolved"), pl.col("_missing").any())
    )
    joined = lists.join(grouped, on="row", how="left", maintain_order="left")
    resolved = joined.select(pl.coalesce("resolved", "items")).to_series()
    return resolved, joined["_missing"].fill_null(False)


def _matched(wanted: pl.DataFrame, index: Integers, real: Iterable[tuple[Any, ...]]) -> dict[int, Any]:
    """Row index → primary key of the `real` row (key, *values) that the database considers equal to the wanted one.

    An exact match takes precedence; if two wanted rows differ only in letter case, nothing but an exact match counts.
    """
    exact: dict[tuple[Any, ...], int] = {}
    folded: dict[tuple[Any, ...], list[int]] = {}
    for values, row in zip(wanted.iter_rows(), index.tolist(), strict=True):
        exact[values] = row
        folded.setdefault(_folded(values), []).append(row)
    rows = [(key, tuple(values)) for key, *values in real]
    found = {exact[values]: key for key, values in rows if values in exact}
    for key, values in rows:
        alike = folded.get(_folded(values), ())
        if values not in exact and len(alike) == 1:
            found.setdefault(alike[0], key)
    return found


def _folded(values: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(value.casefold() if isinstance(value, str) else value for value in values)
