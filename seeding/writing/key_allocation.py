"""Primary-key ranges reserved before the first row is written, while the application keeps inserting."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

from django.db import DatabaseError, connections, models, transaction

from seeding.db.retries import refuses_row
from seeding.exceptions import InsertionError
from seeding.schema.references import column_name

HEADROOM = 1_000
"""Keys left free between the application's last row and the first seeded one, for inserts made during the reservation."""

ATTEMPTS = 5


class KeyAllocator(Protocol):
    """How a vendor's server reserves keys."""

    def reserve(self, model: type[models.Model], count: int, samples: Iterable[models.Model]) -> int:
        """The first of `count` consecutive free keys. `samples` are unsaved rows that the table would accept."""

    def still_free(self, model: type[models.Model], first: int) -> bool:
        """Whether no key from `first` on is in use; called inside the transaction that is about to use them."""


class MySQLKeyAllocator:
    """InnoDB's counter survives a rollback: inserting one row above the range and rolling back reserves the range."""

    def __init__(self, using: str) -> None:
        self._using = using

    def reserve(self, model: type[models.Model], count: int, samples: Iterable[models.Model]) -> int:
        """Push the counter above max + HEADROOM + count; retry in the rare case of a concurrent insert."""
        candidates = list(samples)
        for _ in range(ATTEMPTS):
            first = _highest_key(self._using, model) + HEADROOM + 1
            _check_room(self._using, model, first + count - 1)
            self._push_counter(candidates, first + count - 1)
            if not model._base_manager.using(self._using).filter(pk__range=(first, first + count - 1)).exists():
                return first
        raise InsertionError(f"No range of {count:,} free keys could be reserved in {model._meta.db_table}.")

    def still_free(self, model: type[models.Model], first: int) -> bool:
        """Always: the server's counter is above the range."""
        return True

    def _push_counter(self, samples: list[models.Model], key: int) -> None:
        for sample in samples:
            sample.pk = key
            try:
                with transaction.atomic(using=self._using):
                    sample.save_base(raw=True, using=self._using, force_insert=True)
                    transaction.set_rollback(True, using=self._using)
            except DatabaseError as error:
                if not refuses_row(error):
                    raise
                continue  # the table rejects this row; its own insertion reports why
            return


class PostgreSQLKeyAllocator:
    """Moves the key column's own sequence past the range: a sequence keeps its value when a transaction rolls back.

    So the sequence also follows explicitly written keys: the seeded ones, and any that an import left above it.
    """

    def __init__(self, using: str) -> None:
        self._using = using

    def reserve(self, model: type[models.Model], count: int, samples: Iterable[models.Model]) -> int:
        """The range above the sequence, the table's highest key and HEADROOM; one statement, so no insert can interleave.

        Without a sequence, the range above max + HEADROOM.
        """
        connection = connections[self._using]
        quote = connection.ops.quote_name
        assert model._meta.pk is not None  # BaseSeeder ensures it
        first = _highest_key(self._using, model) + HEADROOM + 1
        _check_room(self._using, model, first + count - 1)
        key = column_name(model._meta.pk)
        table, column = quote(model._meta.db_table), quote(key)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_get_serial_sequence(%s, %s)", [table, key])
            (sequence,) = cursor.fetchone()
            if sequence is None:
                return first
            highest = f"(SELECT COALESCE(MAX({column}), 0) FROM {table})"  # noqa: S608 - the names are quoted
            cursor.execute(
                f"SELECT setval(%s::regclass, GREATEST(nextval(%s::regclass), {highest}) + %s)",
                [sequence, sequence, HEADROOM + count],
            )
            (last,) = cursor.fetchone()
        return int(last) - count + 1

    def still_free(self, model: type[models.Model], first: int) -> bool:
        """Always: the sequence is above the range."""
        return True


class SQLiteKeyAllocator:
    """max + 1: a SQLite file has one writer at a time, and each batch checks in its transaction that its keys are free."""

    def __init__(self, using: str) -> None:
        self._using = using

    def reserve(self, model: type[models.Model], count: int, samples: Iterable[models.Model]) -> int:
        """The key after the highest."""
        first = _highest_key(self._using, model) + 1
        _check_room(self._using, model, first + count - 1)
        return first

    def still_free(self, model: type[models.Model], first: int) -> bool:
        """Whether the highest key is still below `first`."""
        return _highest_key(self._using, model) < first


KEY_ALLOCATORS: dict[str, Callable[[str], KeyAllocator]] = {"mysql": MySQLKeyAllocator, "postgresql": PostgreSQLKeyAllocator}


def key_allocator(using: str) -> KeyAllocator:
    """The allocator for the database `using`."""
    return KEY_ALLOCATORS.get(connections[using].vendor, SQLiteKeyAllocator)(using)


def _highest_key(using: str, model: type[models.Model]) -> int:
    return int(model._base_manager.using(using).aggregate(highest=models.Max("pk"))["highest"] or 0)


def _check_room(using: str, model: type[models.Model], last: int) -> None:
    assert model._meta.pk is not None  # BaseSeeder ensures it
    limit = connections[using].ops.integer_field_range(model._meta.pk.get_internal_type())[1]
    if limit is not None and last > limit:
        raise InsertionError(f"{model._meta.db_table} would need keys up to {last:,}; its key column ends at {limit:,}.")
