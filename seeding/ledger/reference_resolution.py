"""References between seeded rows: row indexes become primary keys, through the ledger and through adopted rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import polars as pl
from django.db import connections

from seeding.arrays import Integers
from seeding.exceptions import GenerationError
from seeding.generation.datasets import Dataset
from seeding.generation.registry import Registry
from seeding.generation.seeder_columns import seeded_references
from seeding.generation.seeders import BaseSeeder
from seeding.keys import KeyMap, KeySet
from seeding.ledger.given_keys import GivenKeys, WrittenKeys
from seeding.ledger.index_lookup import Lookup, filled, resolve_json
from seeding.ledger.natural_keys import Match, NaturalKeys, chosen, key_map, of_others
from seeding.ledger.parent_values import NotKnownYetError, ParentValues
from seeding.ledger.queries import Ledger
from seeding.ledger.row_identity import NUMBER, RowIdentity, identity_of
from seeding.schema.equality import Equality
from seeding.schema.references import Reference, counts_keys
from seeding.schema.tables import TableSchema

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
        self.recipes: dict[str, set[str]] = {}
        """Seeder → how the keys of its rows in the ledger are made; known for those whose `keys` are."""
        self._adopted: dict[str, KeyMap] = {}
        self._identities: dict[str, tuple[KeyMap, RowIdentity | None]] = {}
        """Seeder → how its rows were found when they had these keys."""
        self._real: dict[str, pl.DataFrame] = {}
        """Seeder → numbers and keys of the real rows that it adopts, where the server does not count the keys."""
        self._rehearsal = rehearsal
        self._values = ParentValues(self, ledger.using, dataset, rehearsal=rehearsal)

    def offline(self) -> OfflineResolver:
        """A view that shares what this resolver knows, now and later, and never queries the database."""
        return OfflineResolver(self)

    def keys(self, seeder: BaseSeeder) -> KeyMap:
        """The keys of the seeder's rows: those of the ledger and those learned since."""
        if seeder.name not in self._keys:
            self._read_keys(seeder)
        return self._keys[seeder.name]

    def learn(self, seeder: BaseSeeder, keys: KeyMap, written: WrittenKeys | None = None) -> None:
        """Add rows that have just been inserted, with their keys where the server does not count them."""
        before, known = self.keys(seeder), self._identities.pop(seeder.name, None)
        self._keys[seeder.name] = together = before.plus(keys)
        if written is None or not (self._rehearsal or (known is not None and known[0] is before)):
            return  # the ledger has them
        earlier = [known[1].rows] if known is not None and known[1] is not None else []
        rows = pl.concat([*earlier, written.identity.among(keys.key_set()).rows]).sort(NUMBER)
        self._identities[seeder.name] = together, written.identity.of(rows)

    def identity(self, seeder: BaseSeeder) -> RowIdentity | None:
        """How the seeded rows of the seeder's table are found; None if their numbers are their keys."""
        table, keys = seeder.config.table_name, self.keys(seeder)
        live = self._live.get(table)
        if live is not None and live.has_row_key and counts_keys(seeder.config.model):
            return None
        known = self._identities.get(seeder.name)
        if known is None or known[0] is not keys:
            self._identities[seeder.name] = known = keys, self._read_identity(table, live)
        return known[1]

    def given_keys(self, seeder: BaseSeeder) -> GivenKeys | None:
        """How the seeder's rows get keys that the server does not count; None if it counts them, or there is no table."""
        live = self._live.get(seeder.config.table_name)
        if counts_keys(seeder.config.model) or live is None:
            return None
        identity = identity_of(connections[self._ledger.using], live, of_ledger=True)
        return GivenKeys(seeder=seeder, dataset=self._dataset, table=live, identity=identity)

    def given_rows(self, seeder: BaseSeeder, others: pl.DataFrame | None = None) -> pl.DataFrame:
        """Numbers and keys of the seeder's rows, those they adopt, and `others`; none where the server counts the keys."""
        identity = self.identity(seeder)
        found = (None if identity is None else identity.rows, self._real.get(seeder.name), others)
        rows = [one for one in found if one is not None]
        together = pl.concat(rows, how="diagonal") if rows else pl.DataFrame(schema={NUMBER: pl.Int64})
        return together if others is None else together.unique(NUMBER, maintain_order=True)  # rows that are written again

    def know(self, seeder: BaseSeeder, keys: KeyMap) -> None:
        """Take these for the keys of the seeder's rows, instead of reading them from the ledger."""
        if seeder.name not in self._keys or not self._keys[seeder.name].same(keys):
            self._keys[seeder.name] = keys

    def forget(self, seeder: BaseSeeder) -> None:
        """Discard the seeder's keys; they are read from the ledger again."""
        self._keys.pop(seeder.name, None)

    def leave_out(self, seeder: BaseSeeder, lost: KeySet) -> None:
        """References to these rows lead nowhere from now on."""
        if lost:
            self._keys[seeder.name] = self.keys(seeder).split(lost)[1]

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
            self._adopted[seeder.name] = known = known.plus(self._adopt(seeder, found))
            return known
        # A real row that is written otherwise may be another planned row's: all of them decide, not only those asked for.
        self._widening.add(seeder.name)
        try:
            count = max(self._counts.get(seeder.name, 0), int(index.max()) + 1)
            self._real.pop(seeder.name, None)
            self._adopted[seeder.name] = known = self._adopt(seeder, chosen(self._matches(seeder, np.arange(count), None)))
            self._whole.add(seeder.name)
        finally:
            self._widening.discard(seeder.name)
        return known

    def repeated(self, seeder: BaseSeeder, rows: pl.DataFrame, groups: pl.Series) -> pl.Series:
        """Which values of a unique key repeat an earlier one of the same group, as the database compares them."""
        return self._equality.repeated(seeder.config.table_name, rows, groups)

    def _adopt(self, seeder: BaseSeeder, found: Mapping[int, Any]) -> KeyMap:
        """The numbers of real rows, given by their primary keys per row index."""
        given = self.given_keys(seeder)
        if given is None or not found:
            return key_map(seeder, found)
        index = np.array(sorted(found), dtype=np.int64)
        numbers = given.adopted(index)
        rows = self._real.get(seeder.name), given.rows_of([found[row] for row in index.tolist()], numbers)
        self._real[seeder.name] = pl.concat(one for one in rows if one is not None)
        return KeyMap.pair(index, numbers)

    def _read_keys(self, seeder: BaseSeeder) -> None:
        """Read the keys of the seeder and, the first time, of all that are planned."""
        planned = () if self._keys else [self._registry.by_name[name] for name in self._counts]
        self._keys |= self._ledger.keys_of([seeder, *planned])
        self.recipes |= self._ledger.live.recipes()

    def _read_identity(self, table: str, live: TableSchema | None) -> RowIdentity | None:
        return self._ledger.identities(None if live is None else {table: live}).get(table)

    def _matches(self, seeder: BaseSeeder, index: Integers, data: pl.DataFrame | None) -> Iterator[Match]:
        """The real rows that hold the natural keys of rows `index`."""
        for start in range(0, len(index), LOOKUP_CHUNK):
            part = index[start : start + LOOKUP_CHUNK]
            rows = seeder.natural_keys(self._dataset.rows(seeder, part)) if data is None else data[start : start + LOOKUP_CHUNK]
            # A natural key can contain a reference (a subcategory's category), which the table holds as a key.
            wanted = self.resolve(seeder, rows.select(seeder.config.natural_key), self.keys(seeder)).data
            found = self._natural_keys.matches(seeder, part, wanted)
            own = self.keys(seeder) if seeder.config.is_real else KeyMap.of(())  # a version before may have counted otherwise
            yield from of_others(list(found), own, self.identity(seeder)) if len(own) else found

    def resolve(
        self, seeder: BaseSeeder, data: pl.DataFrame, own: KeyMap, *, own_rows: pl.DataFrame | None = None, exact: bool = False
    ) -> Resolved:
        """Turn the row indexes in every reference column of `data` into keys; `own` maps the seeder's own rows.

        `own_rows` are their numbers and keys where the server does not count them, besides those that are stored. `exact`
        counts a reference to a missing parent as broken even if any other parent would do.
        """
        broken: dict[Reference, pl.Series] = {}
        any_parent = () if exact else seeder.config.any_parent
        for reference in seeded_references(seeder):
            if reference.column not in data.columns or data.schema[reference.column] == pl.Null:
                continue
            column = data[reference.column]
            naming = filled(column) if reference.json_key else column.is_not_null()
            applies = None
            if reference.when:
                kind, value = reference.when
                applies = (data[kind] == value).fill_null(False)
                naming &= applies
            if not naming.any():
                if reference.by is not None or not counts_keys(reference.target):  # row indexes need not have the column's type
                    data = data.with_columns(pl.lit(None).alias(reference.column))
                continue
            resolved, missing = self._resolve(seeder, reference, column, own, own_rows, any_row=reference.column in any_parent)
            missing &= naming
            if applies is not None:
                resolved = resolved.zip_with(applies, column)
                missing &= applies
            data = data.with_columns(resolved.alias(reference.column))
            if missing.any():
                broken[reference] = missing
        return Resolved(data=data, broken=broken)

    def _resolve(
        self,
        seeder: BaseSeeder,
        reference: Reference,
        column: pl.Series,
        own: KeyMap,
        own_rows: pl.DataFrame | None,
        *,
        any_row: bool,
    ) -> tuple[pl.Series, pl.Series]:
        """What the column holds in place of row indexes (null stays null), and where an index leads nowhere."""
        target = self._registry.target(seeder, reference)
        lookup = Lookup(self, target, own if target is seeder else self.keys(target), any_row=any_row)
        if reference.json_key:
            resolved, missing = resolve_json(column, reference.json_key, lookup)
        else:
            resolved, missing = lookup.resolve(column)
        if reference.by is not None:
            resolved = self._values.of(target, reference, column, resolved, own=own if target is seeder else None)
            return resolved, resolved.is_null()
        if counts_keys(target.config.model):
            return (resolved.cast(pl.String) if reference.textual else resolved), missing
        if reference.json_key or reference.when:
            raise GenerationError(f"{seeder.name}.{reference} holds integers, and those are no keys of {target.name}.")
        resolved = self._given_values(target, reference, resolved, own_rows if target is seeder else None)
        return resolved, resolved.is_null()

    def _given_values(
        self, target: BaseSeeder, reference: Reference, numbers: pl.Series, own_rows: pl.DataFrame | None
    ) -> pl.Series:
        """The keys of rows, given by their numbers; null stays null."""
        rows = self.given_rows(target, own_rows)
        names = [name for name in rows.columns if name != NUMBER]
        if len(names) > 1:
            raise GenerationError(f"{reference} refers to {reference.target_table}, whose key has several columns.")
        wanted = numbers.cast(pl.Int64).alias(NUMBER)
        if not names:
            return self._known(wanted, numbers.clear(len(numbers)))
        found = wanted.to_frame().join(rows, on=NUMBER, how="left", maintain_order="left")
        return self._known(wanted, found.get_column(names[0]))

    def _known(self, _numbers: pl.Series, keys: pl.Series) -> pl.Series:
        """The keys of rows with these numbers; a row of which there is none is not there."""
        return keys


class OfflineResolver(Resolver):
    """What a resolver knows so far, for a thread that may not query the database: it raises NotKnownYetError instead."""

    def __init__(self, known: Resolver) -> None:
        super().__init__(known._registry, known._ledger, known._dataset)  # noqa: SLF001 - a view of the same class
        self._keys, self._adopted, self._whole = known._keys, known._adopted, known._whole  # noqa: SLF001
        self.recipes = known.recipes
        self._identities, self._real, self._live = known._identities, known._real, known._live  # noqa: SLF001
        self._values = known._values.offline(self)  # noqa: SLF001

    def _read_keys(self, seeder: BaseSeeder) -> None:
        raise NotKnownYetError

    def _read_identity(self, table: str, live: TableSchema | None) -> RowIdentity | None:
        raise NotKnownYetError

    def _matches(self, seeder: BaseSeeder, index: Integers, data: pl.DataFrame | None) -> Iterator[Match]:
        raise NotKnownYetError

    def _known(self, numbers: pl.Series, keys: pl.Series) -> pl.Series:
        """A row of which there is no key may be of the batch that is being written."""
        if (numbers.is_not_null() & keys.is_null()).any():
            raise NotKnownYetError
        return keys

    def repeated(self, seeder: BaseSeeder, rows: pl.DataFrame, groups: pl.Series) -> pl.Series:
        """It cannot be asked here."""
        raise NotKnownYetError
