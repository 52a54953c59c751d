"""What the locks of servers have in common, on a server that this process has: a server's own lock is a row here."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import ClassVar

import pytest
from django.db import DatabaseError, OperationalError, ProgrammingError, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from seeding.exceptions import LockError, LockLostError
from seeding.locks import server_lock
from seeding.locks.base import Holder
from seeding.locks.lease import Clock, is_unwritable
from seeding.locks.server_lock import ServerLock
from seeding.models import SeedingFence, SeedingLease
from seeding.telemetry.events import Event
from tests.support.databases import Database

CLOCK = Clock(
    now="STRFTIME('%%Y-%%m-%%d %%H:%%M:%%f', 'now')",
    later="STRFTIME('%%Y-%%m-%%d %%H:%%M:%%f', 'now', %(seconds)s || ' seconds')",
    left="(JULIANDAY(expires_at) - JULIANDAY('now')) * 86400",
    here="(SELECT name FROM place)",
)


class RowLock(ServerLock):
    """Taken where the table `taken` has a row of its name."""

    clock: ClassVar[Clock] = CLOCK
    release_sql: ClassVar[str] = "DELETE FROM taken WHERE name = %(lock)s"
    used: BaseDatabaseWrapper
    may_end: bool = True

    def _server_holder(self) -> Holder | None:
        row = self._row("SELECT holds FROM taken WHERE name = %(lock)s", self._parameters)
        return Holder(connection=row[0]) if row else None

    def _take(self, connection: BaseDatabaseWrapper, timeout: int) -> int | None:
        self.used = connection
        with connection.cursor() as cursor:
            cursor.execute("INSERT OR IGNORE INTO taken VALUES (%(lock)s, 41)", self._parameters)
            return 41 if cursor.rowcount else None

    def _end(self, holder: Holder) -> None:
        if not self.may_end:
            raise LockError("it cannot be ended")
        self._row("DELETE FROM taken RETURNING 1", {})


@pytest.fixture
def database(shop: Database) -> Database:
    shop.query("CREATE TABLE taken (name TEXT PRIMARY KEY, holds INTEGER)")
    shop.query("CREATE TABLE place (name TEXT)")
    shop.query("INSERT INTO place VALUES ('node 1')")
    return shop


@pytest.fixture
def make(database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., RowLock]]:
    monkeypatch.setattr(server_lock, "RENEW_SECONDS", 0.05)
    made: list[RowLock] = []

    def one(name: str = "shop", command: str = "seed") -> RowLock:
        made.append(RowLock(database.alias, name, command, told.append))
        return made[-1]

    told: list[Event] = []
    yield one
    for lock in made:
        lock.release()


@pytest.fixture
def lock(make: Callable[..., RowLock]) -> RowLock:
    return make()


def lease(database: Database) -> SeedingLease:
    return SeedingLease.objects.using(database.alias).get()


def generations(database: Database) -> list[int]:
    return list(SeedingFence.objects.using(database.alias).values_list("generation", flat=True))


def stop(lock: RowLock) -> None:
    """As if its process had died."""
    lock._ended.set()
    assert lock._thread is not None
    lock._thread.join()


def until(question: Callable[[], bool]) -> None:
    ends = time.monotonic() + 10
    while not question():
        assert time.monotonic() < ends
        time.sleep(0.01)


def test_a_lock_lives_on_a_connection_of_its_own_until_it_is_released(database: Database, lock: RowLock) -> None:
    assert lock.acquire(0)
    assert lock.used is not connections[database.alias]
    assert lock.connection_id == 41
    holder = lock.holder()
    assert holder is not None
    assert (holder.connection, holder.command, holder.run, holder.expires_in) == (41, "seed", None, None)
    assert lock.used.connection is not None

    lock.release()

    assert database.query("SELECT * FROM taken") == []
    assert lock.used.connection is None
    assert lock.connection_id is None
    assert lock.holder() is None
    assert lease(database).token == ""
    lock.release()  # a second time, and nothing happens


def test_a_lock_that_is_not_granted_leaves_no_connection(database: Database, lock: RowLock) -> None:
    database.query("INSERT INTO taken VALUES ('shop', 1)")

    assert not lock.acquire(0)

    assert lock.connection_id is None
    assert lock.used.connection is None
    assert not SeedingLease.objects.using(database.alias).exists()


def test_a_lock_that_cannot_be_asked_for_leaves_no_connection(database: Database, lock: RowLock) -> None:
    database.query("DROP TABLE taken")

    with pytest.raises(Exception, match="no such table"):
        lock.acquire(0)

    assert lock.used.connection is None


def test_a_commit_is_covered_while_the_lease_is_held(database: Database, lock: RowLock) -> None:
    with pytest.raises(LockLostError):
        lock.fence()
    lock.acquire(0)
    with lock.fenced():
        database.query("INSERT INTO place VALUES ('kept')")

    SeedingFence.objects.using(database.alias).update(generation=99)
    with pytest.raises(LockLostError), lock.fenced():
        database.query("INSERT INTO place VALUES ('undone')")

    assert database.query("SELECT name FROM place WHERE name <> 'node 1'") == [("kept",)]


def test_a_lease_of_another_node_keeps_others_out_until_it_expires(database: Database, make: Callable[..., RowLock]) -> None:
    first, second = make("one node"), make("another node")
    first.acquire(0)
    stop(first)
    database.query("UPDATE place SET name = 'node 2'")

    assert not second.acquire(0)
    assert database.query("SELECT name FROM taken") == [("one node",)]
    holder = second.holder()
    assert holder is not None
    assert holder.expires_in is not None
    assert 0 < holder.expires_in <= 15
    assert "expires in" in str(holder)

    SeedingLease.objects.using(database.alias).update(expires_at="2000-01-01T00:00Z")
    assert second.holder() is None
    assert second.acquire(0)
    assert generations(database) == [2]
    with pytest.raises(LockLostError):
        first.fence()


def test_whoever_gets_the_lock_of_the_holders_server_takes_its_lease(database: Database, make: Callable[..., RowLock]) -> None:
    first, second = make(), make()
    first.acquire(0)
    stop(first)
    database.query("DELETE FROM taken")  # the connection has ended

    assert second.holder() is None
    assert second.acquire(0)
    with pytest.raises(LockLostError):
        first.fence()
    with second.fenced():
        pass


def test_a_lease_is_renewed_and_names_the_run(database: Database, lock: RowLock) -> None:
    lock.acquire(0)
    lock.assign(7)
    first = lease(database)
    assert (first.run, first.command, first.generation) == (7, "seed", 1)

    until(lambda: lease(database).renewed_at != first.renewed_at)

    assert lease(database).generation == 1
    with lock.fenced():
        pass


def test_a_lost_connection_is_replaced_and_the_run_goes_on(database: Database, lock: RowLock) -> None:
    told: list[Event] = []
    lock.tell = told.append
    lock.acquire(0)
    lost = lock.used
    with lock._guard:
        database.query("DELETE FROM taken")
        lost.connection.set_authorizer(lambda *_: 1)  # nothing that it is asked succeeds

    until(lambda: bool(told))
    until(lambda: database.query("SELECT holds FROM taken") == [(41,)])

    assert lock.used is not lost
    assert lock.connection_id == 41
    assert told[0].level == "warn"
    with lock.fenced():
        pass


def test_a_lock_that_is_taken_away_stops_the_run_and_is_given_back(database: Database, make: Callable[..., RowLock]) -> None:
    lock, other = make(), make()
    lock.acquire(0)
    other.may_end = False

    holder = other.force_release()  # the run releases the server's own lock by itself

    assert holder is not None
    assert holder.connection == 41
    with pytest.raises(LockLostError):
        lock.fence()
    assert other.acquire(0)


def test_a_lock_whose_holder_does_not_end_is_an_error(
    database: Database, make: Callable[..., RowLock], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_lock, "RELEASE_SECONDS", 0)
    lock, other = make(), make()
    lock.acquire(0)
    stop(lock)
    other.may_end = False

    with pytest.raises(LockError, match="it cannot be ended"):
        other.force_release()
    with pytest.raises(LockLostError):
        lock.fence()


def test_what_may_not_write_the_lease_has_the_servers_lock_alone(
    database: Database, lock: RowLock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(*_: object) -> bool:
        raise OperationalError(1142, "UPDATE command denied")

    monkeypatch.setattr(lock._lease, "take", denied)

    assert lock.acquire(0)
    with pytest.raises(OperationalError, match="denied"):
        lock.fence()


def test_a_connection_that_fails_is_closed_all_the_same(database: Database, lock: RowLock) -> None:
    lock.acquire(0)
    database.query("DROP TABLE taken")

    lock.release()

    assert lock.used.connection is None


@pytest.mark.parametrize(
    ("error", "unwritable"),
    [
        (OperationalError(1142, "UPDATE command denied"), True),
        (ProgrammingError(1146, "Table 'seeding_lease' doesn't exist"), True),
        (OperationalError(2006, "Server has gone away"), False),
    ],
)
def test_errors_by_which_the_lease_cannot_be_written(error: DatabaseError, *, unwritable: bool) -> None:
    assert is_unwritable(error) is unwritable


def test_a_renewal_that_is_answered_after_the_release_takes_nothing_back(
    database: Database, lock: RowLock, monkeypatch: pytest.MonkeyPatch
) -> None:
    renew, asked, answered = lock._renewed, threading.Event(), threading.Event()

    def renew_late() -> bool:
        asked.set()
        answered.wait()
        return renew()

    monkeypatch.setattr(server_lock, "PATIENCE_SECONDS", 0)
    monkeypatch.setattr(lock, "_renewed", renew_late)
    lock.acquire(0)
    thread = lock._thread
    assert thread is not None
    asked.wait()

    lock.release()
    answered.set()
    thread.join()

    assert lease(database).token == ""
    assert database.query("SELECT holds FROM taken") == []
    assert lock.connection_id is None


@pytest.mark.parametrize("error", [OperationalError(1213, "Deadlock found"), OperationalError(3101, "rolled back")])
def test_a_lease_that_another_node_has_taken_first_is_not_ours(
    lock: RowLock, monkeypatch: pytest.MonkeyPatch, error: OperationalError
) -> None:
    commits = BaseDatabaseWrapper.commit

    def overtaken(connection: BaseDatabaseWrapper) -> None:
        if connection is lock.used:  # which would have taken it, were it not for another node
            raise error
        commits(connection)

    monkeypatch.setattr(BaseDatabaseWrapper, "commit", overtaken)

    assert not lock.acquire(0)
    assert lock.used.connection is None
