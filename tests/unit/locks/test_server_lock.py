"""What the locks of servers have in common, on a server that this process has: a lock is a row here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import pytest
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from seeding.exceptions import LockLostError
from seeding.locks.base import Holder
from seeding.locks.server_lock import ServerLock
from tests.support.databases import Database


class RowLock(ServerLock):
    """Taken where the table `taken` has a row of its name."""

    held_sql: ClassVar[str] = "SELECT holds FROM taken WHERE name = %(lock)s"
    release_sql: ClassVar[str] = "DELETE FROM taken WHERE name = %(lock)s"
    used: BaseDatabaseWrapper

    def holder(self) -> Holder | None:
        row = self._row("SELECT holds FROM taken WHERE name = %(lock)s", self._parameters)
        return Holder(connection=row[0]) if row else None

    def _take(self, connection: BaseDatabaseWrapper, timeout: int) -> int | None:
        self.used = connection
        with connection.cursor() as cursor:
            cursor.execute("INSERT OR IGNORE INTO taken VALUES (%(lock)s, 1)", self._parameters)
            return 41 if cursor.rowcount else None

    def _end(self, holder: Holder) -> None:
        raise AssertionError("nobody is ended")


@pytest.fixture
def database(shop: Database) -> Database:
    shop.query("CREATE TABLE taken (name TEXT PRIMARY KEY, holds INTEGER)")
    return shop


@pytest.fixture
def lock(database: Database) -> Iterator[RowLock]:
    lock = RowLock(database.alias, "shop")
    yield lock
    lock.release()


def test_a_lock_lives_on_a_connection_of_its_own_until_it_is_released(database: Database, lock: RowLock) -> None:
    assert lock.acquire(0)
    assert lock.used is not connections[database.alias]
    assert lock.connection_id == 41
    assert lock.holder() == Holder(connection=1)
    assert lock.used.connection is not None

    lock.release()

    assert database.query("SELECT * FROM taken") == []
    assert lock.used.connection is None
    assert lock.connection_id is None
    lock.release()  # a second time, and nothing happens


def test_a_lock_that_is_not_granted_leaves_no_connection(database: Database, lock: RowLock) -> None:
    database.query("INSERT INTO taken VALUES ('shop', 1)")

    assert not lock.acquire(0)

    assert lock.connection_id is None
    assert lock.used.connection is None


def test_a_lock_that_cannot_be_asked_for_leaves_no_connection(database: Database, lock: RowLock) -> None:
    database.query("DROP TABLE taken")

    with pytest.raises(Exception, match="no such table"):
        lock.acquire(0)

    assert lock.used.connection is None


def test_a_lock_is_verified_on_its_own_connection(database: Database, lock: RowLock) -> None:
    with pytest.raises(LockLostError):
        lock.verify()
    lock.acquire(0)
    lock.verify()

    lock.used.connection.set_authorizer(lambda *_: 1)  # what its connection may no longer do, another one may
    with pytest.raises(LockLostError):
        lock.verify()
    lock.used.connection.set_authorizer(None)


@pytest.mark.parametrize("change", ["DELETE FROM taken", "UPDATE taken SET holds = 0", "DROP TABLE taken"])
def test_a_lock_that_the_server_no_longer_gives_us_is_lost(database: Database, lock: RowLock, change: str) -> None:
    lock.acquire(0)
    database.query(change)

    with pytest.raises(LockLostError):
        lock.verify()


def test_a_connection_that_fails_is_closed_all_the_same(database: Database, lock: RowLock) -> None:
    lock.acquire(0)
    database.query("DROP TABLE taken")

    lock.release()

    assert lock.used.connection is None
