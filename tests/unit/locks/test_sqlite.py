"""The lock on a file beside the database."""

from __future__ import annotations

import fcntl
import getpass
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

import pytest

from seeding.exceptions import LockError, LockLostError
from seeding.locks import sqlite
from seeding.locks.base import Holder
from seeding.locks.sqlite import SQLiteLock, lock_path
from tests.support.databases import Database


@pytest.fixture
def path(shop: Database) -> Path:
    return lock_path(shop.url.removeprefix("sqlite:///"))


@pytest.fixture
def lock(shop: Database) -> Iterator[SQLiteLock]:
    lock = SQLiteLock(shop.alias)
    yield lock
    lock.release()


@pytest.fixture
def other(shop: Database) -> Iterator[SQLiteLock]:
    lock = SQLiteLock(shop.alias)
    yield lock
    lock.release()


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    """A process of ours."""
    with subprocess.Popen(["sleep", "60"]) as process:
        yield process
        process.kill()


def test_the_lock_lies_beside_the_file_and_not_beside_a_link_to_it(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "shop.db")

    assert lock_path(str(tmp_path / "shop.db")) == tmp_path / "shop.db.seeding.lock"
    assert lock_path(str(tmp_path / "link")) == tmp_path / "shop.db.seeding.lock"


@pytest.mark.parametrize("database", [":memory:", "file:shop?mode=memory&cache=shared"])
def test_a_database_in_memory_has_a_lock_of_its_process(database: str) -> None:
    assert lock_path(database) == Path(tempfile.gettempdir()) / f"seeding-{os.getpid()}.lock"


def test_the_file_says_who_holds_the_lock_and_nothing_when_it_is_given_back(lock: SQLiteLock, path: Path) -> None:
    assert lock.acquire(0)

    written = json.loads(path.read_text())
    since = datetime.fromisoformat(written.pop("since"))
    assert written == {"pid": os.getpid(), "host": socket.gethostname(), "user": getpass.getuser()}
    assert abs((datetime.now(UTC) - since).total_seconds()) < 60
    assert lock.connection_id == os.getpid()

    lock.release()
    assert path.read_text() == ""
    assert lock.connection_id is None
    lock.release()  # a second time, and nothing happens


def test_one_at_a_time_holds_the_lock(lock: SQLiteLock, other: SQLiteLock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "GLANCE_SECONDS", 0)

    assert lock.acquire(0)
    assert not other.acquire(0)
    assert other.connection_id is None

    lock.release()
    assert other.acquire(0)


def test_the_holder_is_read_from_the_file(lock: SQLiteLock, other: SQLiteLock) -> None:
    assert other.holder() is None
    assert lock.acquire(0)

    holder = other.holder()

    assert holder is not None
    assert (holder.connection, holder.host, holder.user) == (os.getpid(), socket.gethostname(), getpass.getuser())
    assert holder.since is not None
    assert holder.run is None


def test_two_who_only_look_are_no_holder_to_each_other(
    lock: SQLiteLock, other: SQLiteLock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "WRITING_SECONDS", 0)
    real, seen = fcntl.flock, list[Holder | None]()

    def flock(file: IO[str], operation: int) -> None:
        real(file, operation)
        monkeypatch.setattr(fcntl, "flock", real)
        seen.append(other.holder())  # just while the first one looks

    monkeypatch.setattr(fcntl, "flock", flock)

    assert lock.holder() is None
    assert seen == [None]


def test_what_a_process_that_died_has_left_in_the_file_is_nobody(lock: SQLiteLock, path: Path) -> None:
    path.write_text('{"pid": 1, "host": "here", "user": "gone", "since": "2026-03-02T12:00:00+00:00"}')

    assert lock.holder() is None
    assert lock.acquire(0)
    assert json.loads(path.read_text())["pid"] == os.getpid()


def test_a_holder_that_has_not_written_who_it_is_stays_unknown(
    lock: SQLiteLock, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "WRITING_SECONDS", 0)
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)

        assert lock.holder() == Holder()


def test_a_lock_is_lost_that_is_not_held_or_whose_file_is_another(lock: SQLiteLock, path: Path) -> None:
    with pytest.raises(LockLostError):
        lock.fence()

    lock.acquire(0)
    lock.fence()

    path.unlink()
    with pytest.raises(LockLostError):
        lock.fence()

    path.touch()
    with pytest.raises(LockLostError):
        lock.fence()


def test_a_holder_on_this_machine_is_told_to_end(lock: SQLiteLock, sleeper: subprocess.Popen[bytes]) -> None:
    lock._end(Holder(connection=sleeper.pid, host=socket.gethostname()))

    assert sleeper.wait(10) == -signal.SIGTERM


def test_a_holder_that_has_ended_meanwhile_is_no_error(lock: SQLiteLock, sleeper: subprocess.Popen[bytes]) -> None:
    sleeper.kill()
    sleeper.wait()

    lock._end(Holder(connection=sleeper.pid, host=socket.gethostname()))


@pytest.mark.parametrize(
    "holder",
    [
        Holder(connection=os.getpid(), host=socket.gethostname()),
        Holder(connection=1, host="elsewhere"),
        Holder(host=socket.gethostname()),
    ],
    ids=["this process", "one elsewhere", "an unknown one"],
)
def test_what_is_not_ours_to_end_is_named(lock: SQLiteLock, monkeypatch: pytest.MonkeyPatch, holder: Holder) -> None:
    monkeypatch.setattr(os, "kill", lambda *_: pytest.fail("it was ended"))  # the tests must outlive their failure

    with pytest.raises(LockError) as refused:
        lock._end(holder)

    assert str(refused.value) == f"The lock's holder is {holder}: a process that must be ended where it runs."


def test_a_holder_of_another_account_is_named(lock: SQLiteLock, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbid(process: int, number: int) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "kill", forbid)  # the tests may run as root, who may everything

    with pytest.raises(LockError) as refused:
        lock._end(Holder(connection=1, host=socket.gethostname()))

    assert str(refused.value) == (
        "This account may not end the lock's holder: "
        f"connection 1, host {socket.gethostname()}, run not recorded yet. End that process yourself."
    )


def test_a_process_that_dies_leaves_the_lock_free(lock: SQLiteLock, path: Path) -> None:
    holding = f"import fcntl; file = open({str(path)!r}, 'a'); fcntl.flock(file, fcntl.LOCK_EX); print(1, flush=True); input()"
    with subprocess.Popen([sys.executable, "-Sc", holding], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert not lock.acquire(0)
        process.kill()

    assert lock.acquire(0)
