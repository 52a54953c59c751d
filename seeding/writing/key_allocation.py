"""Primary-key ranges reserved before the first row is written, while the application keeps inserting."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

from django.db import DatabaseError, DataError, connections, models, transaction

from seeding.db.features import without_foreign_keys
from seeding.db.retries import refuses_row
from seeding.db.sql import every_row, quoted
from seeding.exceptions import InsertionError, SchemaError
from seeding.schema.key_counters import KeyCounter
from seeding.schema.references import column_name
from seeding.writing.highest_keys import highest_key
from seeding.writing.orm import AsGiven

HEADROOM = 1_000
"""Keys left free between the application's last row and the first seeded one, for inserts made during the reservation."""
DRAWS = 10
"""How often the application may draw from a sequence during the reservation, if that takes more than HEADROOM."""

ATTEMPTS = 5
RUN_OUT = 4084
"""MariaDB's error for a sequence that has reached its end."""


class KeyAllocator(Protocol):
    """How a vendor's server reserves keys."""

    def reserve(self, model: type[models.Model], count: int, samples: Iterable[models.Model], *, beside: int = 0) -> int:
        """The first of `count` consecutive free keys. `samples` are unsaved rows that the table would accept.

        They lie as far above `beside`, a key of another table that is to hold them too, as above the table's own highest.
        Raises SchemaError if the key column, the model's field or the sequence has no room for them and the application's
        next key.
        """

    def still_free(self, model: type[models.Model], first: int, last: int) -> bool:
        """Whether no key from `first` to `last` is in use; called inside the transaction that is about to use them."""


class _Allocator:
    """What all vendors share. `column_end` is the highest value of the live key column, if it is known."""

    def __init__(self, using: str, counter: KeyCounter | None = None, column_end: int | None = None) -> None:
        self._using = using
        self._counter = counter or KeyCounter()
        self._column_end = column_end

    def still_free(self, model: type[models.Model], first: int, last: int) -> bool:
        """Always: the counter is above the range."""
        return True

    @property
    def _margin(self) -> int:
        return max(HEADROOM, DRAWS * self._counter.step * self._counter.cached)

    def _above(self, model: type[models.Model], count: int, beside: int) -> int:
        """The first of `count` keys above the highest that there was and HEADROOM."""
        first = max(highest_key(self._using, model), beside) + self._margin + 1
        self._require_room(model, first + count - 1)
        return first

    def _end(self, model: type[models.Model]) -> tuple[int, str]:
        """The highest key that there can be, and what ends there, with what to do about it."""
        assert model._meta.pk is not None  # BaseSeeder ensures it
        field, counter = model._meta.pk.get_internal_type(), self._counter
        ends = (
            (self._column_end, "its key column", "give it, and the columns that refer to it, a wider type"),
            (connections[self._using].ops.integer_field_range(field)[1], f"the model's {field}", "declare a wider one"),
            (counter.end, f"the sequence {counter.name}", "raise its MAXVALUE"),
        )
        known = [(end, what, remedy) for end, what, remedy in ends if end is not None]
        end, what, remedy = min(known, key=lambda one: one[0])
        return end, f"{what} ends at {end:,}: {remedy}"

    def _require_room(self, model: type[models.Model], last: int) -> None:
        """Raise SchemaError unless keys up to `last`, and the application's next one, fit."""
        if last + self._counter.step > self._end(model)[0]:
            raise self._no_room(model, last)

    def _no_room(self, model: type[models.Model], last: int) -> SchemaError:
        needed = last + self._counter.step
        return SchemaError(
            f"{model._meta.db_table} would need keys up to {needed:,}, and {self._end(model)[1]}, or seed fewer rows."
        )


class MySQLKeyAllocator(_Allocator):
    """InnoDB's counter survives a rollback: inserting one row above the range and rolling back reserves the range."""

    def reserve(self, model: type[models.Model], count: int, samples: Iterable[models.Model], *, beside: int = 0) -> int:
        """Push the counter above the range; retry in the rare case of a concurrent insert."""
        candidates = list(samples)
        for _ in range(ATTEMPTS):
            first = self._above(model, count, beside)
            self._push_counter(candidates, first + count - 1)
            if self._are_free(model, first, first + count - 1):
                return first
        raise InsertionError(f"No range of {count:,} free keys could be reserved in {model._meta.db_table}.")

    def _push_counter(self, samples: list[models.Model], key: int) -> None:
        for sample in samples:
            sample.pk = key
            try:
                with transaction.atomic(using=self._using):
                    AsGiven(type(sample), using=self._using).bulk_create([sample])  # no receiver runs
                    self._take_back(sample)
            except DatabaseError as error:
                if not refuses_row(error):
                    raise
                continue  # the table rejects this row; its own insertion reports why
            return

    def _take_back(self, sample: models.Model) -> None:
        """Leave no trace of the row but the counter."""
        transaction.set_rollback(True, using=self._using)

    def _are_free(self, model: type[models.Model], first: int, last: int) -> bool:
        return not every_row(model, self._using).filter(pk__range=(first, last)).exists()


class SharedMySQLKeyAllocator(MySQLKeyAllocator):
    """Where several nodes of a cluster count, a row is inserted and deleted in one transaction: only commits reach the others.

    What another node has inserted before that reached it is looked for with every batch.
    """

    def still_free(self, model: type[models.Model], first: int, last: int) -> bool:
        """Whether no node has used a key of the range."""
        return self._are_free(model, first, last)

    def _take_back(self, sample: models.Model) -> None:
        assert sample._meta.pk is not None  # BaseSeeder ensures it
        connection = connections[self._using]
        table, key = quoted(connection, sample._meta.db_table), quoted(connection, column_name(sample._meta.pk))
        # Nothing cascades to a row that refers to this key, though there was none of that key.
        with without_foreign_keys(connection), connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {table} WHERE {key} = %s", [sample.pk])  # noqa: S608 - names are quoted
            if cursor.rowcount != 1:  # of a key of several columns, other rows may have the number
                raise InsertionError(f"{sample._meta.db_table}: the row that reserves keys is not the only one under its key.")


class MariaDBSequenceAllocator(_Allocator):
    """Moves the sequence that the key's default draws from past the range: it keeps its value when a transaction rolls back."""

    def reserve(self, model: type[models.Model], count: int, samples: Iterable[models.Model], *, beside: int = 0) -> int:
        """The range above the sequence, the highest key that came from it and HEADROOM.

        SETVAL never moves a sequence back: if the application has drawn more than HEADROOM meanwhile, it is tried again.
        """
        step = self._counter.step
        for _ in range(ATTEMPTS):
            # Uncommitted rows can slow these queries down; what is drawn during them is below `drawn`.
            keys = (*(self._ask(query) or 0 for query in self._counter.sharing), highest_key(self._using, model))
            drawn = self._draw(model, count)
            highest = max(drawn, beside, *keys)
            last = drawn + -(-(highest - drawn + self._margin + count) // step) * step
            self._require_room(model, last)
            if self._ask(f"SELECT SETVAL({self._counter.sequence}, {last})") is not None:
                return last - count + 1
        raise InsertionError(f"No range of {count:,} free keys could be reserved in {model._meta.db_table}.")

    def _draw(self, model: type[models.Model], count: int) -> int:
        try:
            return self._ask(f"SELECT NEXTVAL({self._counter.sequence})") or 0
        except DatabaseError as error:
            if error.args[0] != RUN_OUT:
                raise
            raise self._no_room(model, (self._counter.end or 0) + count) from error

    def _ask(self, query: str) -> int | None:
        with connections[self._using].cursor() as cursor:
            cursor.execute(query)
            (answer,) = cursor.fetchone()
        return None if answer is None else int(answer)


class PostgreSQLKeyAllocator(_Allocator):
    """Moves the sequence of the key column past the range: a sequence keeps its value when a transaction rolls back.

    So the sequence also follows explicitly written keys: the seeded ones, and any that an import left above it.
    """

    def reserve(self, model: type[models.Model], count: int, samples: Iterable[models.Model], *, beside: int = 0) -> int:
        """The range above the sequence, the highest key that came from it and HEADROOM.

        The highest key is read before the sequence is drawn from: uncommitted rows can slow that query down, and between
        drawing and moving the application may draw HEADROOM values. Without a sequence, the range above max + HEADROOM.
        """
        counter = self._counter
        if not counter.sequence:
            return self._above(model, count, beside)
        with connections[self._using].cursor() as cursor:
            parameters: dict[str, str | int] = {
                "sequence": counter.sequence,
                "wanted": self._margin + count + counter.step - 1,
                "step": counter.step,
                "end": self._end(model)[0],
                "beside": beside,
            }
            try:
                cursor.execute(self._moving(model), parameters)
            except DataError as error:  # the sequence has reached its end
                raise self._no_room(model, (counter.end or 0) + count) from error
            last, moved = cursor.fetchone()
        if moved is None:
            raise self._no_room(model, int(last))
        return int(last) - count + 1

    def _moving(self, model: type[models.Model]) -> str:
        """Read the highest key, draw from the sequence, and move it by whole steps past the range, if there is room."""
        assert model._meta.pk is not None  # BaseSeeder ensures it
        connection = connections[self._using]
        table, column = quoted(connection, model._meta.db_table), quoted(connection, column_name(model._meta.pk))
        queries = (f"SELECT MAX({column}) FROM {table}", *(one.replace("%", "%%") for one in self._counter.sharing))  # noqa: S608
        highest = ", ".join(("%(beside)s", *(f"({one})" for one in queries)))
        return f"""
            WITH reached AS MATERIALIZED (SELECT GREATEST({highest}) AS highest),
                 drawn AS MATERIALIZED (
                     SELECT highest, nextval(%(sequence)s::oid::regclass)::numeric AS value FROM reached
                 ),
                 ending AS MATERIALIZED (
                     SELECT value + div(GREATEST(highest, value) - value + %(wanted)s, %(step)s) * %(step)s AS last FROM drawn
                 )
            SELECT last, CASE WHEN last + %(step)s <= %(end)s THEN setval(%(sequence)s::oid::regclass, last::bigint) END
            FROM ending
        """  # noqa: S608 - the names are quoted


class SQLiteKeyAllocator(_Allocator):
    """The next key: a SQLite file has one writer at a time, and each batch checks in its transaction that its keys are free."""

    def reserve(self, model: type[models.Model], count: int, samples: Iterable[models.Model], *, beside: int = 0) -> int:
        """The key after the highest. The table counts on from above `beside`, under which it may have no row that says so."""
        first = max(highest_key(self._using, model), beside) + 1
        self._require_room(model, first + count - 1)
        if beside:
            self._count_from(model, beside)
        return first

    def _count_from(self, model: type[models.Model], key: int) -> None:
        with transaction.atomic(using=self._using), connections[self._using].cursor() as cursor:
            cursor.execute(
                "UPDATE sqlite_sequence SET seq = max(seq, %s) WHERE name = %s COLLATE NOCASE", [key, model._meta.db_table]
            )
            if not cursor.rowcount:  # it has never had a row
                cursor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", [model._meta.db_table, key])

    def still_free(self, model: type[models.Model], first: int, last: int) -> bool:
        """Whether the highest key is still below `first`."""
        return highest_key(self._using, model) < first


KEY_ALLOCATORS: dict[str, Callable[[str, KeyCounter | None, int | None], KeyAllocator]] = {
    "mysql": MySQLKeyAllocator,
    "postgresql": PostgreSQLKeyAllocator,
}


def key_allocator(using: str, counter: KeyCounter | None = None, column_end: int | None = None) -> KeyAllocator:
    """The allocator for a table of the database `using`, whose keys come from `counter`, into a column up to `column_end`."""
    vendor = connections[using].vendor
    if vendor == "mysql" and counter is not None and (counter.sequence or counter.is_shared):
        return (MariaDBSequenceAllocator if counter.sequence else SharedMySQLKeyAllocator)(using, counter, column_end)
    return KEY_ALLOCATORS.get(vendor, SQLiteKeyAllocator)(using, counter, column_end)
