"""Writing the ledger: in the same transactions that insert and delete rows."""

from __future__ import annotations

import getpass
import os
import socket
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from django.db import IntegrityError, connections, transaction
from django.db.models import Model

from seeding.db.sql import quoted
from seeding.exceptions import InsertionError
from seeding.generation.seeders import BaseSeeder
from seeding.generation.value_rules.profile_rules import ProfileRules
from seeding.keys import KeyMap, KeySet
from seeding.ledger.given_keys import WrittenKeys
from seeding.ledger.key_recipes import RISING, VALUES, digest, digits_of, keys_of
from seeding.ledger.queries import Ledger, generator_version, receivers_of
from seeding.ledger.row_digests import digests
from seeding.ledger.row_identity import RowIdentity, identity_of, split, stored
from seeding.models import BatchQuerySet, SeedingMetadata, SeedRun, insert_silently
from seeding.schema.introspection import read_tables
from seeding.schema.references import key_columns
from seeding.schema.tables import TableSchema


class BatchTakenError(Exception):
    """The ledger already has a live batch with rows of this one."""


class KeysTakenError(Exception):
    """Another session used a key of the reserved range; the batch is retried with another range."""


class Recorder(Ledger):
    """The writable ledger of one database; what needs the lock is for its holder only."""

    def open_run(self, **values: Any) -> SeedRun:
        """Record that a run begins, in its own transaction."""
        return insert_silently(
            self.runs,
            host=socket.gethostname(),
            process_id=os.getpid(),
            user=getpass.getuser(),
            **{"started_at": datetime.now(UTC), **values},
        )

    def opened_run(self, started_at: datetime) -> SeedRun | None:
        """The run that this process has opened with this time, if it is recorded."""
        return self.runs.filter(host=socket.gethostname(), process_id=os.getpid(), started_at=started_at).first()

    def note(self, run: SeedRun, phase: str, results: Sequence[Mapping[str, Any]]) -> None:
        """Record the run's phase and what has ended, for other processes to read."""
        self.runs.filter(pk=run.pk).update(phase=phase, results=results)

    def close_run(self, run: SeedRun, state: SeedRun.State, **values: Any) -> None:
        """Record how the run ended; `error` is for one that did not complete."""
        self.runs.filter(pk=run.pk).update(state=state, phase="", finished_at=datetime.now(UTC), **values)

    def is_unfinished(self) -> bool:
        """Whether the last run that changed seeded rows did not complete: it is running, was interrupted or gave up."""
        last = self._last_run()
        return last is not None and (last.state in (SeedRun.State.RUNNING, SeedRun.State.INTERRUPTED) or bool(last.error))

    def stale_tables(self) -> frozenset[str]:
        """The tables on which derived columns may be stale: all that were ever seeded, if the last run did not complete.

        If it did, those that it has left so.
        """
        if self.is_unfinished():
            return self.tables_ever()
        last = self._last_run()
        return frozenset() if last is None else frozenset(last.plan.get("stale", ()))

    def _last_run(self) -> SeedRun | None:
        return self.runs.filter(command__in=("seed", "seed_rollback", "seed_reset")).order_by("-pk").first()

    def close_dead_runs(self) -> int:
        """Mark every run still recorded as running as interrupted; only for the lock's holder. Returns how many."""
        return self.runs.filter(state=SeedRun.State.RUNNING).update(
            state=SeedRun.State.INTERRUPTED, phase="", finished_at=datetime.now(UTC), error="found dead: its lock was free"
        )

    def record(self, run: SeedRun, seeder: BaseSeeder, keys: KeyMap, skipped: Sequence[Sequence[int]]) -> SeedingMetadata:
        """Record the batch, inside the transaction that inserts its rows and before they are inserted.

        Raises BatchTakenError if the ledger already has one that begins with the same row; of others, `require_new` tells. The
        transaction is to be undone then.
        """
        if not transaction.get_connection(self.using).in_atomic_block:
            raise RuntimeError("a ledger entry commits with its rows: open the transaction first")
        try:
            entry = insert_silently(
                self.batches,
                run=run,
                table_schema=self.schema_of(seeder.config.table_name),
                table_name=seeder.config.table_name,
                seeder_name=seeder.name,
                origin=SeedingMetadata.Origin.SOURCE if seeder.config.is_real else SeedingMetadata.Origin.GENERATED,
                masking_key=seeder.config.masking_key,
                generator_version=generator_version(seeder),
                profile="" if seeder.config.is_real else _digest_of_table(run.profile_rules, seeder.config.table_name),
                key_columns=list(key_columns(seeder.config.model)),
                environment=run.environment,
                masked_fields=sorted(seeder.config.pii_fields) if seeder.config.masking != "none" else [],
                created_at=datetime.now(UTC),
                **_extent(keys, skipped),
            )
        except IntegrityError as error:
            raise BatchTakenError from error
        return entry

    def within(self, entry: SeedingMetadata, seeder: BaseSeeder, keys: KeyMap) -> BatchQuerySet:
        """The seeder's other live batches that begin within the one of `entry`, which was recorded with these keys.

        One of the same rows, the first of which the database rejected, begins later (`amend`): the unique constraint does not
        catch it.
        """
        extent = (int(keys.ranges[0, 0]), int(keys.ranges[-1, :2].sum()) - 1)
        return self._batches(seeder).exclude(pk=entry.pk).filter(first_index__range=extent)

    def require_new(self, entry: SeedingMetadata, seeder: BaseSeeder, keys: KeyMap) -> None:
        """Raise BatchTakenError if another live batch has rows of this one; the transaction is to be undone then."""
        if keys.lookup(self.within(entry, seeder, keys).key_map().pairs()[0])[1].any():
            raise BatchTakenError

    def record_created(self, run: SeedRun, seeder: BaseSeeder, model: type[Model], keys: KeyMap) -> SeedingMetadata:
        """Record rows that receivers have created while the seeder's rows were saved, in the same transaction.

        Their keys are their indexes. Raises InsertionError if the ledger has one of them.
        """
        try:
            with transaction.atomic(using=self.using):
                return insert_silently(
                    self.batches,
                    run=run,
                    table_schema=self.schema_of(model._meta.db_table),
                    table_name=model._meta.db_table,
                    seeder_name=receivers_of(seeder.name),
                    origin=SeedingMetadata.Origin.RECEIVER,
                    generator_version=generator_version(seeder),
                    profile="" if seeder.config.is_real else _digest_of_table(run.profile_rules, seeder.config.table_name),
                    key_columns=list(key_columns(model)),
                    environment=run.environment,
                    created_at=datetime.now(UTC),
                    **_extent(keys, ()),
                )
        except IntegrityError as error:
            words = "the ledger has a row under the key of one that a receiver has created; roll it back first"
            raise InsertionError(f"{model._meta.db_table}: {words}. The batch was rolled back.") from error

    def complete(
        self,
        entry: SeedingMetadata,
        keys: KeyMap,
        table: TableSchema,
        written: WrittenKeys | None = None,
        compared: Sequence[str] = (),
    ) -> RowIdentity:
        """Record the whole keys of the inserted rows, as they are stored; returns how the rows are found from now on.

        `written` are the keys of rows that the ledger numbers. Where somebody could use a key again, digests of the columns
        `compared` tell whether the row is still this one. Without either, it does nothing if the number is the whole key.
        Raises KeysTakenError if another session has inserted such numbers too.
        """
        identity = identity_of(connections[self.using], table) if written is None else written.identity
        if not ((identity.others or compared) and len(keys)):
            return identity
        recipe = "" if written is None else written.recipe
        if identity.others:
            identity = identity.of(identity.read(table.name, keys.key_set(), are_rising=recipe in RISING))
            if identity.rows.height > len(keys):
                raise KeysTakenError
        if recipe in ("", VALUES):
            told: dict[str, Any] = {}
            if compared:
                found = digests(table, identity, keys.key_set(), compared)
                told = {"compared": list(compared), "digests": [found.get(one, "") for one in keys.pairs()[1].tolist()]}
            held: dict[str, Any] = {"key_recipe": recipe, "key_values": stored(identity, keys) | told}
        else:
            digits = keys_of(recipe, entry.run.seed, entry.seeder_name, keys.pairs()[0])
            held = {"key_recipe": recipe, "key_digest": digest(digits)}
        self.batches.filter(pk=entry.pk).update(key_columns=list(table.key), **held)
        return identity

    def renew_digests(self, table: TableSchema, identity: RowIdentity, keys: KeySet) -> None:
        """Record what the rows `keys` hold now, of those whose digests are recorded: they are still what was seeded."""
        batches = self.live.filter(table_name=table.name, key_values__isnull=False)
        for pk, ranges in list(batches.values_list("pk", "key_ranges")):
            numbers = KeyMap.of(ranges).pairs()[1]
            if not keys.has(numbers).any():
                continue
            held: Any = self.live.get(pk=pk).key_values
            if "digests" not in held:
                continue
            now = digests(table, identity, keys & KeySet.holding(numbers), held["compared"])
            told = [now.get(one, was) for one, was in zip(numbers.tolist(), held["digests"], strict=True)]
            if told != held["digests"]:
                self.batches.filter(pk=pk).update(key_values={**held, "digests": told})

    def amend(self, entry: SeedingMetadata, keys: KeyMap, skipped: Sequence[Sequence[int]]) -> None:
        """Correct the entry of the open transaction, after the database has rejected some of its rows."""
        batch = self.batches.filter(pk=entry.pk)
        if len(keys):
            batch.update(**_extent(keys, skipped))
        else:
            batch._raw_delete(self.using)  # noqa: SLF001 - it sends no signals

    def retire(self, entries: Iterable[SeedingMetadata], gone: KeySet, run: SeedRun) -> None:
        """Mark the keys `gone` of the live entries as rolled back, inside the transaction that deletes their rows.

        If some rows of a batch stay, a second entry records those that were rolled back.
        """
        marks = {"live": None, "rolled_back_at": datetime.now(UTC), "rolled_back_by": run.user, "rolled_back_in_id": run.pk}
        whole = []
        for entry in entries:
            undone, staying = entry.key_map.split(gone)
            if not len(staying):
                whole.append(entry.pk)
            elif len(undone):
                rest, parted = _parts(entry, staying), _parts(entry, undone)
                self.live.filter(pk=entry.pk).update(**_extent(staying, entry.skipped_ranges), **rest)
                values = {field.attname: getattr(entry, field.attname) for field in entry._meta.concrete_fields}
                insert_silently(self.batches, **{**values, "id": None, **marks, **_extent(undone, ()), **parted})
        self.live.filter(pk__in=whole).update(**marks)

    def announce_truncation(self, table: str, run: SeedRun) -> list[SeedingMetadata]:
        """Record that the table is about to be emptied: its entries stay live, with time and account. Returns them."""
        entries = self.live.filter(table_name=table)
        entries.update(rolled_back_at=datetime.now(UTC), rolled_back_by=run.user, rolled_back_in=run)
        return list(entries)

    def settle_truncations(self, *, came_to_pass: bool | None = None) -> None:
        """Record whether the announced truncations happened; if that is unknown, their tables' rows decide."""
        announced = self.live.filter(rolled_back_at__isnull=False)
        for table in set(announced.values_list("table_name", flat=True)):
            entries = announced.filter(table_name=table)
            if self._lacks_rows(table, entries) if came_to_pass is None else came_to_pass:
                entries.update(live=None)
            else:
                entries.update(rolled_back_at=None, rolled_back_by="", rolled_back_in=None)

    def _lacks_rows(self, table: str, entries: BatchQuerySet) -> bool:
        connection, keys = connections[self.using], entries.key_set()
        there = read_tables(connection, [table])
        if table not in there:
            return bool(keys)
        identity, present = self.identities(there).get(table) or identity_of(connection, there[table]), 0
        with connection.cursor() as cursor:
            for _, (condition, values) in identity.pieces(keys):
                cursor.execute(f"SELECT COUNT(*) FROM {quoted(connection, table)} WHERE {condition}", values)  # noqa: S608
                present += cursor.fetchone()[0]
        return present < len(keys)


def _parts(entry: SeedingMetadata, kept: KeyMap) -> dict[str, Any]:
    """What the ledger holds of the keys of the entry's rows that are in `kept`; nothing if the number is the whole key."""
    if entry.key_recipe not in ("", VALUES):
        return {"key_digest": digest(digits_of(entry, kept))}
    return {} if entry.key_values is None else {"key_values": split(entry.key_values, entry.key_map, kept)}


def _extent(keys: KeyMap, skipped: Sequence[Sequence[int]]) -> dict[str, Any]:
    ranges = keys.as_lists()
    return {
        "first_index": ranges[0][0],
        "key_ranges": ranges,
        "record_count": len(keys),
        "skipped_ranges": [list(one) for one in skipped],
        "skipped_count": sum(count for _, count in skipped),
    }


@lru_cache(maxsize=1_024)
def _digest_of_table(rules: str, table: str) -> str:
    """The digest of a table's rules among those of a run."""
    return ProfileRules.of(rules).of_table(table)
