"""GET_LOCK, as far as no server is needed."""

from __future__ import annotations

from typing import Any, cast

import pytest
from django.db import DatabaseError, OperationalError, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from seeding.exceptions import LockError
from seeding.locks.base import Holder
from seeding.locks.mysql import MySQLLock, lock_name
from tests.support.databases import Database
from tests.unit.locks.fakes import Session


@pytest.fixture
def lock(shop: Database) -> MySQLLock:
    return MySQLLock(shop.alias)


def answering(monkeypatch: pytest.MonkeyPatch, lock: MySQLLock, session: Session) -> Session:
    monkeypatch.setattr(connections[lock.using], "cursor", session.cursor)
    return session


def taken(lock: MySQLLock, session: Session, timeout: int) -> int | None:
    return lock._take(cast("BaseDatabaseWrapper", session), timeout)


def waits(session: Session) -> list[int]:
    return [parameters["wait"] for sql, parameters in session.told if "GET_LOCK" in sql]


def test_a_name_fits_into_64_characters() -> None:
    assert lock_name("d" * 56) == "seeding:" + "d" * 56
    assert lock_name("d" * 57) == "seeding:fe3cdf11ad5f3179ef781e8e78fddf77714d623e"  # b2sum -l 160
    assert lock_name("d" * 57) != lock_name("d" * 56 + "e")


def test_the_lock_bears_the_name_of_the_database(lock: MySQLLock) -> None:
    assert lock._parameters == {"lock": lock_name(connections[lock.using].settings_dict["NAME"])}


@pytest.mark.parametrize(("timeout", "portions"), [(0, [0]), (59, [59]), (60, [60, 0]), (61, [60, 1]), (150, [60, 60, 30])])
def test_a_wait_is_cut_into_portions_of_a_minute(lock: MySQLLock, timeout: int, portions: list[int]) -> None:
    session = Session([(0, 41)] * 9)

    assert taken(lock, session, timeout) is None
    assert waits(session) == portions


def test_a_wait_ends_when_the_lock_is_granted(lock: MySQLLock) -> None:
    session = Session([(None, 41), (1, 41)])

    assert taken(lock, session, 600) == 41
    assert waits(session) == [60, 60]
    assert session.told[0] == ("SET SESSION wait_timeout = %s", [604_800])


@pytest.mark.parametrize("row", [None, (None,)])
def test_nobody_holds_what_is_not_in_use(lock: MySQLLock, monkeypatch: pytest.MonkeyPatch, row: Any) -> None:
    answering(monkeypatch, lock, Session([row]))

    assert lock._server_holder() is None


@pytest.mark.parametrize(
    ("process", "described"),
    [
        (("app", "10.0.0.7:4711"), Holder(connection=41, user="app", host="10.0.0.7:4711")),
        (None, Holder(connection=41)),
    ],
    ids=["in the process list", "of an account that we may not see"],
)
def test_the_holder_is_described_by_the_process_list(
    lock: MySQLLock, monkeypatch: pytest.MonkeyPatch, process: Any, described: Holder
) -> None:
    session = answering(monkeypatch, lock, Session([(41,), process]))

    assert lock._server_holder() == described
    assert session.told[1][1] == {"id": 41}


def test_a_holder_that_has_ended_meanwhile_is_no_error(lock: MySQLLock, monkeypatch: pytest.MonkeyPatch) -> None:
    error = OperationalError(1094, "Unknown thread id: 41")
    session = answering(monkeypatch, lock, Session(error=error))

    lock._end(Holder(connection=41))

    assert session.told == [("KILL CONNECTION %s", [41])]


def test_a_holder_that_may_not_be_ended_is_told_with_the_way_out(lock: MySQLLock, monkeypatch: pytest.MonkeyPatch) -> None:
    error = OperationalError(1095, "You are not owner of thread 41")
    answering(monkeypatch, lock, Session(error=error))

    with pytest.raises(LockError) as refused:
        lock._end(Holder(connection=41))

    assert str(refused.value) == (
        "The lock's holder cannot be ended: (1095, 'You are not owner of thread 41'). "
        "It is connection 41, run not recorded yet. "
        "Ask as the same account, or as one with the right CONNECTION_ADMIN (MySQL), CONNECTION ADMIN (MariaDB)."
    )
    assert isinstance(refused.value.__cause__, DatabaseError)
