"""Columns that depend on other seeders' rows, brought up to date by set-based updates of seeded rows alone.

Idempotent, so it runs at the end of every run: a run that died between the last insertion and its derivations leaves nothing
that the next one does not repair.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from graphlib import CycleError, TopologicalSorter

from django.db import connections, transaction
from django.db.models import F

from seeding.exceptions import MisdeclaredSeederError
from seeding.keys import KeyMap
from seeding.ledger import within
from seeding.locks import SeedingLock
from seeding.seeders import BaseSeeder, Dataset


def in_order(seeders: Iterable[BaseSeeder], dataset: Dataset, changed: Iterable[str]) -> tuple[BaseSeeder, ...]:
    """The seeders to derive again after the tables `changed` were touched, each after those whose columns it reads.

    Raises MisdeclaredSeederError where two seeders derive from each other.
    """
    reads = {
        seeder: {table for derivation in derivations for table in derivation.reads}
        for seeder in seeders
        if (derivations := seeder.derivations(dataset))
    }
    graph = {
        seeder: {other for other in reads if other is not seeder and other.config.table_name in tables}
        for seeder, tables in reads.items()
    }
    stale = set(changed)
    found: list[BaseSeeder] = []
    try:
        for seeder in TopologicalSorter(graph).static_order():
            if seeder.config.table_name in stale or reads[seeder] & stale:
                found.append(seeder)
                stale.add(seeder.config.table_name)
    except CycleError as error:
        circle = " → ".join(seeder.name for seeder in error.args[1])
        raise MisdeclaredSeederError(f"These seeders derive columns from each other in a circle: {circle}.") from error
    return tuple(found)


def derive(
    using: str, seeder: BaseSeeder, dataset: Dataset, keys: KeyMap, lock: SeedingLock, *, drifted: Collection[str] = ()
) -> int:
    """Run the seeder's derivations, in order, on the rows `keys`; returns how many rows they looked at.

    One that looks at a table which is missing or `drifted` is left out.

    Running it again after an error is safe. Raises LockLostError before a commit that the lock no longer covers.
    """
    connection = connections[using]
    with connection.cursor() as cursor:
        readable = set(connection.introspection.table_names(cursor)).difference(drifted)
    matched = 0
    for derivation in seeder.derivations(dataset):
        if not set(derivation.reads) <= readable:
            continue
        rows = seeder.config.model._base_manager.using(using)
        if derivation.where is not None:
            rows = rows.filter(derivation.where)
        kept = {field: F(field) for field in derivation.touches}
        for condition in within(keys.key_ranges()):
            with transaction.atomic(using=using):
                matched += rows.filter(condition).update(**derivation.values, **kept)
                lock.verify()
    return matched
