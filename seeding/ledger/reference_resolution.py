"""References between seeded rows: row indexes become primary keys, through the ledger and through adopted rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import polars as pl

from seeding.arrays import Integers
from seeding.exceptions import GenerationError, MisdeclaredSeederError, SchemaError
from seeding.generation.registry import Registry
from seeding.generation.seeders import BaseSeeder, Dataset
from seeding.keys import KeyMap
from seeding.ledger.natural_keys import Match, NaturalKeys, chosen
from seeding.ledger.parent_values import NotKnownYetError, ParentValues
from seeding.ledger.queries import Ledger
from seeding.ledger.row_identity import RowIdentity
from seeding.schema.equality import Equality
from seeding.schema.references import Reference, references
from seeding.schema.tables import TableSchema

LARGEST = 2**63 - 1
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

    `counts` are the planned rows of the run's seeders, by name; `live` are the tables as they exist. In a rehearsal the
    parents' rows are not stored, so that the values of their columns are generated instead of read.
    """

    def __init__(
        self,
        registry: Registry,
        ledger: Ledger,
        dataset: Dataset,
        counts: Mapping[str, int] = MappingProxyType({}),
        live: Mapping[str, TableSchema] | None = None,
        *,
        rehearsal: bool = False,
    ) -> None:
        self._registry = registry
        self._ledger = ledger
        self._dataset = dataset
        self._counts = counts
        self._live = live or {}
        self._equality = Equality(ledger.using, live)
        self._natural_keys = NaturalKeys(ledger.using, self._equality)
        self._whole: set[str] = set()
        """Seeders of which every planned row has been looked up."""
        self._widening: set[str] = set()
        """Seeders of which that is being done: a natural key can refer to a row of its own table."""
        self._keys: dict[str, KeyMap] = {}
        self._adopted: dict[str, KeyMap] = {}
        self._identities: dict[str, tuple[KeyMap, RowIdentity | None]] = {}
        """Seeder → how its rows were found when they had these keys."""
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

    def identity(self, seeder: BaseSeeder) -> RowIdentity | None:
        """How the seeded rows of the seeder's table are found; None if their numbers are their keys."""
        table, keys = seeder.config.table_name, self.keys(seeder)
        live = self._live.get(table)
        if live is not None and live.has_row_key:
            return None
        known = self._identities.get(seeder.name)
        if known is None or known[0] is not keys:
            there = None if live is None else {table: live}
            self._identities[seeder.name] = known = keys, self._ledger.identities(there).get(table)
        return known[1]

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
        if seeder.name in self._whole or known.lookup(index)[1].all():
            return known
        matches = list(self._matches(seeder, index, data))
        if seeder.name in self._widening or all(one.exact for one in matches):
            known = self._adopted.get(seeder.name, KeyMap.of(()))
            found = {row: key for row, key in chosen(matches).items() if not known.lookup(np.array([row]))[1].any()}
            self._adopted[seeder.name] = known = known.plus(_key_map(seeder, found))
            return known
        # A real row that is written otherwise may be another planned row's: all of them decide, not only those asked for.
        self._widening.add(seeder.name)
        try:
            count = max(self._counts.get(seeder.name, 0), int(index.max()) + 1)
            self._adopted[seeder.name] = known = _key_map(seeder, chosen(self._matches(seeder, np.arange(count), None)))
            self._whole.add(seeder.name)
        finally:
            self._widening.discard(seeder.name)
        return known

    def repeated(self, seeder: BaseSeeder, rows: pl.DataFrame, groups: pl.Series) -> pl.Series:
        """Which values of a unique key repeat an earlier one of the same group, as the database compares them."""
        return self._equality.repeated(seeder.config.table_name, rows, groups)

    def _read_keys(self, seeder: BaseSeeder) -> KeyMap:
        return self._ledger.keys(seeder)

    def _matches(self, seeder: BaseSeeder, index: Integers, data: pl.DataFrame | None) -> Iterator[Match]:
        """The real rows that hold the natural keys of rows `index`."""
        for start in range(0, len(index), LOOKUP_CHUNK):
            part = index[start : start + LOOKUP_CHUNK]
            rows = seeder.natural_keys(self._dataset.rows(seeder, part)) if data is None else data[start : start + LOOKUP_CHUNK]
            # A natural key can contain a reference (a subcategory's category), which the table holds as a key.
            wanted = self.resolve(seeder, rows.select(seeder.config.natural_key), self.keys(seeder)).data
            yield from self._natural_keys.matches(seeder, part, wanted)

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
            naming = _filled(column) if reference.json_key else column.is_not_null()
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
        if not targets and table in self._registry.elsewhere:
            raise GenerationError(
                f"{seeder.name} generates {reference}, which refers to {table}, whose rows are not in this database: "
                f"{self._registry.elsewhere[table]}."
            )
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


class OfflineResolver(Resolver):
    """What a resolver knows so far, for a thread that may not query the database: it raises NotKnownYetError instead."""

    def __init__(self, known: Resolver) -> None:
        super().__init__(known._registry, known._ledger, known._dataset)  # noqa: SLF001 - a view of the same class
        self._keys, self._adopted, self._whole = known._keys, known._adopted, known._whole  # noqa: SLF001
        self._values = known._values.offline(self)  # noqa: SLF001

    def _read_keys(self, seeder: BaseSeeder) -> KeyMap:
        raise NotKnownYetError

    def _matches(self, seeder: BaseSeeder, index: Integers, data: pl.DataFrame | None) -> Iterator[Match]:
        raise NotKnownYetError

    def repeated(self, seeder: BaseSeeder, rows: pl.DataFrame, groups: pl.Series) -> pl.Series:
        """It cannot be asked here."""
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


def _key_map(seeder: BaseSeeder, found: Mapping[int, int]) -> KeyMap:
    if found and max(found.values()) > LARGEST:
        raise SchemaError(
            f"{seeder.config.table_name} has a row under a natural key of {seeder.name} whose primary key is above "
            f"{LARGEST:,}: give it a smaller one, or leave the table out."
        )
    return KeyMap.of((row, 1, key) for row, key in sorted(found.items()))


def _filled(lists: pl.Series) -> pl.Series:
    """Which lists hold anything; null may be null."""
    return pl.Series(map(bool, lists), dtype=pl.Boolean) if lists.dtype == pl.Object else lists.list.len() > 0


def _resolve_json(column: pl.Series, key: str, lookup: _Lookup) -> tuple[pl.Series, pl.Series]:
    """The lists of objects with `key` resolved, and which lists hold an index that has no key."""
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


def _resolve_objects(lists: list[list[dict[str, Any]] | None], key: str, lookup: _Lookup) -> tuple[pl.Series, pl.Series]:
    """The same where each object has keys and types of its own: only `key` changes, where it is there."""
    named = pl.Series([item[key] for items in lists for item in items or () if key in item], dtype=pl.Int64)
    keys, missing = (iter(found.to_list()) for found in lookup.resolve(named))
    resolved, lacking = list[Any](), list[bool]()
    for items in lists:
        count = sum(key in item for item in items or ())
        resolved.append(items and [{**item, key: next(keys)} if key in item else item for item in items])
        lacking.append(sum(next(missing) for _ in range(count)) > 0)
    return pl.Series(resolved, dtype=pl.Object), pl.Series(lacking, dtype=pl.Boolean)
