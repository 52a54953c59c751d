"""The ledger: what was seeded, by which run, under which keys. It lives in the seeded database and commits with the data."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Self, TypeVar

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

if TYPE_CHECKING:
    from seeding.keys import KeyMap, KeySet


class NameField(models.CharField):
    """A name that is equal to another only if every letter is: MySQL's default collations ignore letter case and accents."""

    def db_type(self, connection: BaseDatabaseWrapper) -> str | None:
        """With a character set that every name fits in, whatever the database's own."""
        kind = super().db_type(connection)
        return f"{kind} CHARACTER SET utf8mb4" if connection.vendor == "mysql" else kind

    def db_parameters(self, connection: BaseDatabaseWrapper) -> Any:
        """With a binary collation on MySQL and MariaDB."""
        parameters = super().db_parameters(connection)
        return {**parameters, "collation": "utf8mb4_bin"} if connection.vendor == "mysql" else parameters


SCHEMA = "The table's schema; empty for the schema of the ledger."
M = TypeVar("M", bound=models.Model)


def insert_silently(rows: models.QuerySet[M], **values: Any) -> M:
    """`rows.create` without signals: receivers of all models would write rows of which nobody knows."""
    row = rows.model(**values)
    row._save_table(cls=rows.model, force_insert=True, using=rows.db)  # type: ignore[attr-defined]  # noqa: SLF001 - the stubs leave it out, and Django has no public way
    row._state.db, row._state.adding = rows.db, False  # noqa: SLF001 - as `save` leaves it
    return row


class SeedRun(models.Model):
    """One command: who ran it, with what, and how it ended."""

    class State(models.TextChoices):
        """The state of a run; RUNNING without the lock means that the process died."""

        RUNNING = "running"
        SUCCEEDED = "succeeded"
        FAILED = "failed"
        INTERRUPTED = "interrupted"

    command = models.CharField(max_length=32)
    state = models.CharField(max_length=16, choices=State.choices, default=State.RUNNING)
    environment = models.CharField(max_length=16)
    seed = models.BigIntegerField(help_text="What every value of the dataset is a function of.")
    as_of = models.DateField(help_text="The day on which the dataset ends.")
    faker_version = models.CharField(max_length=32)
    plan = models.JSONField(default=dict, help_text="What was asked for, and `steps`: what is to be done, in order.")
    phase = models.CharField(max_length=64, blank=True, help_text="What it is at: a seeder or table, derive, verify.")
    results = models.JSONField(default=list, help_text="One result per seeder or table that has ended.")
    metrics = models.JSONField(default=dict, help_text="What it took: time, memory, queries, rows, errors.")
    exit_code = models.SmallIntegerField(null=True)
    error = models.TextField(blank=True)
    host = models.CharField(max_length=255)
    process_id = models.IntegerField()
    user = models.CharField(max_length=255, help_text="The operating system's account that ran the command.")
    requested_by = models.CharField(max_length=255, blank=True, help_text="The admin account that requested it, if any.")
    profile = models.CharField(max_length=64, blank=True, help_text="The SHA-256 of the profile, if there is one.")
    profile_rules = models.TextField(blank=True, help_text="The profile in its canonical form.")
    lock_connection = models.BigIntegerField(null=True, help_text="The database connection that holds the lock.")
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "seeding_run"
        ordering = ("-id",)
        indexes = (models.Index(fields=["state"], name="seeding_run_state"),)
        permissions = tuple((f"can_{one.replace(' ', '_')}", f"Can {one}") for one in ("seed", "roll back", "reset", "mask"))

    def __str__(self) -> str:
        return f"run {self.pk} ({self.command}, {self.state})"

    @property
    def has_no_edge_cases(self) -> bool:
        """Whether its dataset was asked to be without edge cases."""
        return json.loads(self.profile_rules or "{}").get("edge_cases") is False


class MaskedBatch(models.Model):
    """One committed batch of `seed_mask`: rows of one table whose personal data was masked in place.

    `seals` are keyed digests of (column, primary key, mask), eight bytes each. They tell masks from values written since, and
    reveal nothing about the original values.
    """

    run = models.ForeignKey(SeedRun, on_delete=models.PROTECT, related_name="masked_batches")
    table_schema = NameField(max_length=64, blank=True, help_text=SCHEMA)
    table_name = NameField(max_length=64)
    first_key = models.BigIntegerField(null=True, help_text="NULL if the primary key is not one integer.")
    last_key = models.BigIntegerField(null=True)
    mode = models.CharField(max_length=8)
    key_fingerprint = models.CharField(max_length=8)
    fields = models.JSONField(help_text="Column → how many of its values were masked.")
    seals = models.BinaryField()
    created_at = models.DateTimeField()

    class Meta:
        db_table = "seeding_masked"
        verbose_name = "masked batch"
        verbose_name_plural = "masked batches"
        ordering = ("id",)
        indexes = (models.Index(fields=["table_name", "first_key", "last_key"], name="seeding_masked_keys"),)

    def __str__(self) -> str:
        return self.table_name if self.first_key is None else f"{self.table_name} from {self.first_key} to {self.last_key}"


class BatchQuerySet(models.QuerySet["SeedingMetadata"]):
    """Batches of the ledger, and their combined keys."""

    def live(self) -> Self:
        """Those whose rows are in the database now."""
        return self.filter(live=True)

    def loaded(self) -> Self:
        """Those whose rows came from files."""
        return self.filter(origin=SeedingMetadata.Origin.SOURCE)

    def generated(self) -> Self:
        """Those whose rows were generated."""
        return self.filter(origin=SeedingMetadata.Origin.GENERATED)

    def key_map(self) -> KeyMap:
        """Row index → primary key, for batches of one seeder."""
        from seeding.keys import KeyMap

        return KeyMap.of(one for ranges in self.values_list("key_ranges", flat=True).iterator() for one in ranges)

    def key_set(self) -> KeySet:
        """The primary keys of batches of one table."""
        from seeding.keys import KeyMap, union

        return union(KeyMap.of(ranges).key_set() for ranges in self.values_list("key_ranges", flat=True).iterator())

    def rules(self) -> frozenset[str]:
        """The digests of the profiles' rules that the rows follow; the empty one for rows without any."""
        return frozenset(self.order_by().values_list("profile", flat=True).distinct())

    def recipes(self) -> dict[str, set[str]]:
        """Seeder → how the keys of its rows are made, where the server does not count them."""
        found: dict[str, set[str]] = {}
        for seeder, recipe in self.exclude(key_recipe="").order_by().values_list("seeder_name", "key_recipe").distinct():
            found.setdefault(seeder, set()).add(recipe)
        return found


class SeedingMetadata(models.Model):
    """One committed batch of one seeder: which row indexes it holds, and under which primary keys.

    Ranges are lists of `[first, count]` for indexes and `[first index, count, first key]` for keys, ascending, disjoint.
    `live` is True until the batch is rolled back, and NULL from then on. The unique constraint ignores NULLs, so at most one
    live batch starts at an index.
    """

    class Origin(models.TextChoices):
        """Where the rows come from."""

        GENERATED = "generated"
        SOURCE = "source"
        RECEIVER = "receiver"
        """A receiver of the application has created them, while rows of a seeder with `signals=True` were saved."""

    run = models.ForeignKey(SeedRun, on_delete=models.PROTECT, related_name="batches")
    origin = models.CharField(max_length=16, choices=Origin, default=Origin.GENERATED)
    table_schema = NameField(max_length=64, blank=True, help_text=SCHEMA)
    table_name = NameField(max_length=64)
    seeder_name = NameField(max_length=64)
    generator_version = models.CharField(max_length=16)
    profile = models.CharField(max_length=64, blank=True, help_text="The SHA-256 of the profile's part for the table.")
    first_index = models.BigIntegerField()
    key_ranges = models.JSONField(help_text="[first index, count, first key] of the rows that were inserted.")
    key_columns = models.JSONField(default=list, help_text="The key's columns; none in rows of release 0.1.")
    key_recipe = models.CharField(max_length=32, blank=True, help_text="How keys other than integers follow from row indexes.")
    key_values = models.JSONField(null=True, help_text="The keys themselves, if no recipe gives them.")
    key_digest = models.CharField(max_length=64, blank=True, help_text="The SHA-256 of the keys that the recipe gave.")
    skipped_ranges = models.JSONField(default=list, help_text="[first index, count] of the rows that were refused.")
    record_count = models.IntegerField(help_text="Rows inserted.")
    skipped_count = models.IntegerField(default=0, help_text="Rows refused.")
    environment = models.CharField(max_length=16)
    created_by = models.CharField(max_length=16, default="seeder")
    created_at = models.DateTimeField()
    masked_fields = models.JSONField(default=list)
    masking_key = models.CharField(max_length=8, blank=True, help_text="The fingerprint of the key that masked the rows.")
    digest = models.CharField(max_length=64, blank=True, help_text="The SHA-256 of the rows as they were read back.")
    live = models.BooleanField(null=True, default=True)
    rolled_back_at = models.DateTimeField(null=True)
    rolled_back_by = models.CharField(max_length=255, blank=True, help_text="The operating system's account that did it.")
    rolled_back_in = models.ForeignKey(
        SeedRun, on_delete=models.PROTECT, null=True, related_name="undone", help_text="The run that rolled the batch back."
    )

    objects = BatchQuerySet.as_manager()

    class Meta:
        db_table = "seeding_metadata"
        verbose_name = "seeded batch"
        verbose_name_plural = "seeding metadata"
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(fields=["table_name", "seeder_name", "first_index", "live"], name="seeding_one_live_batch"),
        )

    def __str__(self) -> str:
        return f"{self.record_count} rows of {self.table_name} from index {self.first_index}"

    @property
    def key_map(self) -> KeyMap:
        """Row index → primary key."""
        from seeding.keys import KeyMap

        return KeyMap.of(self.key_ranges)

    @property
    def keys(self) -> KeySet:
        """The primary keys."""
        return self.key_map.key_set()


class SeedingLease(models.Model):
    """Who may seed the database now: its only row is taken, renewed and released by a change of its own generation.

    All nodes of a cluster see it. Its times are the server's. A holder that has not renewed it until `expires_at` is dead, or
    can no longer commit: see `SeedingFence`.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    generation = models.BigIntegerField(help_text="How often it was taken.")
    token = models.CharField(max_length=32, blank=True, help_text="Its holder's; empty if it is free.")
    command = models.CharField(max_length=32, blank=True)
    run = models.BigIntegerField(null=True, help_text="The SeedRun's key, once it is recorded.")
    host = models.CharField(max_length=255, blank=True)
    account = models.CharField(max_length=255, blank=True, help_text="The operating system's account that ran the command.")
    process_id = models.IntegerField(null=True)
    connection = models.BigIntegerField(null=True, help_text="The connection that holds the server's own lock.")
    server = models.CharField(max_length=255, blank=True, help_text="Which server that is; empty if it is not held.")
    taken_at = models.DateTimeField(null=True)
    renewed_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "seeding_lease"

    def __str__(self) -> str:
        return f"generation {self.generation}"


class SeedingFence(models.Model):
    """What every transaction of a run updates last: it commits only while its generation holds the lease.

    There is a row per connection that writes. Whoever takes the lease rewrites them all, so a transaction of an earlier
    generation either has committed by then, or finds no row and is rolled back.
    """

    slot = models.PositiveSmallIntegerField(primary_key=True)
    generation = models.BigIntegerField()
    beat = models.BigIntegerField(default=0, help_text="Transactions so far.")

    class Meta:
        db_table = "seeding_fence"

    def __str__(self) -> str:
        return f"slot {self.slot}, generation {self.generation}"


class SeedSnapshot(models.Model):
    """A named state of the seeded data: a recipe, and what differed from it when it was saved."""

    name = NameField(max_length=64, unique=True)
    document = models.TextField(help_text="Without the values of classified columns: what is exported.")
    whole = models.TextField(blank=True, help_text="With them, if there are any; seed_mask empties it.")
    fingerprint = models.CharField(max_length=64, blank=True)
    row_count = models.BigIntegerField(help_text="Seeded rows that it holds.")
    environment = models.CharField(max_length=16)
    created_by = models.CharField(max_length=255, help_text="The operating system's account that saved or imported it.")
    created_at = models.DateTimeField()

    class Meta:
        db_table = "seeding_snapshot"
        verbose_name = "snapshot"
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


LEDGER_MODELS: tuple[type[models.Model], ...] = (SeedRun, SeedingMetadata, MaskedBatch, SeedingLease, SeedingFence)
"""The tables that every command needs; only two commands need that of the snapshots."""
