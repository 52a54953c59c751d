"""The lock of a database, chosen by the kind of server."""

from __future__ import annotations

from django.db import connections

from seeding.exceptions import ConfigurationError
from seeding.locks.base import SeedingLock
from seeding.locks.mysql import MySQLLock
from seeding.locks.postgresql import PostgreSQLLock
from seeding.locks.sqlite import SQLiteLock

LOCKS: dict[str, type[SeedingLock]] = {"mysql": MySQLLock, "postgresql": PostgreSQLLock, "sqlite": SQLiteLock}


def seeding_lock(using: str) -> SeedingLock:
    """The lock of the database `using`."""
    vendor = connections[using].vendor
    if vendor not in LOCKS:
        raise ConfigurationError(f"Seeding has no lock for {vendor}; it works on MySQL, MariaDB, PostgreSQL and SQLite.")
    return LOCKS[vendor](using)
