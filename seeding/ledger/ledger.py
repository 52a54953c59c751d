"""Reading and writing the ledger: what is here, under which keys, of which dataset."""

from __future__ import annotations

import getpass
import os
import socket
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

from django.db import IntegrityError, connections, models, transaction

from seeding.db.sql import quoted
from seeding.exceptions import ConfigurationError
from seeding.generation.rows import GENERATOR_VERSION
from seeding.generation.seeders import SOURCE, BaseSeeder, Dataset
from seeding.keys import KeyMap, KeySet, union
from seeding.models import MaskedBatch, SeedingMetadata, SeedRun
from seeding.schema.introspection import lacking, read_tables

CLAIM = "claim"
"""The command of a run that only says what the database is."""
MIGRATE = "Create it with: python manage.py migrate"


class BatchTakenError(Exception):
    """The ledger already has a live batch with rows of this one."""


class Ledger:
    """The ledger of one database (an alias of DATABASES)."""

    def __init__(self, using: str) -> None:
        self.using = using

    @property
    def runs(self) -> models.QuerySet[SeedRun]:
        """Every run."""
        return SeedRun.objects.using(self.using)

    @property
    def live(self) -> models.QuerySet[SeedingMetadata]:
        """The batches that are in the database now."""
        return SeedingMetadata.objects.using(self.using).filter(live=True)

    def require(self) -> None:
        """Raise ConfigurationError, naming the way out, unless the ledger's tables are there."""
        lacks = lacking(connections[self.using], (SeedRun, SeedingMetadata, MaskedBatch))
        missing = [part for parts in lacks.values() for part in parts]
        if missing:
            option = "" if self.using == "default" else f" --database={self.using}"
            raise ConfigurationError(f"The ledger is missing ({' and '.join(missing)}). {MIGRATE}{option}")

    @property
    def generated(self) -> models.QuerySet[SeedingMetadata]:
        """Those of them that seeders have made up."""
        return self.live.exclude(seeder_name__startswith=SOURCE)

    def dataset(self, *, generated: bool = False) -> Dataset | None:
        """What the rows that are here are a function of; None where there are none, or none that seeders have made up."""
        entry = (self.generated if generated else self.live).select_related("run").order_by("id").first()
        return Dataset(seed=entry.run.seed, as_of=entry.run.as_of) if entry else None

    def environments(self) -> frozenset[str]:
        """The environments under which this database was ever written to, since it was last claimed to be one."""
        claim = self.runs.filter(command=CLAIM).order_by("-pk").values_list("pk", flat=True).first() or 0
        return frozenset(self.runs.filter(pk__gte=claim).values_list("environment", flat=True).distinct())

    def keys(self, seeder: BaseSeeder, run: SeedRun | None = None) -> KeyMap:
        """The keys of the seeder's live rows; those of one run, if given."""
        batches = self._batches(seeder) if run is None else self._batches(seeder).filter(run=run)
        ranges = batches.values_list("key_ranges", flat=True)
        return KeyMap.of(key_range for batch in ranges.iterator() for key_range in batch)

    def key_set(self, table: str, run: SeedRun | None = None) -> KeySet:
        """The keys of a table's live rows, whatever seeder made them; those of one run, if given."""
        return _keys(self.live.filter(table_name=table) if run is None else self.live.filter(table_name=table, run=run))

    def generated_keys(self, table: str) -> KeySet:
        """The keys of a table's rows that seeders have made up."""
        return _keys(self.generated.filter(table_name=table))

    def masked_keys(self, table: str, *, partly: bool) -> KeySet:
        """The keys of a table's seeded rows that show nobody: synthetic ones, and real ones that were masked on their way.

        Those that were masked in part, as staging has it, count only if `partly`.
        """
        rows = self.live.filter(table_name=table).exclude(environment="production")
        return _keys(rows if partly else rows.exclude(seeder_name__startswith=SOURCE, environment="staging"))

    def masking_keys(self) -> frozenset[str]:
        """The fingerprints of the keys by which anything that is here was masked."""
        loaded = self.live.filter(seeder_name__startswith=SOURCE).values_list("run__plan", flat=True).distinct()
        keys = {plan["masking"]["key"] for plan in loaded if plan.get("masking")} - {""}  # production is not masked
        masked = MaskedBatch.objects.using(self.using).values_list("key_fingerprint", flat=True).distinct()
        return frozenset(keys.union(masked))

    def refuse_another_key(self, fingerprint: str) -> None:
        """Raise ConfigurationError if anything that is here was masked with another key than the one of that fingerprint."""
        for other in sorted(self.masking_keys() - {fingerprint}):
            raise ConfigurationError(
                f"This database was masked with the key {other}, and SEEDING_MASKING_KEY is {fingerprint}: "
                "equal values would become different ones. Set the key of before, or restore or roll back first."
            )

    def masked_batches(self, table: str) -> models.QuerySet[MaskedBatch]:
        """What `seed_mask` has done to a table."""
        return MaskedBatch.objects.using(self.using).filter(table_name=table)

    def by_seeder(self) -> Mapping[tuple[str, str], KeySet]:
        """(seeder, table) → the keys of its live rows, whether or not there still is such a seeder."""
        found: dict[tuple[str, str], list[tuple[int, int]]] = {}
        for seeder, table, held in self.live.values_list("seeder_name", "table_name", "key_ranges").iterator():
            found.setdefault((seeder, table), []).extend((key, key + count - 1) for _, count, key in held)
        return {name: KeySet.of(bounds) for name, bounds in found.items()}

    def existing(self, planned: Mapping[str, int]) -> Mapping[str, int]:
        """Seeder → how many of its `planned` rows, the first so many, are here."""
        held: dict[str, list[Sequence[int]]] = {name: [] for name in planned}
        for seeder, ranges in self.live.filter(seeder_name__in=planned).values_list("seeder_name", "key_ranges").iterator():
            held[seeder] += ranges
        return {name: KeyMap.of(ranges).count_below(planned[name]) for name, ranges in held.items()}

    def tables_ever(self) -> frozenset[str]:
        """The tables that hold seeded rows or once did."""
        return frozenset(SeedingMetadata.objects.using(self.using).values_list("table_name", flat=True).distinct())

    def tables(self) -> frozenset[str]:
        """The tables that hold seeded rows."""
        return frozenset(self.live.values_list("table_name", flat=True).distinct())

    def versions(self, seeder: BaseSeeder) -> frozenset[str]:
        """The generator versions of the seeder's live rows."""
        return frozenset(self._batches(seeder).values_list("generator_version", flat=True).distinct())

    def is_unfinished(self) -> bool:
        """Whether the last run that seeded or rolled back did not come to its end: it runs, was interrupted or gave up."""
        last = self.runs.filter(command__in=("seed", "seed_rollback")).order_by("-pk").first()
        return last is not None and (last.state in (SeedRun.State.RUNNING, SeedRun.State.INTERRUPTED) or bool(last.error))

    def open_run(self, **values: Any) -> SeedRun:
        """Record that a run begins, in a transaction of its own."""
        return self.runs.create(
            host=socket.gethostname(),
            process_id=os.getpid(),
            user=getpass.getuser(),
            started_at=datetime.now(UTC),
            **values,
        )

    def note(self, run: SeedRun, phase: str, results: Sequence[Mapping[str, Any]]) -> None:
        """Record what the run is at and what has ended, for whoever looks on."""
        self.runs.filter(pk=run.pk).update(phase=phase, results=results)

    def close_run(self, run: SeedRun, state: SeedRun.State, **values: Any) -> None:
        """Record how the run ended; `error` is for one that did not come to its end."""
        self.runs.filter(pk=run.pk).update(state=state, phase="", finished_at=datetime.now(UTC), **values)

    def close_dead_runs(self) -> int:
        """Mark as interrupted whatever still says it runs; only the holder of the lock may ask. Returns how many."""
        return self.runs.filter(state=SeedRun.State.RUNNING).update(
            state=SeedRun.State.INTERRUPTED, phase="", finished_at=datetime.now(UTC), error="found dead: its lock was free"
        )

    def record(self, run: SeedRun, seeder: BaseSeeder, keys: KeyMap, skipped: Sequence[Sequence[int]]) -> SeedingMetadata:
        """Write the batch down, inside the transaction that inserts its rows and before they are inserted.

        Raises BatchTakenError if the ledger has it already.
        """
        if not transaction.get_connection(self.using).in_atomic_block:
            raise RuntimeError("a ledger entry commits with its rows: open the transaction first")
        try:
            with transaction.atomic(using=self.using):
                entry = SeedingMetadata.objects.using(self.using).create(
                    run=run,
                    table_name=seeder.config.table_name,
                    seeder_name=seeder.name,
                    generator_version=generator_version(seeder),
                    environment=run.environment,
                    masked_fields=sorted(seeder.config.pii_fields) if seeder.config.masking != "none" else [],
                    created_at=datetime.now(UTC),
                    **_extent(keys, skipped),
                )
        except IntegrityError as error:
            raise BatchTakenError from error
        # One whose first rows the database has refused begins later (`amend`): the unique constraint does not see it.
        extent = (int(keys.ranges[0, 0]), int(keys.ranges[-1, :2].sum()) - 1)
        others = self._batches(seeder).exclude(pk=entry.pk).filter(first_index__range=extent)
        if any(keys.lookup(KeyMap.of(held).pairs()[0])[1].any() for held in others.values_list("key_ranges", flat=True)):
            raise BatchTakenError
        return entry

    def amend(self, entry: SeedingMetadata, keys: KeyMap, skipped: Sequence[Sequence[int]]) -> None:
        """Correct the entry of the open transaction, after the database has refused some of its rows."""
        batch = SeedingMetadata.objects.using(self.using).filter(pk=entry.pk)
        if len(keys):
            batch.update(**_extent(keys, skipped))
        else:
            batch.delete()

    def seeders_of(self, batches: Collection[int]) -> list[str]:
        """The names of the seeders of these entries, live or not."""
        entries = SeedingMetadata.objects.using(self.using).filter(pk__in=batches)
        return sorted(set(entries.values_list("seeder_name", flat=True)))

    def retire(self, entries: Iterable[SeedingMetadata], gone: KeySet, run: SeedRun) -> None:
        """Mark what the live entries say of the keys `gone` as rolled back, inside the transaction that deletes their rows.

        Where rows of a batch stay, a second entry takes over what was rolled back.
        """
        marks = {"live": None, "rolled_back_at": datetime.now(UTC), "rolled_back_by": run.user, "rolled_back_in": run}
        whole = []
        for entry in entries:
            undone, staying = KeyMap.of(entry.key_ranges).split(gone)
            if not len(staying):
                whole.append(entry.pk)
            elif len(undone):
                self.live.filter(pk=entry.pk).update(**_extent(staying, entry.skipped_ranges))
                entry.pk = None
                for name, value in {**marks, **_extent(undone, ())}.items():
                    setattr(entry, name, value)
                entry.save(using=self.using, force_insert=True)
        self.live.filter(pk__in=whole).update(**marks)

    def announce_truncation(self, table: str, run: SeedRun) -> list[SeedingMetadata]:
        """Say that the table is about to be emptied: its entries stay live, and tell when and by whom. Returns them."""
        entries = self.live.filter(table_name=table)
        entries.update(rolled_back_at=datetime.now(UTC), rolled_back_by=run.user, rolled_back_in=run)
        return list(entries)

    def settle_truncations(self, *, came_to_pass: bool | None = None) -> None:
        """Say of the announced truncations whether they came to pass: if that is not known, as their tables look."""
        announced = self.live.filter(rolled_back_at__isnull=False)
        for table in set(announced.values_list("table_name", flat=True)):
            entries = announced.filter(table_name=table)
            if self._lacks_rows(table, _keys(entries)) if came_to_pass is None else came_to_pass:
                entries.update(live=None)
            else:
                entries.update(rolled_back_at=None, rolled_back_by="", rolled_back_in=None)

    def _lacks_rows(self, table: str, keys: KeySet) -> bool:
        quote = partial(quoted, connections[self.using])
        there = read_tables(connections[self.using], [table])
        present = 0
        with connections[self.using].cursor() as cursor:
            for first, last in keys.ranges if table in there else ():
                condition = f"{quote(there[table].primary_key)} BETWEEN %s AND %s"
                cursor.execute(f"SELECT COUNT(*) FROM {quote(table)} WHERE {condition}", [first, last])  # noqa: S608
                present += cursor.fetchone()[0]
        return present < len(keys)

    def _batches(self, seeder: BaseSeeder) -> models.QuerySet[SeedingMetadata]:
        return self.live.filter(table_name=seeder.config.table_name, seeder_name=seeder.name)


def generator_version(seeder: BaseSeeder) -> str:
    """The engine's version and the seeder's: rows of another one are not comparable."""
    return f"{GENERATOR_VERSION}.{seeder.config.version}"


def _keys(batches: models.QuerySet[SeedingMetadata]) -> KeySet:
    return union(KeyMap.of(held).key_set() for held in batches.values_list("key_ranges", flat=True).iterator())


def _extent(keys: KeyMap, skipped: Sequence[Sequence[int]]) -> dict[str, Any]:
    ranges = keys.as_lists()
    return {
        "first_index": ranges[0][0],
        "key_ranges": ranges,
        "record_count": len(keys),
        "skipped_ranges": [list(one) for one in skipped],
        "skipped_count": sum(count for _, count in skipped),
    }
