"""The life of a run as Django signals, from the events that a run tells."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError

from seeding.signals import Signals, rows_rejected, run_finished, run_started
from seeding.telemetry.events import Event, event
from tests.unit.telemetry.measured import METRICS

SIGNALS = {"started": run_started, "rejected": rows_rejected, "finished": run_finished}
OPEN = event("open", "", run=7, command="seed")
REJECT = event("reject", "", seeder="ProductSeeder", record_count=3, table="shop_product", reasons={"price: null": 3})
SUMMARY = object()
END = event("metrics", "", metrics=METRICS, summary=SUMMARY)
NAMED = {"using": "shop", "run": 7, "operation": "seed"}


class Sender:
    """Whose run it is."""


@pytest.fixture
def heard() -> Iterator[list[tuple[str, dict[str, Any]]]]:
    """Every signal of the sender, with its arguments."""
    all_of_them: list[tuple[str, dict[str, Any]]] = []

    def hear(name: str, signal: object, sender: object, **values: Any) -> None:
        all_of_them.append((name, values))

    receivers = {name: partial(hear, name) for name in SIGNALS}
    for name, signal in SIGNALS.items():
        signal.connect(receivers[name], sender=Sender)
    yield all_of_them
    for name, signal in SIGNALS.items():
        signal.disconnect(receivers[name], sender=Sender)


def tell(*events: Event) -> list[Event]:
    """What is told of the signals of these events."""
    told: list[Event] = []
    signals = Signals(Sender, "shop", told.append)
    for one in events:
        signals.sink(one)
    return told


def test_a_run_is_heard_from_its_beginning_to_its_end(heard: list[Any]) -> None:
    assert tell(OPEN, event("insert", "", seeder="ProductSeeder"), REJECT, END) == []

    rejected = {"seeder": "ProductSeeder", "table": "shop_product", "count": 3, "reasons": {"price: null": 3}}
    assert heard == [
        ("started", NAMED),
        ("rejected", {**NAMED, **rejected}),
        ("finished", {**NAMED, "exit_code": 5, "summary": SUMMARY}),
    ]


def test_what_never_was_in_the_ledger_is_not_heard(heard: list[Any]) -> None:
    tell(REJECT, END)

    assert heard == []


def test_after_its_end_a_run_is_not_heard_again(heard: list[Any]) -> None:
    tell(OPEN, END, REJECT, END)

    assert [name for name, _ in heard] == ["started", "finished"]


def test_an_end_needs_measurements(heard: list[Any]) -> None:
    tell(OPEN, event("metrics", "", metrics={"exit_code": 0}), event("complete", ""))

    assert [name for name, _ in heard] == ["started"]


class Broken:
    """A receiver that is no function."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def __call__(self, **_: Any) -> None:
        raise self.error


def broken(**_: Any) -> None:
    """Be a receiver that is a function."""
    raise ValueError("mysql://me:s3cret@host/shop")


def test_what_a_receiver_raises_is_told_without_the_row_and_stops_no_other(
    heard: list[Any], caplog: pytest.LogCaptureFixture
) -> None:
    receiver = Broken(IntegrityError(1062, "Duplicate entry 'jo@corp.com' for key 'email'"))
    run_started.connect(receiver)
    run_finished.connect(broken)
    try:
        first, last = tell(OPEN, END)
    finally:
        run_started.disconnect(receiver)
        run_finished.disconnect(broken)

    here = __name__
    assert first.message == f"The receiver {here}.Broken of run_started raised IntegrityError: 1062 for email"
    assert last.message == f"The receiver {here}.broken of run_finished raised ValueError: mysql://[redacted]@host/shop"
    assert [(one.operation, one.level) for one in (first, last)] == [("signal", "error")] * 2
    assert "jo@corp.com" not in repr(first)
    assert [name for name, _ in heard] == ["started", "finished"]
    assert [one for one in caplog.get_records("call") if one.levelno >= logging.ERROR] == []  # Django's own line would quote
