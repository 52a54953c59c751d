"""Derives columns of rows by updates, in transactions that are not too large, and in portions that other processes can do."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from django.db import connections, models
from django.db.models import F

from seeding.db.features import assigns_from_left_to_right
from seeding.db.sql import every_row, quoted_plainly
from seeding.generation.datasets import Dataset
from seeding.generation.seeders import BaseSeeder, Condition, Derivation
from seeding.keys import KeyMap, KeySet
from seeding.ledger.queries import Ledger
from seeding.ledger.row_identity import RowIdentity
from seeding.locks import Fenced
from seeding.runs.retrier import Retrier
from seeding.runs.transaction_size import TransactionSize, in_portions
from seeding.schema.introspection import read_tables


@dataclass(frozen=True, slots=True, kw_only=True)
class Portion:
    """Rows of a seeder whose derived columns are to be derived; plain values, which another process can read."""

    seeder: str
    keys: KeyMap
    readable: frozenset[str]
    """The tables that can be read; see `derive`, also for the others."""
    new: bool
    given: frozenset[str]
    width: float

    def derive(
        self,
        using: str,
        seeder: BaseSeeder,
        dataset: Dataset,
        lock: Fenced,
        *,
        identity: RowIdentity | None,
        retry: Retrier,
        size: TransactionSize,
    ) -> int:
        """Derive them; returns how many rows were matched."""
        return derive(
            using, seeder, dataset, self.keys, lock, readable=self.readable, new=self.new, given=self.given, identity=identity,
            retry=retry, size=size, width=self.width,
        )  # fmt: skip


def recorded_identity(using: str, table: str) -> RowIdentity | None:
    """How a table's seeded rows are found, as the ledger tells; None if their numbers are their keys."""
    return Ledger(using).identities(read_tables(connections[using], {table})).get(table)


Share = Callable[[Sequence[Portion]], int]
"""Lets several processes derive portions; returns how many rows were matched. Raises SchemaError with what one has met."""


def derive(
    using: str,
    seeder: BaseSeeder,
    dataset: Dataset,
    keys: KeyMap,
    lock: Fenced,
    *,
    readable: Collection[str],
    new: bool = False,
    given: Collection[str] = (),
    identity: RowIdentity | None = None,
    retry: Retrier,
    size: TransactionSize,
    width: float = 0,
) -> int:
    """Run the seeder's derivations, in order, on the rows `keys`; returns how many rows they matched.

    `identity` finds them; without it, their numbers are their keys. Each transaction has as many rows as `size` allows, which
    take `width` bytes each; a run that ends in between leaves the others as they were, and the next one derives all again.

    A derivation that reads a table not among the `readable` is skipped. `new` means that the rows have never been derived and
    hold what was generated; `given` are fields that were generated as they would be derived.

    Idempotent. Raises LockLostError before a commit that the lock no longer covers.
    """
    connection = connections[using]
    derivations = (
        replace(one, values={name: value for name, value in one.values.items() if name not in given})
        for one in seeder.derivations(dataset)
    )
    wanted = [
        one
        for one in derivations
        if one.values
        and set(one.reads) <= set(readable)
        and not (new and one.foreseen and not any(retry(partial(_holds_rows, using, table)) for table in one.reads))
    ]
    matched = 0
    for where, values in _updates(wanted, from_left_to_right=assigns_from_left_to_right(connection)):
        rows = every_row(seeder.config.model, using)
        if where is not None:
            rows = rows.filter(where)

        def update(portion: KeySet, rows: models.QuerySet[models.Model] = rows, values: Mapping[str, Any] = values) -> int:
            conditions = portion.conditions() if identity is None else identity.conditions(seeder.config.model, portion)
            with lock.fenced():
                return sum(rows.filter(condition).update(**values) for condition in conditions)

        matched += in_portions(keys.key_set(), update, width=width, size=size, retry=retry)
    return matched


def _updates(derivations: Sequence[Derivation], *, from_left_to_right: bool) -> Iterator[tuple[Condition, Mapping[str, Any]]]:
    """Which rows to update, and with what: one update per derivation.

    If a database assigns `from_left_to_right`, each expression seeing the assignments before it (MySQL, MariaDB), derivations
    of all rows are combined, so that every row is written once.
    """
    together: dict[str, Any] = {}
    for derivation in derivations:
        values = {**derivation.values, **{field: F(field) for field in derivation.touches}}
        if from_left_to_right and derivation.where is None and together.keys().isdisjoint(derivation.values):
            together |= values
            continue
        if together:
            yield None, together
            together = {}
        yield derivation.where, values
    if together:
        yield None, together


def _holds_rows(using: str, table: str) -> bool:
    connection = connections[using]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT 1 FROM {quoted_plainly(connection, table)} LIMIT 1")  # noqa: S608 - the name is quoted
        return cursor.fetchone() is not None
