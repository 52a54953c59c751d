"""Who holds the lock, in words, and what every kind of lock does with it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connections, transaction

from seeding.exceptions import LockError, LockHeldError
from seeding.locks import base
from seeding.locks.base import Holder, SeedingLock, ask_until, span
from seeding.models import SeedRun
from tests.support.databases import ROOT, Database
from tests.unit.ledger.entries import NOW, a_batch, a_run

FULL = Holder(
    connection=41,
    host="there",
    user="somebody",
    since=NOW,
    run=7,
    command="seed",
    table="shop_product",
    batch=(1_000, 2_500),
    batch_at=NOW + timedelta(minutes=2),
)


class PlainLock(SeedingLock):
    """A lock that is taken where `answers`, one per look at it, say so; the last one stays."""

    def __init__(self, using: str, *answers: Holder | None) -> None:
        super().__init__(using)
        self._answers = list(answers)
        self.told: list[Any] = []

    @property
    def connection_id(self) -> int | None:
        return None

    def acquire(self, timeout: int) -> bool:
        self.told.append(timeout)
        return self._answers == [None]

    def assign(self, run: int) -> None:
        raise AssertionError("nobody asks")

    def release(self) -> None:
        self.told.append("released")

    def fence(self) -> None:
        raise AssertionError("nobody asks")

    def holder(self) -> Holder | None:
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]

    def _end(self, holder: Holder) -> None:
        self.told.append(holder)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0:00:00"), (0.4, "0:00:00"), (59.6, "0:01:00"), (3_599, "0:59:59"), (36_061, "10:01:01")],
)
def test_a_span_is_told_in_hours_minutes_and_seconds(seconds: float, words: str) -> None:
    assert span(NOW, NOW + timedelta(seconds=seconds)) == words


def test_a_holder_of_whom_all_is_known() -> None:
    assert FULL.facts(NOW + timedelta(minutes=3)) == {
        "connection": "41",
        "host": "there",
        "user": "somebody",
        "run": "7 (seed)",
        "since": "2026-03-02 12:00:00 UTC, for 0:03:00",
        "table": "shop_product",
        "batch": "2,500 rows from index 1,000",
        "last commit": "0:01:00 ago",
    }
    assert str(FULL) == (
        "connection 41, host there, user somebody, since 2026-03-02 12:00:00 UTC, run 7 (seed), "
        "last wrote 2500 rows of shop_product from index 1000"
    )


def test_what_is_not_known_of_a_holder_is_left_out() -> None:
    assert Holder(connection=41).facts(NOW) == {"connection": "41"}
    assert str(Holder(connection=41)) == "connection 41, run not recorded yet"
    assert Holder().facts(NOW) == {}
    assert str(Holder()) == "run not recorded yet"


def test_the_ledger_describes_the_run_of_the_holders_connection(shop: Database) -> None:
    a_run(shop.alias, state=SeedRun.State.SUCCEEDED, lock_connection=41, user="before")
    a_run(shop.alias, state=SeedRun.State.RUNNING, lock_connection=42, user="another")
    run = a_run(shop.alias, state=SeedRun.State.RUNNING, lock_connection=41, command="seed_mask")
    lock = PlainLock(shop.alias, None)

    described = lock.described(Holder(connection=41, host="of the server"))
    assert described == Holder(connection=41, host="here", user="somebody", since=NOW, run=run.pk, command="seed_mask")

    a_batch(run, [0, 5, 1])
    a_batch(run, [5, 3, 6], table_name="shop_review", created_at=NOW + timedelta(minutes=1))
    described = lock.described(Holder(connection=41))
    assert (described.table, described.batch) == ("shop_review", (5, 3))
    assert described.batch_at == NOW + timedelta(minutes=1)


def test_a_holder_whose_run_is_not_recorded_yet_stays_as_it_is(shop: Database) -> None:
    a_run(shop.alias, state=SeedRun.State.SUCCEEDED, lock_connection=41)
    holder = Holder(connection=41, host="there", since=datetime(2026, 1, 1, tzinfo=UTC))

    assert PlainLock(shop.alias, None).described(holder) is holder


def test_a_lock_that_is_granted_is_held_for_the_block(shop: Database) -> None:
    lock = PlainLock(shop.alias, None)

    with lock.held(3):
        lock.told.append("block")

    assert lock.told == [3, "block", "released"]


def test_whatever_a_command_changes_is_changed_behind_the_fence() -> None:
    """A transaction of another kind would commit also for a run that has lost the lock."""
    packages = (ROOT / "seeding" / name for name in ("orchestration", "rollbacks", "masking", "runs", "management"))
    others = [path.name for package in packages for path in package.rglob("*.py") if "atomic(" in path.read_text("utf-8")]

    assert others == []


def test_a_lock_is_released_whatever_happens_in_the_block(shop: Database) -> None:
    lock = PlainLock(shop.alias, None)

    with pytest.raises(ZeroDivisionError), lock.held(0):
        raise ZeroDivisionError

    assert lock.told == [0, "released"]


@pytest.mark.parametrize(("timeout", "waited"), [(0, ""), (5, " after 5 s")])
def test_a_lock_that_is_held_names_its_holder(shop: Database, timeout: int, waited: str) -> None:
    lock = PlainLock(shop.alias, Holder(connection=41))

    with pytest.raises(LockHeldError) as refused, lock.held(timeout):
        pytest.fail("two locks at a time")

    assert str(refused.value) == (
        f"Another run holds the seeding lock{waited}: connection 41, run not recorded yet. "
        "Wait for it, or pass --lock-timeout=SECONDS."
    )
    assert lock.told == [timeout]


def test_a_holder_that_has_just_ended_has_no_name(shop: Database) -> None:
    with pytest.raises(LockHeldError, match=r"lock: it has just ended\. Wait"), PlainLock(shop.alias, None, None).held(0):
        pytest.fail("it was not granted")


def test_waiting_for_the_lock_closes_a_connection_that_has_ended(shop: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    connection = connections[shop.alias]
    with PlainLock(shop.alias, None).held(0):
        assert connection.connection is None

    connection.ensure_connection()
    session = connection.connection
    with PlainLock(shop.alias, None).held(0):
        assert connection.connection is session

    monkeypatch.setattr(connection, "is_usable", lambda: False)  # a server may end it; SQLite does not
    with transaction.atomic(using=shop.alias), PlainLock(shop.alias, None).held(0):
        assert shop.query("SELECT 1") == [(1,)]  # and not in a transaction that is lost
    with PlainLock(shop.alias, None).held(0):
        assert connection.connection is None


def test_whoever_holds_the_lock_makes_it_locked() -> None:
    assert PlainLock("any", Holder()).is_locked
    assert not PlainLock("any", None).is_locked


def test_nobody_is_ended_where_nobody_holds_the_lock() -> None:
    lock = PlainLock("any", None)

    assert lock.force_release() is None
    assert lock.told == []


@pytest.mark.parametrize("next_one", [None, Holder(connection=42)], ids=["nobody", "somebody else"])
def test_a_holder_is_ended_and_named_when_it_holds_the_lock_no_more(next_one: Holder | None) -> None:
    holder = Holder(connection=41)
    lock = PlainLock("any", holder, holder, next_one)

    assert lock.force_release() is holder
    assert lock.told == [holder]


def test_a_holder_that_does_not_end_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "RELEASE_SECONDS", 0)

    with pytest.raises(LockError) as refused:
        PlainLock("any", Holder(connection=41)).force_release()

    assert str(refused.value) == (
        "The lock's holder was told to end and has not done so yet: connection 41, run not recorded yet. Check again later."
    )


def test_a_question_is_put_once_without_patience() -> None:
    asked: list[int] = []

    assert ask_until(lambda: asked.append(1), 0) is None
    assert asked == [1]


def test_a_question_is_put_until_there_is_an_answer_even_a_false_one() -> None:
    answers: list[bool | None] = [None, False, True]

    assert ask_until(lambda: answers.pop(0), 5) is False
    assert answers == [True]
