"""Which database errors pass by themselves, and how often a batch is tried again for each."""

from __future__ import annotations

import os
import signal
from types import SimpleNamespace

import pytest
from django.db import (
    DatabaseError,
    DataError,
    IntegrityError,
    InterfaceError,
    InternalError,
    OperationalError,
    ProgrammingError,
)
from tenacity import nap

from seeding.db.interruption import terminable
from seeding.db.retries import TransactionTooLargeError, is_unclear, refuses_row, retrying, sqlstate, transience
from seeding.exceptions import Terminated
from tests.unit.db.errors import stated

LOST = OperationalError(2013, "Lost connection")
LOCKED = OperationalError("database is locked")
OTHER = OperationalError("unable to open database file")
FINAL = OperationalError(1045, "Access denied")
CODES = {
    "connection": (1040, 1047, 1053, 1077, 1180, 1836, 1927, 2002, 2003, 2005, 2006, 2013, 2055, 3100, 3797, 4031),
    "contention": (1020, 1205, 1213, 3101, 3572),
    "size": (1153, 1197, 1206, 1534, 3231),
    "other": (1105, 1114, 9999),
    None: (1044, 1045, 1142, 1143, 1227, 1290, 1370, 1698, 3098, 1292, 1366, 1411, 1644),
}
STATES = {
    "connection": ("08006", "08P01", "57P01", "57P03", "25P03", "25P04", "25006", "53300", "", None),
    "contention": ("40001", "40P01", "55P03"),
    "size": ("53200", "53400", "54000", "54001"),
    "other": ("57014", "55006", "25P02"),
    None: ("28P01", "28000", "42501", "42P01", "3D000"),
}


def family(error: BaseException | None) -> str | None:
    found = transience(error)
    return found.value if found else None


@pytest.mark.parametrize(("expected", "code"), [(kind, code) for kind, codes in CODES.items() for code in codes])
def test_a_number_belongs_to_a_family(expected: str | None, code: int) -> None:
    assert family(OperationalError(code, "words")) == expected


@pytest.mark.parametrize("attribute", ["sqlstate", "pgcode"])
@pytest.mark.parametrize(("expected", "state"), [(kind, state) for kind, states in STATES.items() for state in states])
def test_a_state_belongs_to_a_family(expected: str | None, state: str | None, attribute: str) -> None:
    assert family(stated(OperationalError("words"), state, attribute)) == expected


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (LOCKED, "contention"),
        (OTHER, "other"),
        (OperationalError(), "other"),
        (InterfaceError(0, ""), "connection"),
        (stated(InternalError("terminated"), "57P01"), "connection"),
        (stated(InternalError("aborted"), "25P02"), None),
        (stated(DatabaseError("words"), None), None),
        (stated(DatabaseError("deadlock"), "40P01"), "contention"),
        (stated(IntegrityError("duplicate"), "23505"), None),
        (IntegrityError(1062, "Duplicate entry"), None),
        (IntegrityError(2013, "Lost connection"), None),
        (ProgrammingError(1146, "no such table"), None),
        (stated(ValueError("no database's"), "40001"), None),
        (None, None),
    ],
)
def test_errors_belong_to_a_family_by_their_kind_too(error: BaseException | None, expected: str | None) -> None:
    assert family(error) == expected


def test_a_number_overrules_the_state_that_a_driver_adds() -> None:
    assert sqlstate(stated(OperationalError(1213, "Deadlock"), "40001")) is None
    assert sqlstate(stated(OperationalError("words"), "40001")) == "40001"
    assert sqlstate(stated(OperationalError("words"), None, "pgcode")) == ""
    assert sqlstate(OperationalError("words")) is None


@pytest.mark.parametrize(
    ("error", "refused"),
    [
        (IntegrityError("x"), True),
        (DataError(1406, "too long"), True),
        *((OperationalError(code, "words"), True) for code in (1292, 1366, 1411, 1644)),
        (stated(InternalError("raised by a trigger"), "P0001"), True),
        (OperationalError(1205, "Lock wait timeout"), False),
        (OperationalError(), False),
        (ProgrammingError(1366, "x"), False),
        (stated(InternalError("x"), "P0002"), False),
        (ValueError("x"), False),
    ],
)
def test_a_row_is_refused_for_what_it_is(error: BaseException, refused: bool) -> None:  # noqa: FBT001 - what is expected
    assert refuses_row(error) is refused


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("The MariaDB server is running with the --read-only option so it cannot execute this statement", "connection"),
        ("The MySQL server is running with the --super-read-only option so it cannot execute this statement", "connection"),
        ("The MySQL server is running with the --secure-file-priv option so it cannot execute this statement", None),
    ],
)
def test_a_server_that_only_reads_may_become_a_primary(words: str, expected: str | None) -> None:
    assert family(OperationalError(1290, words)) == expected


def test_a_failed_commit_is_unclear_until_it_turns_out_to_be_too_large() -> None:
    assert is_unclear(OperationalError(3100, "Error on observer while running replication hook 'before_commit'."))
    assert not is_unclear(LOST)
    assert not is_unclear(TransactionTooLargeError(3100, "words"))
    assert family(TransactionTooLargeError(3100, "words")) == "size"


class Action:
    """Fails with the given errors in turn, then succeeds."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.retries: list[tuple[BaseException, int]] = []
        self.calls = 0

    def __call__(self) -> str:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return "done"

    def note(self, error: BaseException, number: int) -> None:
        self.retries.append((error, number))


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long is waited, without waiting."""
    seconds: list[float] = []
    monkeypatch.setattr(nap, "time", SimpleNamespace(sleep=seconds.append))
    return seconds


def test_each_wait_is_twice_the_one_before_and_each_retry_is_told(waits: list[float]) -> None:
    action = Action(LOST, LOCKED, LOST)

    assert retrying(action, action.note) == "done"
    assert action.retries == [(LOST, 1), (LOCKED, 2), (LOST, 3)]
    assert waits == [0.1, 0.2, 0.4]


@pytest.mark.parametrize(("error", "calls"), [(LOST, 4), (LOCKED, 4), (OTHER, 2), (FINAL, 1), (ValueError("x"), 1)])
def test_each_family_is_tried_again_so_often_and_the_last_error_is_raised_as_it_is(error: Exception, calls: int) -> None:
    action = Action(*[error] * 9)

    with pytest.raises(type(error)) as caught:
        retrying(action, action.note)

    assert (caught.value, action.calls, len(action.retries)) == (error, calls, calls - 1)


def test_every_family_is_counted_by_itself() -> None:
    action = Action(LOST, LOST, OTHER, LOCKED, LOST, LOCKED, OTHER)

    with pytest.raises(OperationalError, match="unable to open"):
        retrying(action, action.note)

    assert action.calls == 7


def test_a_lost_connection_is_waited_for_as_long_as_the_patience_lasts(waits: list[float]) -> None:
    action = Action(*[LOST] * 99)

    with pytest.raises(OperationalError):
        retrying(action, action.note, patience=30)

    assert waits == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5, 5, 5, 5, 5]


def test_patience_is_with_lost_connections_alone() -> None:
    action = Action(*[LOCKED] * 9)

    with pytest.raises(OperationalError):
        retrying(action, action.note, patience=30)

    assert action.calls == 4


def test_what_fails_before_a_retry_ends_it() -> None:
    def broken(error: BaseException, number: int) -> None:
        raise RuntimeError("no repair")

    action = Action(LOST)

    with pytest.raises(RuntimeError, match="no repair"):
        retrying(action, broken)

    assert action.calls == 1


def test_an_error_behind_which_a_signal_is_is_not_tried_again() -> None:
    action = Action()

    def interrupted() -> str:
        try:
            os.kill(os.getpid(), signal.SIGTERM)
        except Terminated as error:
            action.errors = [LOST]
            raise LOST from error
        return action()

    with terminable(), pytest.raises(Terminated):
        retrying(interrupted, action.note)

    assert action.retries == []
