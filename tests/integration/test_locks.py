"""The lock, contended for by real connections."""

from __future__ import annotations

import fcntl
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connections

from seeding.exceptions import LockHeldError, LockLostError
from seeding.locks import seeding_lock
from seeding.locks.mysql import MAX_NAME, lock_name
from seeding.locks.sqlite import lock_path
from tests.support.databases import SERVERS, Database, closed, opened


def test_one_of_many_gets_it(database: Database) -> None:
    got: list[bool] = []
    together = threading.Barrier(8)

    def contend() -> None:
        lock = seeding_lock(database.alias)
        together.wait()
        got.append(lock.acquire(0))
        together.wait()
        lock.release()
        connections[database.alias].close()

    threads = [threading.Thread(target=contend) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(got) == [False] * 7 + [True]


def test_the_holder_is_named(database: Database) -> None:
    first, second = seeding_lock(database.alias), seeding_lock(database.alias)

    with first.held(0):
        holder = second.holder()
        with pytest.raises(LockHeldError, match=f"connection {first.connection_id}"), second.held(0):
            raise AssertionError("two locks at a time")

    assert holder is not None
    assert holder.connection is not None
    assert not second.is_locked


def test_waiting_ends_when_the_lock_is_free(database: Database) -> None:
    taken, second = threading.Event(), seeding_lock(database.alias)

    def hold_for_a_while() -> None:
        with seeding_lock(database.alias).held(0):
            taken.set()
            threading.Event().wait(0.3)
        connections[database.alias].close()

    thread = threading.Thread(target=hold_for_a_while)
    thread.start()
    taken.wait()

    assert not second.acquire(0)
    assert second.acquire(30)

    second.release()
    thread.join()


def test_waiting_ends_at_the_timeout(database: Database) -> None:
    with seeding_lock(database.alias).held(0):
        assert not seeding_lock(database.alias).acquire(1)


@pytest.mark.parametrize(
    ("server", "impatience"),
    [("mariadb", "SET SESSION wait_timeout = 1"), ("postgresql", "SET SESSION idle_session_timeout = '1s'")],
)
def test_a_connection_that_the_server_ends_while_we_wait_is_opened_anew(
    make_database: Callable[..., Database], server: str, impatience: str
) -> None:
    database = make_database(server)
    first, second = seeding_lock(database.alias), seeding_lock(database.alias)

    with first.held(0):
        database.query(impatience)
        with pytest.raises(LockHeldError, match=f"connection {first.connection_id}"), second.held(2):
            raise AssertionError("two locks at a time")

    assert database.query("SELECT 1") == [(1,)]


def test_onlookers_keep_nobody_from_the_lock(sqlite: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seeding.locks.sqlite.GLANCE_SECONDS", 5)
    lock = seeding_lock(sqlite.alias)
    glance = lock_path(sqlite.url.removeprefix("sqlite:///")).open("a")
    fcntl.flock(glance, fcntl.LOCK_EX)  # as `holder` does for a moment
    timer = threading.Timer(0.1, glance.close)
    timer.start()

    with lock.held(0):
        timer.join()


def test_a_database_has_one_lock_by_whatever_name_it_is_reached(sqlite: Database, tmp_path: Path) -> None:
    (tmp_path / "link.sqlite3").symlink_to(connections[sqlite.alias].settings_dict["NAME"])
    linked = opened("linked", "sqlite", f"sqlite:///{tmp_path / 'link.sqlite3'}")

    try:
        with seeding_lock(sqlite.alias).held(0):
            assert not seeding_lock(linked.alias).acquire(0)
    finally:
        closed(linked.alias)


def test_a_lock_that_is_not_held_does_not_cover_a_commit(database: Database) -> None:
    lock = seeding_lock(database.alias)

    with pytest.raises(LockLostError):
        lock.fence()

    with lock.held(0), lock.fenced():
        pass
    lock.release()  # a second time, and nothing happens


@pytest.mark.parametrize("server", SERVERS)
def test_two_databases_do_not_block_each_other(make_database: Callable[..., Database], server: str) -> None:
    one, other = make_database(server), make_database(server)

    with seeding_lock(one.alias).held(0), seeding_lock(other.alias).held(0):
        assert seeding_lock(one.alias).is_locked


def test_names_fit_the_server() -> None:
    assert lock_name("terp") == "seeding:terp"
    names = {lock_name("d" * 60 + end) for end in "ab"}
    assert len(names) == 2
    assert max(map(len, names)) <= MAX_NAME
