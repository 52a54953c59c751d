"""SQLite's counters of keys: Django sets them back when a migration remakes a table of which the last rows were deleted."""

from __future__ import annotations

from django.db import connections, transaction

from seeding.ledger.queries import Ledger

COUNTING = "SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE '%AUTOINCREMENT%'"
"""The tables that have a counter."""


def lift(using: str) -> None:
    """Let every table count on from above the keys of its seeded rows, so that none of them is given to another row."""
    ledger = Ledger(using)
    if connections[using].vendor != "sqlite" or not ledger.is_there():
        return
    highest: dict[str, int] = {}
    for table, ranges in ledger.batches.filter(key_recipe="").values_list("table_name", "key_ranges").iterator():
        highest[table] = max(highest.get(table, 0), *(int(key + count - 1) for _, count, key in ranges), 0)
    with transaction.atomic(using=using), connections[using].cursor() as cursor:
        cursor.execute(COUNTING)
        for table in {name for (name,) in cursor.fetchall()}.intersection(highest):
            cursor.execute("UPDATE sqlite_sequence SET seq = max(seq, %s) WHERE name = %s", [highest[table], table])
            if not cursor.rowcount:
                cursor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", [table, highest[table]])
