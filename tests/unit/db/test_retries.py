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
from seeding.db.retries import refuses_row, retrying, sqlstate, too_large, transience
from seeding.exceptions import Terminated
from tests.unit.db.errors import stated

LOST = OperationalError(2013, "Lost connection")
LOCKED = OperationalError("database is locked")
OTHER = OperationalError("unable to open database file")
FINAL = OperationalError(1045, "Access denied")
CODES = {
    "connection": (1053, 1077, 2002, 2003, 2005, 2006, 2013, 2055, 4031),
    "contention": (1020, 1205, 1213, 3572),
    "other": (1040, 1114, 1206, 9999),
    None: (1044, 1045, 1142, 1143, 1153, 1227, 1290, 1370, 1698, 1836, 1292, 1366, 1411, 1644),
}
STATES = {
    "connection": ("08006", "08P01", "57P01", "57P03", "25P03", "25P04", "", None),
    "contention": ("40001", "40P01", "55P03"),
    "other": ("57014", "53300", "55006", "25P02"),
    None: ("28P01", "28000", "42501", "42P01", "25006", "3D000"),
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
    ("error", "large"),
    [(OperationalError(1153, "x"), True), (OperationalError(1154, "x"), False), (OperationalError(), False),
     (DataError(1153, "x"), False)],
)  # fmt: skip
def test_a_statement_is_too_large_by_its_number(error: BaseException, large: bool) -> None:  # noqa: FBT001
    assert too_large(error) is large


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


def test_the_last_error_decides_whether_there_is_another_try() -> None:
    action = Action(LOST, LOST, OTHER)

    with pytest.raises(OperationalError, match="unable to open"):
        retrying(action, action.note)

    assert action.calls == 3


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
