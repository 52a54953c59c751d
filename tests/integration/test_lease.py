"""The lease and the fence, contended for by real connections: who has lost the lease does not commit."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest
from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from seeding.exceptions import LockHeldError, LockLostError
from seeding.locks import lease as module
from seeding.locks import seeding_lock, server_lock
from seeding.locks.lease import Lease
from seeding.locks.server_lock import ServerLock
from seeding.models import SeedingFence
from tests.servers import KINDS
from tests.support.databases import Database

CONTENDERS, ROUNDS = 6, 8
ROW = "INSERT INTO noted VALUES (%s)"
KILL = {
    "mariadb": "KILL CONNECTION {}",
    "mysql": "KILL CONNECTION {}",
    "postgresql": "SELECT pg_terminate_backend({})",
}


@pytest.fixture(params=KINDS)
def database(request: pytest.FixtureRequest, make_database: Callable[..., Database]) -> Database:
    """A new database on each kind of server that has connections, with a table to write to."""
    made: Database = make_database(request.param)
    made.query("CREATE TABLE noted (id INTEGER PRIMARY KEY)")
    return made


@pytest.fixture
def connect(database: Database) -> Iterator[Callable[[], BaseDatabaseWrapper]]:
    """Open connections of their own, as other processes would."""
    opened: list[BaseDatabaseWrapper] = []

    def one() -> BaseDatabaseWrapper:
        opened.append(connections.create_connection(database.alias))
        opened[-1].inc_thread_sharing()
        return opened[-1]

    yield one
    for connection in opened:
        connection.close()


def a_lock(database: Database, command: str = "seed") -> ServerLock:
    lock = seeding_lock(database.alias, command)
    assert isinstance(lock, ServerLock)
    return lock


def a_lease(database: Database) -> Lease:
    return Lease(database.alias, a_lock(database).clock, "seed")


def overtaken(database: Database, by: Lease, connection: BaseDatabaseWrapper) -> None:
    """Write a row, and let another one take the lease, which has expired."""
    database.query(ROW, 2)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE seeding_lease SET expires_at = '2000-01-01 00:00:00'")
    assert by.take(connection, None)


def generations(database: Database) -> set[int]:
    return set(SeedingFence.objects.using(database.alias).values_list("generation", flat=True))


def test_of_many_that_start_at_once_one_gets_it(database: Database, connect: Callable[[], BaseDatabaseWrapper]) -> None:
    leases = [(a_lease(database), connect()) for _ in range(CONTENDERS)]
    together, got = threading.Barrier(CONTENDERS), list[tuple[int, bool]]()

    def contend(one: Lease, connection: BaseDatabaseWrapper) -> None:
        for number in range(ROUNDS):
            together.wait()
            taken = one.take(connection, None)
            together.wait()
            got.append((number, taken))
            if taken:
                one.release(connection)

    threads = [threading.Thread(target=contend, args=pair) for pair in leases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    winners = [sum(taken for number, taken in got if number == turn) for turn in range(ROUNDS)]
    assert winners == [1] * ROUNDS
    assert generations(database) == {ROUNDS}


def test_a_transaction_of_a_holder_that_was_overtaken_is_rolled_back(
    database: Database, connect: Callable[[], BaseDatabaseWrapper]
) -> None:
    first, second = a_lease(database), a_lease(database)
    assert first.take(connect(), None)
    lock = a_lock(database)
    lock._lease = first

    with lock.fenced():
        database.query(ROW, 1)
    with pytest.raises(LockLostError), lock.fenced():
        overtaken(database, second, connect())

    assert database.query("SELECT id FROM noted") == [(1,)]
    assert generations(database) == {2}


def test_nobody_takes_the_lease_between_the_fence_and_the_commit(
    database: Database, connect: Callable[[], BaseDatabaseWrapper]
) -> None:
    first, second, other = a_lease(database), a_lease(database), connect()
    first.take(other, None)
    with other.cursor() as cursor:
        cursor.execute("UPDATE seeding_lease SET expires_at = '2000-01-01 00:00:00'")
    taken: list[bool] = []
    thread = threading.Thread(target=lambda: taken.append(second.take(other, None)))

    with transaction.atomic(using=database.alias):
        database.query(ROW, 1)
        first.fence()
        thread.start()
        thread.join(0.3)
        assert taken == []
    thread.join()

    assert taken == [True]
    assert database.query("SELECT id FROM noted") == [(1,)]
    with pytest.raises(LockLostError), transaction.atomic(using=database.alias):
        first.fence()


def test_a_lease_ends_by_the_clock_of_the_server_unless_it_is_renewed(
    database: Database, connect: Callable[[], BaseDatabaseWrapper], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LEASE_SECONDS", 1)
    first, second, connection = a_lease(database), a_lease(database), connect()
    assert first.take(connection, None)
    started = time.monotonic()

    while time.monotonic() - started < 1.3:
        assert first.renew(connection, None)
        assert not second.take(connection, None)
        time.sleep(0.1)
    state = second.read(connection)
    assert state is not None
    assert state.left is not None
    assert 0 < state.left <= 1
    time.sleep(state.left + 0.05)

    assert second.take(connection, None)
    assert not first.renew(connection, None)
    first.release(connection)  # which is not its own any more
    assert second.renew(connection, None)


def test_a_lock_is_renewed_by_itself(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LEASE_SECONDS", 1)
    monkeypatch.setattr(server_lock, "RENEW_SECONDS", 0.2)

    with (lock := a_lock(database)).held(0):
        time.sleep(1.5)
        state = lock._lease.read(connections[database.alias])

    assert state is not None
    assert state.is_live


def test_a_run_goes_on_without_the_connection_of_its_lock(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_lock, "RENEW_SECONDS", 0.1)
    lock, other = a_lock(database), a_lock(database)

    with lock.held(0):
        before = lock.connection_id
        database.query(KILL[database.server].format(before))
        ends = time.monotonic() + 20
        while lock.connection_id in (None, before):
            assert time.monotonic() < ends
            time.sleep(0.05)
        with lock.fenced():
            database.query(ROW, 1)
        with pytest.raises(LockHeldError, match=f"connection {lock.connection_id}"), other.held(0):
            raise AssertionError("two locks at a time")

    assert database.query("SELECT id FROM noted") == [(1,)]
    assert other.acquire(0)
    other.release()


def test_a_holder_on_another_node_keeps_others_out_until_its_lease_ends(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LEASE_SECONDS", 2)
    lock, elsewhere = a_lock(database), a_lease(database)
    connection = connections.create_connection(database.alias)
    assert elsewhere.take(connection, 41)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE seeding_lease SET server = 'another node'")
    connection.close()

    with (
        pytest.raises(LockHeldError, match=r"connection 41, host .*, command seed, .*expires in [12] s unless renewed"),
        lock.held(0),
    ):
        raise AssertionError("two locks at a time")
    with lock.held(10), pytest.raises(LockLostError), transaction.atomic(using=database.alias):
        elsewhere.fence()


def test_whoever_is_given_the_lock_of_that_server_does_not_wait(database: Database) -> None:
    dead, lock = a_lock(database), a_lock(database)
    dead.acquire(0)
    dead._ended.set()
    assert dead._connection is not None
    dead._connection.close()  # as if its process had been killed

    assert lock.acquire(2)
    with pytest.raises(LockLostError), dead.fenced():
        database.query(ROW, 1)

    assert database.query("SELECT id FROM noted") == []
    lock.release()


def test_a_lease_that_is_taken_away_does_not_commit_again(database: Database) -> None:
    lock, other = a_lock(database), a_lock(database)

    with lock.held(0):
        holder = other.force_release()
        with pytest.raises(LockLostError), lock.fenced():
            database.query(ROW, 1)

    assert holder is not None
    assert database.query("SELECT id FROM noted") == []
    assert not other.is_locked
