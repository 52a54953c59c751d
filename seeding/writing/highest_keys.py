"""The highest key that a table has had.

Rows that are gone count as well: whatever still names one, without a foreign key, must not lead to a row that is made now.
"""

from __future__ import annotations

from django.db import connections, models
from django.db.backends.base.base import BaseDatabaseWrapper

from seeding.db.sql import quoted
from seeding.schema.references import column_name

COUNTERS = {
    "mysql": "(SELECT MAX(auto_increment) - 1 FROM information_schema.tables "
    "WHERE table_schema = DATABASE() AND table_name = %s)",
    "sqlite": "(SELECT MAX(seq) FROM sqlite_sequence WHERE name = %s COLLATE NOCASE)",
}
"""What the server's own counter of a table's keys has reached, where it is kept with the table: a sequence is asked by whom it
serves."""


def highest_key(using: str, model: type[models.Model]) -> int:
    """The highest key that a row of the table has or, by the table's counter, once had; 0 if there has been none."""
    connection = connections[using]
    assert model._meta.pk is not None  # BaseSeeder ensures it
    table, key = quoted(connection, model._meta.db_table), quoted(connection, column_name(model._meta.pk))
    counter = COUNTERS.get(connection.vendor, "") if _has_counters(connection) else ""
    columns = ", ".join((f"MAX({key})", *([counter] if counter else [])))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {columns} FROM {table}", [model._meta.db_table] if counter else [])  # noqa: S608 - quoted
        return max(int(value or 0) for value in cursor.fetchone())


def _has_counters(connection: BaseDatabaseWrapper) -> bool:
    """Whether the server keeps counters; SQLite has none before the first table with AUTOINCREMENT is made."""
    if connection.vendor != "sqlite":
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_sequence'")
        return cursor.fetchone() is not None
