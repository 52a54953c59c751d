"""What is looked up once to explain a row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db import connections, models

from seeding.comparison.stored_rows import StoredRows
from seeding.explanation.provenance import Provenance, model_of
from seeding.explanation.values import dashed
from seeding.generation.datasets import Dataset
from seeding.generation.own_tables import own_table
from seeding.generation.registry import Registry
from seeding.generation.rows import faker_version
from seeding.generation.seeders import BaseSeeder
from seeding.keys import KeySet
from seeding.ledger.queries import Ledger, generator_version
from seeding.ledger.reference_resolution import Resolver
from seeding.ledger.row_identity import RowIdentity
from seeding.masking.classification import personal_columns
from seeding.models import SeedingMetadata
from seeding.schema.introspection import all_tables
from seeding.schema.kinds import base_of
from seeding.schema.references import column_name, key_columns
from seeding.schema.tables import TableSchema
from seeding.verification.referring_rows import Tracer

ORIGINS: Mapping[str, str] = {
    SeedingMetadata.Origin.SOURCE: "it was loaded from files",
    SeedingMetadata.Origin.RECEIVER: "a receiver of the application created it",
}


@dataclass(frozen=True, kw_only=True)
class RowContext:
    """A seeded row in its database. Raises SchemaError if rows of any table were seeded under another primary key."""

    using: str
    registry: Registry
    origin: Provenance

    @property
    def entry(self) -> SeedingMetadata:
        """The row's batch."""
        return self.origin.entry

    @property
    def table(self) -> str:
        """The row's table."""
        return self.entry.table_name

    @cached_property
    def ledger(self) -> Ledger:
        """The database's ledger."""
        return Ledger(self.using)

    @cached_property
    def there(self) -> Mapping[str, TableSchema]:
        """The live tables."""
        return all_tables(connections[self.using], self.ledger.tables())

    @cached_property
    def tracer(self) -> Tracer:
        """What follows links between rows."""
        return Tracer(self.using, self.ledger.identities(self.there))

    @cached_property
    def identity(self) -> RowIdentity:
        """How the table's seeded rows are found."""
        return self.identity_of(self.table)

    @cached_property
    def dataset(self) -> Dataset | None:
        """The dataset of the generated rows."""
        return self.ledger.dataset(generated=True)

    @cached_property
    def resolver(self) -> Resolver:
        """What turns row indexes into keys."""
        assert self.dataset is not None  # rows that were generated have one
        return Resolver(self.registry, self.ledger, self.dataset, live=self.there)

    @cached_property
    def seeder(self) -> BaseSeeder | None:
        """The row's seeder; None if there is none of that name, or it fills another table now."""
        seeder = self.registry.by_name.get(self.entry.seeder_name)
        return seeder if seeder is not None and seeder.config.table_name == self.table else None

    @cached_property
    def model(self) -> type[models.Model] | None:
        """The model of the table."""
        found = model_of(self.table) if self.seeder is None else self.seeder.config.model
        return None if found is None else own_table(found)

    @property
    def live(self) -> TableSchema:
        """The live table."""
        return self.there[self.table]

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The columns that both the model and the table have, in the model's order."""
        named = () if self.model is None else map(column_name, self.model._meta.concrete_fields)
        return tuple(name for name in named if name in self.live.columns)

    @property
    def numbers(self) -> KeySet:
        """The row, as a set of keys."""
        return KeySet.of([(self.origin.number, self.origin.number)])

    @cached_property
    def stored(self) -> Mapping[str, Any]:
        """What the database holds: column → value; empty if the row is not there."""
        if self.model is None:
            return {}
        rows = StoredRows(self.using, self.model, self.live, self.identity)
        found = rows.values({(self.origin.number, column) for column in self.columns})
        return {column: value for (_, column), value in found.items()}

    @cached_property
    def obstacle(self) -> str:
        """Why the row's values cannot be made again, as far as the ledger tells; empty if they can."""
        entry, name = self.entry, self.entry.seeder_name
        if entry.origin in ORIGINS:
            return ORIGINS[entry.origin]
        if self.seeder is None:
            return f"{name} is not there any more"
        if entry.generator_version != (now := generator_version(self.seeder)):
            return f"version {entry.generator_version} of {name} made it, and it is version {now} now"
        if entry.run.faker_version != (faker := faker_version()):
            return f"it was made with Faker {entry.run.faker_version}, and Faker {faker} is installed"
        return ""

    @cached_property
    def uuids(self) -> frozenset[str]:
        """The columns of the table that hold UUIDs."""
        return frozenset() if self.model is None else _uuids(self.model)

    def shown(self, table: str, key: Any) -> str:
        """A key of a table as a query reads it, for a person."""
        text = ", ".join(map(str, key)) if isinstance(key, (list, tuple)) else str(key)
        model = model_of(table)
        is_uuid = model is not None and not _uuids(model).isdisjoint(key_columns(model))
        return dashed(text) if is_uuid else text

    def identity_of(self, table: str) -> RowIdentity:
        """How the seeded rows of a live table are found."""
        return self.tracer.identity(table, self.there[table].primary_key)

    def personal(self, table: str) -> frozenset[str]:
        """The columns of a live table that hold personal data: as seeders or the project say, else by their names."""
        found = personal_columns(self.registry, self.there[table])
        return found.union(self.entry.masked_fields) if table == self.table else found


def _uuids(model: type[models.Model]) -> frozenset[str]:
    """The columns of a model that hold UUIDs."""
    return frozenset(column_name(one) for one in model._meta.concrete_fields if isinstance(base_of(one), models.UUIDField))
