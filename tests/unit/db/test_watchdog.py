"""When a connection is shut whose server does not answer; the session is faked, its socket and the thread are real."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

import pytest
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

from seeding.db import watchdog as module
from seeding.db.watchdog import ANSWER_SECONDS, Watch, Watchdog
from tests.support.databases import Database

IDLE, ACTIVE, IN_TRANSACTION = 0, 1, 2


class Session:
    """What psycopg's and psycopg2's connections have, on one end of a pair of sockets."""

    def __init__(self) -> None:
        self.line, self.server = socket.socketpair()
        self.closed = False
        self.info = SimpleNamespace(transaction_status=ACTIVE)

    def fileno(self) -> int:
        return self.line.fileno()

    @property
    def shut(self) -> bool:
        """Whether the server sees that the line has been shut."""
        self.server.setblocking(False)
        try:
            return self.server.recv(1) == b""
        except BlockingIOError:
            return False


class Connection:
    """Django's wrapper of it."""

    def __init__(self, session: Session, alias: str = "") -> None:
        self.vendor, self.alias, self.execute_wrappers = "postgresql", alias, list[Any]()
        self.connection: Session | None = session


@pytest.fixture
def session() -> Iterator[Session]:
    one = Session()
    yield one
    one.line.close()
    one.server.close()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Whose `now` is the time."""
    clock = SimpleNamespace(now=0.0)
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: clock.now))
    return clock


class Watched:
    """A connection, and its watch."""

    def __init__(self, session: Session, clock: SimpleNamespace) -> None:
        self.connection: Any = Connection(session)
        self.watch = Watch(cast("BaseDatabaseWrapper", self.connection))
        self._clock = clock

    def look_at(self, now: float) -> None:
        self._clock.now = now
        self.watch.look()


@pytest.fixture
def watched(session: Session, clock: SimpleNamespace) -> Watched:
    return Watched(session, clock)


def test_a_server_that_is_silent_for_an_hour_is_given_up(watched: Watched, session: Session) -> None:
    watched.look_at(50)
    watched.look_at(50 + ANSWER_SECONDS - 0.1)
    before = session.shut
    watched.look_at(50 + ANSWER_SECONDS)

    assert (ANSWER_SECONDS, before, session.shut) == (3600, False, True)
    assert session.fileno() >= 0  # the driver's own descriptor is still its own


def test_a_statement_that_follows_begins_to_wait_anew(watched: Watched, session: Session) -> None:
    watched.look_at(0)
    assert watched.watch(lambda *arguments: arguments, "SELECT 1", None) == ("SELECT 1", None)
    watched.look_at(ANSWER_SECONDS)
    watched.look_at(2 * ANSWER_SECONDS - 1)
    before = session.shut
    watched.look_at(2 * ANSWER_SECONDS)

    assert (before, session.shut) == (False, True)


@pytest.mark.parametrize("status", [IDLE, IN_TRANSACTION])
def test_a_connection_that_waits_for_nothing_is_never_shut(watched: Watched, session: Session, status: int) -> None:
    watched.look_at(0)
    session.info.transaction_status = status
    watched.look_at(ANSWER_SECONDS)
    session.info.transaction_status = ACTIVE
    watched.look_at(ANSWER_SECONDS + 1)
    watched.look_at(2 * ANSWER_SECONDS)

    assert not session.shut


@pytest.mark.parametrize("end", ["closed", "given back", "gone"])
def test_a_session_that_is_no_longer_the_connections_own_is_left_alone(watched: Watched, session: Session, end: str) -> None:
    watched.look_at(0)
    if end == "closed":
        session.closed = True
    elif end == "given back":
        watched.connection.connection = None
    else:
        watched.connection = None
    watched.look_at(2 * ANSWER_SECONDS)

    assert not session.shut


@pytest.fixture
def dog() -> Iterator[Watchdog]:
    """A watchdog of the test's own, in the place of the process's."""
    connection_created.disconnect(dispatch_uid="seeding.watchdog")
    yield Watchdog()
    connection_created.disconnect(dispatch_uid="seeding.watchdog")


@pytest.fixture
def connection(shop: Database, monkeypatch: pytest.MonkeyPatch) -> Any:
    """An open connection that says it is one to the server in question."""
    monkeypatch.setattr(connections[shop.alias], "vendor", "postgresql")
    connections[shop.alias].ensure_connection()
    return connections[shop.alias]


def kinds(connection: Any) -> list[str]:
    return [type(one).__name__ for one in connection.execute_wrappers]


def note(execute: Any, *arguments: Any) -> Any:
    """Be somebody else's wrapper."""
    return execute(*arguments)


def test_the_open_connection_is_watched_once(dog: Watchdog, connection: Any) -> None:
    dog.add(connection.alias)
    dog.add(connection.alias)

    assert kinds(connection) == ["Watch"]


def test_the_next_connection_has_a_watch_of_its_own_before_others_wrappers(dog: Watchdog, connection: Any) -> None:
    dog.add(connection.alias)
    first = connection.execute_wrappers[0]
    with connection.execute_wrapper(note):
        connection.close()
        connection.ensure_connection()
        during = kinds(connection)

    assert during == ["Watch", "function"]
    assert kinds(connection) == ["Watch"]
    assert connection.execute_wrappers[0] is not first


def test_other_aliases_and_other_servers_are_not_watched(
    dog: Watchdog, connection: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    dog.add("default")
    connection.close()
    connection.ensure_connection()
    of_another_alias = kinds(connection)
    monkeypatch.setattr(connection, "vendor", "sqlite")
    dog.add(connection.alias)

    assert (of_another_alias, kinds(connection)) == ([], [])


def test_a_thread_looks_at_every_watch_and_a_broken_one_stops_it_not(
    dog: Watchdog, connection: Any, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LOOK_SECONDS", 0.001)
    monkeypatch.setattr(module, "ANSWER_SECONDS", 0)
    dog.add(connection.alias)  # a session of SQLite has nothing of what is looked at
    silent: Any = Connection(session, connection.alias)
    dog._watch(silent)

    session.server.settimeout(5)

    assert session.server.recv(1) == b""
    assert [one.daemon for one in threading.enumerate() if one.name == "watchdog"][-1:] == [True]


def test_a_forked_process_watches_nothing_of_its_parents(dog: Watchdog, connection: Any) -> None:
    dog.add(connection.alias)
    parents = dog._watches

    dog.forget()

    assert (len(parents), len(dog._watches), dog._thread) == (1, 0, None)
