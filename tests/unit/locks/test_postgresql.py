"""Advisory locks, as far as no server is needed."""

from __future__ import annotations

from typing import cast

import pytest
from django.db import ProgrammingError, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from seeding.exceptions import LockError
from seeding.locks.base import Holder
from seeding.locks.postgresql import PostgreSQLLock, lock_key
from tests.support.databases import Database
from tests.unit.ledger.entries import NOW
from tests.unit.locks.fakes import Session


@pytest.fixture
def lock(shop: Database) -> PostgreSQLLock:
    return PostgreSQLLock(shop.alias)


def answering(monkeypatch: pytest.MonkeyPatch, lock: PostgreSQLLock, session: Session) -> Session:
    monkeypatch.setattr(connections[lock.using], "cursor", session.cursor)
    return session


def test_a_key_is_a_signed_number_of_64_bits_and_stays_what_it_is() -> None:
    keys = {name: lock_key(name) for name in ("shop", "terp", "shop_test", "")}

    assert keys["shop"] == 0x9CEC03415D3DCE0E - 2**64  # b2sum -l 64, of "seeding:shop"
    assert len(set(keys.values())) == 4
    assert all(-(2**63) <= key < 2**63 for key in keys.values())


def test_the_lock_bears_the_key_of_the_database(lock: PostgreSQLLock) -> None:
    assert lock._parameters == {"lock": lock_key(connections[lock.using].settings_dict["NAME"])}


def test_a_lock_is_asked_for_until_it_is_granted(lock: PostgreSQLLock) -> None:
    session = Session([(False, 41), (True, 41)])

    assert lock._take(cast("BaseDatabaseWrapper", session), 5) == 41

    statements = [sql for sql, _ in session.told]
    assert statements == ["SET idle_session_timeout = 0"] + ["SELECT pg_try_advisory_lock(%(lock)s), pg_backend_pid()"] * 2


def test_a_lock_that_another_holds_is_asked_for_once_without_patience(lock: PostgreSQLLock) -> None:
    assert lock._take(cast("BaseDatabaseWrapper", Session([(False, 41)])), 0) is None


def test_the_holder_is_described_by_the_server(lock: PostgreSQLLock, monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, lock, Session([(41, "app", None, NOW), None]))

    assert lock._server_holder() == Holder(connection=41, user="app", since=NOW)
    assert lock._server_holder() is None


def test_a_holder_is_ended_by_its_process(lock: PostgreSQLLock, monkeypatch: pytest.MonkeyPatch) -> None:
    session = answering(monkeypatch, lock, Session([(True,)]))

    lock._end(Holder(connection=41))

    assert session.told == [("SELECT pg_terminate_backend(%(pid)s)", {"pid": 41})]


def test_a_holder_that_may_not_be_ended_is_told_with_the_way_out(lock: PostgreSQLLock, monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, lock, Session(error=ProgrammingError("permission denied")))

    with pytest.raises(LockError) as refused:
        lock._end(Holder(connection=41))

    assert str(refused.value) == (
        "The lock's holder cannot be ended: permission denied. It is connection 41, run not recorded yet. "
        "Ask as the same role, or as one with pg_signal_backend."
    )
