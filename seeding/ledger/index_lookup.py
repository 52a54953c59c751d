"""Row indexes looked up one reference at a time: in columns of numbers, and in JSON objects and lists of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from seeding.exceptions import SchemaError
from seeding.generation.seeders import BaseSeeder
from seeding.keys import KeyMap
from seeding.schema.references import Objects, each, objects

if TYPE_CHECKING:
    from seeding.ledger.reference_resolution import Resolver


class Lookup:
    """Row indexes of one table → keys."""

    def __init__(self, resolver: Resolver, target: BaseSeeder, keys: KeyMap, *, any_row: bool) -> None:
        self._resolver = resolver
        self._target = target
        self._keys = keys
        self._any_row = any_row

    def resolve(self, column: pl.Series) -> tuple[pl.Series, pl.Series]:
        """The keys (null stays null), and which indexes have none."""
        present = column.is_not_null().to_numpy()
        index = (column.fill_null(-1) if column.null_count() else column).cast(pl.Int64).to_numpy()
        keys, known = self._keys.lookup(index)
        meant = present & (index >= 0)
        unknown = np.unique(index[~known & meant])
        if len(unknown):
            adopted, found = self._resolver.adopted(self._target, unknown).lookup(index)
            keys, known = np.where(found, adopted, keys), known | found
            if self._any_row and len(self._keys):
                keys, known = np.where(known, keys, self._keys.nearest(index)), known | meant
        values = pl.Series("key", keys)
        if not known.all():
            values = values.set(pl.Series(~known), None)
        return values, pl.Series(present & ~known)


def filled(lists: pl.Series) -> pl.Series:
    """Which lists hold anything; null may be null. An object does."""
    if lists.dtype == pl.Struct:
        return lists.is_not_null()
    return pl.Series(map(bool, lists), dtype=pl.Boolean) if lists.dtype == pl.Object else lists.list.len() > 0


def resolve_json(column: pl.Series, key: str, lookup: Lookup) -> tuple[pl.Series, pl.Series]:
    """The objects or lists of objects with `key` resolved, and which of them hold an index that has no key."""
    if column.dtype == pl.Struct:
        keys, missing = lookup.resolve(column.struct.field(key))
        return column.to_frame("object").select(pl.col("object").struct.with_fields(keys.alias(key))).to_series(), missing
    if column.dtype == pl.Object:
        return _resolve_objects(column.to_list(), key, lookup)
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


def _resolve_objects(values: list[Objects], key: str, lookup: Lookup) -> tuple[pl.Series, pl.Series]:
    """The same where each object has keys and types of its own: only `key` changes, where it is there."""
    named = pl.Series([item[key] for value in values for item in objects(value) if key in item], dtype=pl.Int64)
    keys, missing = (iter(found.to_list()) for found in lookup.resolve(named))
    resolved, lacking = list[Any](), list[bool]()
    for value in values:
        count = sum(key in item for item in objects(value))
        resolved.append(each(value, lambda item: {**item, key: next(keys)} if key in item else item))
        lacking.append(sum(next(missing) for _ in range(count)) > 0)
    return pl.Series(resolved, dtype=pl.Object), pl.Series(lacking, dtype=pl.Boolean)


def require_real(resolver: Resolver, seeder: BaseSeeder, count: int) -> None:
    """Raise SchemaError unless the database has the rows 0 … count - 1 of a seeder that only refers to them."""
    index = np.arange(count)
    if lacking := count - int(resolver.adopted(seeder, index).lookup(index)[1].sum()):
        table = seeder.config.table_name
        raise SchemaError(f"{table}: {lacking:,} of {count:,} rows are not there, and they are never made.")
