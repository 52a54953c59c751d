"""Reading the ledger: what is seeded, under which keys, of which dataset."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db import connections, models

from seeding.exceptions import ConfigurationError, SchemaError
from seeding.generation.datasets import Dataset
from seeding.generation.seeders import BaseSeeder
from seeding.generation.streams import GENERATOR_VERSION
from seeding.generation.value_rules.profile_rules import ProfileRules
from seeding.keys import KeyMap, KeySet, union
from seeding.ledger.key_recipes import VALUES, digits_of
from seeding.ledger.row_digests import Digests, recorded_digests
from seeding.ledger.row_identity import RowIdentity, by_recipe, identity_of, recorded
from seeding.models import LEDGER_MODELS, BatchQuerySet, MaskedBatch, SeedingMetadata, SeedRun
from seeding.schema.introspection import lacking, read_schemas, read_tables, schemas_with
from seeding.schema.tables import TableSchema

CLAIM = "claim"
"""The command of a run that only claims an environment for the database."""
MIGRATE = "Create it with: python manage.py migrate"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedKey:
    """What the ledger holds of the keys of some rows."""

    columns: tuple[str, ...]
    """In alphabetical order; none where release 0.1 has seeded the rows."""
    is_of_ledger: bool
    """Whether the ledger has numbered the rows."""

    @property
    def has_more(self) -> bool:
        """Whether the ledger holds more than numbers."""
        return self.is_of_ledger or len(self.columns) > 1


def receivers_of(seeder: str) -> str:
    """Under which name the ledger has the rows that receivers created while rows of the seeder were saved."""
    return f"{seeder[:54]} (signals)"


class Ledger:
    """The ledger of one database (an alias of DATABASES)."""

    def __init__(self, using: str) -> None:
        self.using = using

    @property
    def runs(self) -> models.QuerySet[SeedRun]:
        """Every run."""
        return SeedRun.objects.using(self.using)

    @property
    def batches(self) -> BatchQuerySet:
        """Every batch, rolled back or not."""
        return SeedingMetadata.objects.using(self.using)

    @property
    def live(self) -> BatchQuerySet:
        """The batches that are in the database now."""
        return self.batches.live()

    def is_there(self) -> bool:
        """Whether the ledger's tables exist."""
        return not any(lacking(connections[self.using], LEDGER_MODELS).values())

    def require(self) -> None:
        """Raise ConfigurationError, with the fix, unless the ledger's tables exist; SchemaError if its names mean other tables.

        The name of a table with seeded rows may mean a table of another schema than when it was seeded: search_path decides.
        """
        lacks = lacking(connections[self.using], LEDGER_MODELS)
        missing = [part for parts in lacks.values() for part in parts]
        if missing:
            option = "" if self.using == "default" else f" --database={self.using}"
            raise ConfigurationError(f"The ledger is missing ({' and '.join(missing)}). {MIGRATE}{option}")
        if self.schemas:
            self._require_same_schemas()

    def _require_same_schemas(self) -> None:
        for table, then in sorted(set(self.live.values_list("table_name", "table_schema"))):
            now = self.schema_of(table)
            if table in self.schemas and now != then:
                seeded, found = (f"{one or self._own_schema}.{table}" for one in (then, now))
                raise SchemaError(
                    f"{table}: rows are seeded in {seeded}, and this connection finds {found} under that name. "
                    "Set search_path as it was. Nothing was changed."
                )

    def schema_of(self, table: str) -> str:
        """The schema of a table, empty if it is the ledger's or there are no others."""
        found = self.schemas.get(table, "")
        return "" if found == self._own_schema else found

    @cached_property
    def schemas(self) -> Mapping[str, str]:
        """Every table → its schema, where a connection finds tables in several."""
        return read_schemas(connections[self.using])

    @property
    def _own_schema(self) -> str:
        return self.schemas.get(SeedingMetadata._meta.db_table, "")

    def dataset(self, *, generated: bool = False) -> Dataset | None:
        """The dataset of the live rows, or only of the `generated` ones; None if there are none."""
        entries = (self.live.generated() if generated else self.live).select_related("run").order_by("id")
        first, last = entries.first(), entries.last()  # with its own rules, a run records those of the rows that were there
        if first is None or last is None:
            return None
        return Dataset(seed=first.run.seed, as_of=first.run.as_of, rules=ProfileRules.of(last.run.profile_rules))

    def environments(self) -> frozenset[str]:
        """The environments under which this database was ever written to since its last claim."""
        claim = self.runs.filter(command=CLAIM).order_by("-pk").values_list("pk", flat=True).first() or 0
        return frozenset(self.runs.filter(pk__gte=claim).values_list("environment", flat=True).distinct())

    def keys(self, seeder: BaseSeeder, run: SeedRun | None = None) -> KeyMap:
        """The keys of the seeder's live rows; those of one run, if given."""
        batches = self._batches(seeder)
        return (batches if run is None else batches.filter(run=run)).key_map()

    def keys_of(self, seeders: Collection[BaseSeeder]) -> Mapping[str, KeyMap]:
        """Seeder → the keys of its live rows, for all of them in one query."""
        held = {(one.name, one.config.table_name): list[Sequence[int]]() for one in seeders}
        batches = self.live.filter(seeder_name__in={name for name, _ in held})
        for name, table, ranges in batches.values_list("seeder_name", "table_name", "key_ranges").iterator():
            held.get((name, table), []).extend(ranges)
        return {name: KeyMap.of(ranges) for (name, _), ranges in held.items()}

    def key_sets(self, run: SeedRun) -> Mapping[str, KeySet]:
        """Table → the keys of the live rows that the run inserted."""
        held: dict[str, list[KeySet]] = {}
        for table, ranges in self.live.filter(run=run).values_list("table_name", "key_ranges").iterator():
            held.setdefault(table, []).append(KeyMap.of(ranges).key_set())
        return {table: union(ones) for table, ones in held.items()}

    def key_set(self, table: str) -> KeySet:
        """The keys of a table's live rows, from any seeder."""
        return self.live.filter(table_name=table).key_set()

    def identities(self, there: Mapping[str, TableSchema] | None = None) -> Mapping[str, RowIdentity]:
        """Table → how its seeded rows are found, for the tables whose primary keys are more than a number.

        `there` holds the live tables to look at; without it, those of which the ledger holds such keys are read. Raises
        SchemaError if the rows of one were seeded under another primary key: their numbers may be those of other rows by now.
        """
        connection, held = connections[self.using], self._recorded_keys()
        more = {table for table, keys in held.items() if any(one.has_more for one in keys)}
        if there is None:
            there = read_tables(connection, more)
        self.refuse_changed_keys(there)
        found = {}
        for table in held.keys() & {name for name, one in there.items() if name in more or not one.has_row_key}:
            identity = identity_of(connection, there[table], of_ledger=any(one.is_of_ledger for one in held[table]))
            found[table] = recorded(identity, self._keys_of(identity, table))
        return found

    def digests(self, table: str) -> Iterator[Digests]:
        """Those of a table's live rows whose keys somebody could use again, entry by entry."""
        return recorded_digests(self.live.filter(table_name=table, key_values__isnull=False).iterator())

    def _keys_of(self, identity: RowIdentity, table: str) -> Iterator[tuple[Any, Any]]:
        """The key ranges and the keys of the table's live entries."""
        for one in self.live.filter(table_name=table).select_related("run").iterator():
            made = one.key_values if one.key_recipe in ("", VALUES) else by_recipe(identity, digits_of(one, one.key_map))
            yield one.key_ranges, made

    def refuse_changed_keys(self, there: Mapping[str, TableSchema]) -> None:
        """Raise SchemaError if rows of one of the live tables were seeded under another primary key."""
        if changed := self.changed_keys(there):
            raise SchemaError(" ".join(f"{table}: {words}." for table, words in changed.items()))

    def changed_keys(self, there: Mapping[str, TableSchema]) -> Mapping[str, str]:
        """Table → what to do about rows that were seeded under another primary key than the live table has."""
        found = {}
        for table, keys in sorted(self._recorded_keys().items()):
            if table in there:
                now = ", ".join(sorted(there[table].key))
                for then in sorted({one.columns for one in keys if not _is_same_key(one.columns, there[table])}):
                    was = f"({', '.join(then)})" if then else "of one number"
                    found[table] = (
                        f"rows were seeded under the primary key {was}, and it is ({now}) now, which may be that "
                        "of other rows; give the table its key of then again, and roll them back"
                    )
        return found

    def _recorded_keys(self) -> Mapping[str, set[RecordedKey]]:
        """Table → the keys under which its live rows were seeded."""
        held: dict[str, set[RecordedKey]] = {}
        kinds = self.live.order_by().values_list("table_name", "key_columns", "key_recipe").distinct()
        for table, columns, recipe in kinds:
            held.setdefault(table, set()).add(RecordedKey(columns=tuple(sorted(columns)), is_of_ledger=bool(recipe)))
        return held

    def generated_keys(self, table: str) -> KeySet:
        """The keys of a table's generated rows."""
        return self.live.generated().filter(table_name=table).key_set()

    def masked_keys(self, table: str, columns: Iterable[str], *, partly: bool) -> Mapping[str, KeySet]:
        """Column → the keys of a table's seeded rows in which it holds no personal data.

        These are synthetic rows, and real ones in which the column was masked while they were loaded: it may have been
        classified since. Those that were masked in part, as in staging, count only if `partly`. What receivers have created
        may hold anything.
        """
        rows, real = self.live.filter(table_name=table).exclude(environment="production"), SeedingMetadata.Origin.SOURCE
        rows = rows.exclude(origin=SeedingMetadata.Origin.RECEIVER)
        rows = rows if partly else rows.exclude(origin=real, environment="staging")
        held: dict[frozenset[str] | None, list[KeySet]] = {}
        for origin, masked, ranges in rows.values_list("origin", "masked_fields", "key_ranges").iterator():
            held.setdefault(frozenset(masked) if origin == real else None, []).append(KeyMap.of(ranges).key_set())
        keys = {masked: union(ones) for masked, ones in held.items()}
        return {
            column: union(ones for masked, ones in keys.items() if masked is None or column in masked) for column in columns
        }

    def masking_keys(self) -> frozenset[str]:
        """The fingerprints of the keys with which anything in this database was masked."""
        loaded = self.live.exclude(masking_key="").values_list("masking_key", flat=True).distinct()
        masked = MaskedBatch.objects.using(self.using).values_list("key_fingerprint", flat=True).distinct()
        return frozenset(loaded).union(masked)

    def refuse_another_key(self, fingerprint: str) -> None:
        """Raise ConfigurationError if anything in this database was masked with a key of another fingerprint."""
        for other in sorted(self.masking_keys() - {fingerprint}):
            raise ConfigurationError(
                f"This database was masked with the key {other}, and SEEDING_MASKING_KEY is {fingerprint}: "
                "equal values would become different ones. Set the key of before, or restore or roll back first."
            )

    def refuse_moved(self, tables: Iterable[str]) -> None:
        """Raise SchemaError if one was masked in a schema that has no such table now: its masks would be masked again."""
        masked = MaskedBatch.objects.using(self.using).order_by().values_list("table_name", "table_schema").distinct()
        places = sorted(masked.filter(table_name__in=tables)) if self.schemas else []
        for table, then in places:
            now = self.schema_of(table)
            if then != now and (then or self._own_schema) not in schemas_with(connections[self.using], table):
                masked_in, found = (f"{one or self._own_schema}.{table}" for one in (then, now))
                raise SchemaError(
                    f"{table}: values are masked in {masked_in}, which does not exist now; this connection finds {found}. "
                    "If it was moved, move it back; if it was dropped, create an empty one there. Nothing was changed."
                )

    def masked_batches(self, table: str) -> models.QuerySet[MaskedBatch]:
        """What `seed_mask` has done to a table."""
        return MaskedBatch.objects.using(self.using).filter(table_name=table, table_schema=self.schema_of(table))

    def by_seeder(self) -> Mapping[tuple[str, str], KeySet]:
        """(seeder, table) → the keys of its live rows, whether or not the seeder still exists."""
        found: dict[tuple[str, str], list[tuple[int, int]]] = {}
        for seeder, table, held in self.live.values_list("seeder_name", "table_name", "key_ranges").iterator():
            found.setdefault((seeder, table), []).extend((key, key + count - 1) for _, count, key in held)
        return {name: KeySet.of(bounds) for name, bounds in found.items()}

    def tables_ever(self) -> frozenset[str]:
        """The tables that hold seeded rows or once did."""
        return frozenset(self.batches.values_list("table_name", flat=True).distinct())

    def rows(self) -> int:
        """How many rows are seeded, in all tables."""
        return int(self.live.aggregate(rows=models.Sum("record_count"))["rows"] or 0)

    def tables(self) -> frozenset[str]:
        """The tables that hold seeded rows."""
        return frozenset(self.live.values_list("table_name", flat=True).distinct())

    def names(self) -> frozenset[str]:
        """The tables that hold seeded rows, and those in which `seed_mask` has masked rows."""
        masked = MaskedBatch.objects.using(self.using).values_list("table_name", flat=True).order_by().distinct()
        return self.tables().union(masked)

    def versions(self, seeder: BaseSeeder) -> frozenset[str]:
        """The generator versions of the seeder's live rows."""
        return frozenset(self._batches(seeder).values_list("generator_version", flat=True).distinct())

    def seeders_of(self, batches: Collection[int]) -> list[str]:
        """The names of the seeders of these entries, live or not."""
        entries = self.batches.filter(pk__in=batches)
        return sorted(set(entries.values_list("seeder_name", flat=True)))

    def _batches(self, seeder: BaseSeeder) -> BatchQuerySet:
        return self.live.filter(table_name=seeder.config.table_name, seeder_name=seeder.name)


def _is_same_key(then: Collection[str], table: TableSchema) -> bool:
    """Whether the table still has the key that the ledger holds; release 0.1 seeded under one number and did not name it."""
    return {one.lower() for one in then} == {one.lower() for one in table.key} if then else table.has_row_key


def generator_version(seeder: BaseSeeder) -> str:
    """The engine's version and the seeder's: rows of different versions are not comparable."""
    return f"{GENERATOR_VERSION}.{seeder.config.version}"
