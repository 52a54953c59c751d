"""The lock of a database, chosen by the kind of server."""

from __future__ import annotations

from collections.abc import Callable

from django.db import connections

from seeding.exceptions import ConfigurationError
from seeding.locks.base import SeedingLock
from seeding.locks.fence import Fence, Grant
from seeding.locks.lease import live
from seeding.locks.mysql import MySQLLock
from seeding.locks.postgresql import PostgreSQLLock
from seeding.locks.sqlite import SQLiteLock
from seeding.telemetry.events import Sink, ignore

LOCKS: dict[str, Callable[[str, str, Sink], SeedingLock]] = {
    "mysql": MySQLLock,
    "postgresql": PostgreSQLLock,
    "sqlite": SQLiteLock,
}
CLOCKS = {"mysql": MySQLLock.clock, "postgresql": PostgreSQLLock.clock}


def seeding_lock(using: str, command: str = "", tell: Sink = ignore) -> SeedingLock:
    """The lock of the database `using`, for a command: its name is shown to others, and `tell` receives what happens to it."""
    vendor = connections[using].vendor
    if vendor not in LOCKS:
        raise ConfigurationError(f"Seeding has no lock for {vendor}; it works on MySQL, MariaDB, PostgreSQL and SQLite.")
    return LOCKS[vendor](using, command, tell)


def granted(using: str, grant: Grant) -> Fence:
    """What makes this connection's transactions commit by the leave that the lock's holder, another process, has given.

    They commit only while that process renews its lease.
    """
    return Fence(using, grant, live(connections[using], CLOCKS[connections[using].vendor]))
