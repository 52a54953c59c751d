"""The seeded rows of one database, and the seeders that can generate them again."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from threading import Event
from typing import Any

from django.db import connections

from seeding.comparison.changed_rows import ChangeDetector, Compared, can_be_repeated
from seeding.comparison.rendered_rows import KEY
from seeding.exceptions import ConfigurationError
from seeding.generation.datasets import Dataset
from seeding.generation.registry import Registry, near
from seeding.generation.seeder_columns import derived_columns
from seeding.generation.seeders import BaseSeeder
from seeding.keys import NOTHING, KeyMap, KeySet, union
from seeding.ledger.key_recipes import VALUES
from seeding.ledger.queries import Ledger
from seeding.ledger.reference_resolution import Resolver
from seeding.ledger.row_identity import RowIdentity
from seeding.models import SeedingMetadata
from seeding.restoration.likeness import Likeness
from seeding.schema.introspection import all_tables
from seeding.schema.tables import TableSchema
from seeding.verification.referring_rows import Tracer

SAMPLE = 10_000
"""Rows that tell how rare a value is."""
UNREPEATABLE = "another version of its seeder or of Faker has made them"
GONE = "the table is gone"
REASONS: Mapping[str, str] = {
    SeedingMetadata.Origin.SOURCE: "loaded from files",
    SeedingMetadata.Origin.RECEIVER: "created by receivers of the application",
}


Cells = Mapping[int, Mapping[str, Any]]
"""Row index → column → value; references as the indexes of the rows that they lead to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exceptions:
    """What seeded rows are to be instead of what was seeded."""

    values: Mapping[str, Cells] = field(default_factory=dict)
    """Seeder → the values that its rows are to hold."""
    absent: Mapping[str, KeySet] = field(default_factory=dict)
    """Seeder → the indexes of the rows that are not to be there."""


NONE = Exceptions()


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One seeder's rows of one table, according to the ledger."""

    name: str
    """The seeder's."""
    table: str
    batches: Sequence[SeedingMetadata]
    seeder: BaseSeeder | None
    """None if there is no such seeder here."""
    unknown: Mapping[str, KeyMap]
    """Why rows cannot be generated again → their indexes and keys."""

    @property
    def keys(self) -> KeyMap:
        """The indexes and keys of all its rows."""
        return KeyMap.of(one for batch in self.batches for one in batch.key_ranges)

    @property
    def known(self) -> KeyMap:
        """Those of the rows that can be generated again."""
        return self.keys.split(union(one.key_set() for one in self.unknown.values()))[1]

    @property
    def is_unknown(self) -> bool:
        """Whether no row can be generated again."""
        return len(self.known) == 0


class GeneratedRows:
    """Of the rows in one ledger. The lock is held by whoever looks at them."""

    def __init__(self, using: str, registry: Registry, ledger: Ledger | None = None, exceptions: Exceptions = NONE) -> None:
        self.using = using
        self.exceptions = exceptions
        self.left_out: set[str] = set()
        """Seeders of rows to which nothing may refer."""
        self.ended = Event()
        """Set when nobody waits any more for what is compared."""
        self._likeness: dict[str, Likeness] = {}
        self.registry = registry
        self.ledger = ledger or Ledger(using)
        self.there: Mapping[str, TableSchema] = all_tables(connections[using], self.ledger.tables())
        self.tracer = Tracer(using, self.ledger.identities(self.there))
        self.dataset: Dataset | None = self.ledger.dataset(generated=True)

    def twin(self, ended: Event) -> GeneratedRows:
        """The same for the thread that calls it, which has another connection, until it has `ended`."""
        twin = GeneratedRows(self.using, self.registry, exceptions=self.exceptions)
        twin.ended = ended
        twin._likeness = self._likeness  # both judge strangers by the same rows
        return twin

    @cached_property
    def resolver(self) -> Resolver:
        """What turns the indexes of parents into their keys."""
        assert self.dataset is not None  # without one, there is nothing to compare
        return Resolver(self.registry, self.ledger, self.dataset, live=self.there)

    def tables(self, asked: Collection[str]) -> list[str]:
        """The tables that were asked for, else all with seeded rows; raises ConfigurationError for one without any."""
        seeded = sorted(self.ledger.tables())
        for table in asked:
            if table not in seeded:
                raise ConfigurationError(f"No rows of {table!r} are seeded. {near(table, seeded) if seeded else ''}".strip())
        return [table for table in seeded if not asked or table in asked]

    def parts(self, table: str) -> Iterator[Part]:
        """The table's rows, seeder by seeder."""
        found: dict[str, list[SeedingMetadata]] = {}
        for batch in self.ledger.live.filter(table_name=table).select_related("run").order_by("seeder_name", "first_index"):
            found.setdefault(batch.seeder_name, []).append(batch)
        return (self._part(name, table, batches) for name, batches in found.items())

    def identity(self, table: str) -> RowIdentity:
        """How the table's seeded rows are found."""
        return self.tracer.identity(table, self.there[table].primary_key)

    def detector(self, seeder: BaseSeeder) -> ChangeDetector:
        """What compares the seeder's rows, in all columns but those that follow from other rows."""
        assert self.dataset is not None
        table, ignored = self.there[seeder.config.table_name], derived_columns(seeder, self.dataset)
        identity = self.identity(table.name)
        return ChangeDetector(self.using, seeder, self.dataset, self.resolver, table, identity=identity, ignored=ignored)

    def compared(self, part: Part, among: KeySet) -> Iterator[Compared]:
        """The rows of `part` that are `among` these keys, compared with what they are to be, apart from the exceptions."""
        assert part.seeder is not None  # nothing else can be generated
        excepted = self.exceptions.values.get(part.name, {})
        for found in self.detector(part.seeder).compared(part.batches, among):
            if self.ended.is_set():
                return
            if not (found.differing and excepted):
                yield found
                continue
            index = dict(zip(found.keys.tolist(), found.index.tolist(), strict=True))
            left = {
                key: tuple(name for name in columns if name not in excepted.get(index[key], ()))
                for key, columns in found.differing.items()
            }
            yield replace(found, differing={key: columns for key, columns in left.items() if columns})

    def leave_out(self, seeder: BaseSeeder, lost: KeySet) -> None:
        """Let no reference lead to these rows."""
        if lost:
            self.left_out.add(seeder.name)
            self.resolver.leave_out(seeder, lost)

    def strangers(self, part: Part, found: Compared) -> KeySet:
        """The rows that differ so much that they may be others, under keys that were used again.

        The seeder's first rows decide how much a value tells, whether they are there or not.
        """
        if not found.differing or all(batch.key_recipe not in ("", VALUES) for batch in part.batches):
            return NOTHING  # keys that nobody uses again: UUIDs
        if part.name not in self._likeness:
            assert part.seeder is not None  # nothing else can be generated
            live, first = self.there[part.table], self.detector(part.seeder).expected(next(part.known.parts(SAMPLE)))
            unique = {names[0] for names in live.unique if len(names) == 1}
            self._likeness[part.name] = Likeness(first, {KEY, *live.key}, unique)
        excepted = self.exceptions.values.get(part.name, {})
        index = dict(zip(found.keys.tolist(), found.index.tolist(), strict=True)) if excepted else {}
        columns = {key: tuple(excepted[index[key]]) for key in found.differing if index.get(key) in excepted}
        return self._likeness[part.name].strangers(found, columns)

    def _part(self, name: str, table: str, batches: Sequence[SeedingMetadata]) -> Part:
        seeder = self.registry.by_name.get(name)
        seeder = seeder if seeder is not None and seeder.config.table_name == table else None
        unknown: dict[str, list[Sequence[int]]] = {}
        for batch in batches:
            if why := self._reason(batch, seeder):
                unknown.setdefault(why, []).extend(batch.key_ranges)
        told = {why: KeyMap.of(ranges) for why, ranges in unknown.items()}
        return Part(name=name, table=table, batches=batches, seeder=seeder, unknown=told)

    def _reason(self, batch: SeedingMetadata, seeder: BaseSeeder | None) -> str:
        if batch.table_name not in self.there:
            return GONE
        if batch.origin in REASONS:
            return REASONS[batch.origin]
        if seeder is None or self.dataset is None:
            return f"{batch.seeder_name} is not there any more"
        return "" if can_be_repeated(batch, seeder) else UNREPEATABLE
