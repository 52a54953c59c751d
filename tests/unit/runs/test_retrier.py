"""What is tried again, how often, and what is told of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from django.db import IntegrityError, OperationalError, connections

from seeding.db import retries
from seeding.db.retries import TransactionTooLargeError
from seeding.db.topology import Membership
from seeding.runs import retrier as module
from seeding.runs.retrier import Retrier
from seeding.telemetry.events import Event
from tests.support.databases import Database

DEADLOCK = OperationalError(1213, "Deadlock found")
GONE = OperationalError(2006, "Server has gone away")


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retries, "FIRST_WAIT", 0)


def failing(*errors: Exception) -> Callable[[], str]:
    """Work that raises the errors, one after another, and succeeds then."""
    waiting = list(errors)

    def work() -> str:
        if waiting:
            raise waiting.pop(0)
        return "done"

    return work


def test_every_retry_is_told_with_its_number_and_its_error() -> None:
    told: list[Event] = []
    retry = Retrier(using="default", tell=told.append, doing="Deriving again", seeder="OrderSeeder")

    assert retry(failing(DEADLOCK, DEADLOCK)) == "done"
    assert told == [
        Event(
            operation="retry",
            message=f"Deriving again (retry {number}): (1213, 'Deadlock found')",
            level="warn",
            seeder="OrderSeeder",
        )
        for number in (1, 2)
    ]


def test_the_last_error_is_raised_as_it_is() -> None:
    told: list[Event] = []
    retry = Retrier(using="default", tell=told.append)

    last = OperationalError(1205, "Lock wait timeout")

    with pytest.raises(OperationalError) as raised:
        retry(failing(DEADLOCK, DEADLOCK, DEADLOCK, last))

    assert raised.value is last
    assert [event.message.partition(":")[0] for event in told] == [f"Trying again (retry {number})" for number in (1, 2, 3)]


def test_an_error_that_stays_is_not_tried_again() -> None:
    told: list[Event] = []
    error = IntegrityError(1062, "Duplicate entry")

    with pytest.raises(IntegrityError) as raised:
        Retrier(using="default", tell=told.append)(failing(error))

    assert raised.value is error
    assert told == []


@pytest.mark.parametrize(("error", "closed"), [(GONE, True), (DEADLOCK, False)])
def test_only_a_lost_connection_is_given_up(shop: Database, error: Exception, *, closed: bool) -> None:
    shop.query("SELECT 1")

    Retrier(using=shop.alias, tell=lambda _: None).prepare(error, 1)

    assert (connections[shop.alias].connection is None) is closed


def test_no_password_is_told() -> None:
    told: list[Event] = []

    Retrier(using="default", tell=told.append).prepare(OperationalError(1205, "mysql://ann:secret@host/shop"), 1)

    assert "secret" not in told[0].message


UNCLEAR = OperationalError(3100, "Error on observer while running replication hook 'before_commit'.")


def test_after_a_lost_connection_the_ledger_is_asked_whether_the_work_is_done() -> None:
    answers: list[str | None] = [None, "found"]
    retry = Retrier(using="default", tell=lambda _: None)

    assert retry(failing(GONE, GONE, GONE), committed=lambda: answers.pop(0)) == "found"
    assert answers == []


def test_it_is_not_asked_where_the_connection_holds() -> None:
    def asked() -> str:
        raise AssertionError

    assert Retrier(using="default", tell=lambda _: None)(failing(DEADLOCK), committed=asked) == "done"


def test_what_is_asked_may_be_lost_too() -> None:
    def asked() -> str:
        return failing_once()

    failing_once = failing(GONE)

    assert Retrier(using="default", tell=lambda _: None)(failing(GONE, GONE), committed=asked) == "done"


@pytest.mark.parametrize(
    ("limit", "written", "calls"), [(None, 1_000, 3), (10_000, 1_000, 3), (4_000, 1_000, 1), (4_000, 0, 3)]
)
def test_an_unclear_error_is_one_of_size_where_much_was_written_or_it_stays(
    monkeypatch: pytest.MonkeyPatch, limit: int | None, written: float, calls: int
) -> None:
    monkeypatch.setattr(module, "membership", lambda _: Membership(transaction_bytes=limit))
    told: list[Event] = []

    with pytest.raises(TransactionTooLargeError) as raised:
        Retrier(using="default", tell=told.append, patience=60)(failing(*[UNCLEAR] * 9), written=written)

    assert raised.value.args == UNCLEAR.args
    assert len(told) == calls - 1


def test_an_unclear_error_that_passes_was_none_of_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "membership", lambda _: Membership(transaction_bytes=10_000))

    assert Retrier(using="default", tell=lambda _: None)(failing(UNCLEAR, GONE, UNCLEAR), written=1) == "done"


def test_losses_are_counted_for_the_whole_run() -> None:
    retry = Retrier(using="default", tell=lambda _: None)

    replace(retry, doing="Deriving again")(failing(GONE, DEADLOCK, GONE))

    assert retry.outages.count == 2
