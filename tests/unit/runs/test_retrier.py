"""What is tried again, how often, and what is told of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import IntegrityError, OperationalError, connections

from seeding.db import retries
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
