"""TERP's derived columns: what rows are generated with is what the database computes, to the cent."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connections

from seeding import Registry
from tests.support.databases import AS_OF, Database

FORESEEN = sorted({seeder.config.table_name for seeder in Registry.discover().by_name.values() if seeder.foresees})
UPDATED = "orders"
"""It is updated all the same: no order knows the key of its invoice beforehand."""


@contextmanager
def updated(database: Database) -> Iterator[set[str]]:
    """Which of those tables are updated within the block."""
    found: set[str] = set()
    quote = connections[database.alias].ops.quote_name

    def watch(execute: Any, sql: str, *rest: Any) -> Any:
        found.update(table for table in FORESEEN if sql.startswith(f"UPDATE {quote(table)}"))
        return execute(sql, *rest)

    with connections[database.alias].execute_wrapper(watch):
        yield found


@pytest.mark.parametrize(
    ("size", "seed", "day"), [("small", 42, AS_OF.isoformat()), ("medium", 7, "2026-03-01"), ("small", 99, "2027-05-08")]
)
def test_it_is_what_updates_would_make_of_it(database: Database, size: str, seed: int, day: str) -> None:
    with updated(database) as at_first:
        database.seed(size=size, seed=seed, as_of=day)
    generated = {table: database.content(table) for table in FORESEEN}

    with updated(database) as again:
        database.seed(size=size, seed=seed, as_of=day)

    assert (at_first, again) == ({UPDATED}, set(FORESEEN))
    assert {table: database.content(table) for table in FORESEEN} == generated
