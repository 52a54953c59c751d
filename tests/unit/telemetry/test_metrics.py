"""What a run takes, measured."""

from __future__ import annotations

import resource
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connections

from seeding.exceptions import ConfigurationError, InsertionError, LockHeldError, SeedingError, Terminated
from seeding.telemetry import metrics as module
from seeding.telemetry.events import Event
from seeding.telemetry.metrics import Meter, RunMetrics, exit_code_of
from tests.support.databases import Database
from tests.unit.telemetry.measured import METRICS


@dataclass(frozen=True)
class Summary:
    """What a command hands back."""

    exit_code: int = 5
    metrics: Mapping[str, Any] = field(default_factory=dict)


@pytest.mark.parametrize(
    ("changes", "rate"),
    [
        ({}, 0.05),
        ({"errors": {}}, 0.0),
        ({"planned": 0}, 0.0),
        ({"gave_up": True}, 1.0),
        ({"gave_up": True, "planned": 0}, 1.0),
    ],
)
def test_the_error_rate_is_of_the_planned_rows_and_one_for_who_gave_up(changes: dict[str, Any], rate: float) -> None:
    assert replace(METRICS, **changes).error_rate == rate


def test_the_rate_is_rows_per_second() -> None:
    assert replace(METRICS, duration=9.5).rate == 20
    assert replace(METRICS, duration=0.0).rate == 0


def test_the_values_are_plain_and_rounded() -> None:
    values = replace(METRICS, duration=3.00000049, lock_wait=0.1234567).as_dict()

    assert values == {
        "command": "seed",
        "environment": "staging",
        "database": "shop",
        "run": 7,
        "exit_code": 5,
        "gave_up": False,
        "finished_at": "2026-03-02T12:30:00+00:00",
        "duration": 3.0,
        "lock_wait": 0.123457,
        "peak_memory": 300_000_000,
        "queries": 1000,
        "planned": 200,
        "rows": {"ProductSeeder": 90, "ReviewSeeder": 100},
        "errors": {"ProductSeeder": 10, "ReviewSeeder": 0},
        "seconds": {"ProductSeeder": 1.5, "ReviewSeeder": 60.0},
        "error_rate": 0.05,
        "rate": 63.333323,
    }


@pytest.mark.parametrize(
    ("error", "code"),
    [(None, 0), (ValueError(), 1), (SeedingError(), 1), (LockHeldError(), 2), (InsertionError(), 5), (KeyboardInterrupt(), 130),
     (Terminated(), 143)],
)  # fmt: skip
def test_every_end_has_its_exit_code(error: BaseException | None, code: int) -> None:
    assert exit_code_of(error) == code


class Measured:
    """A meter on the shop, and what it has told."""

    def __init__(self, shop: Database) -> None:
        self.told: list[Event] = []
        self.meter = Meter(shop.alias, command="seed", environment="dev", tell=self.told.append)

    @property
    def metrics(self) -> RunMetrics:
        (only,) = self.told
        assert only.operation == "metrics"
        found: RunMetrics = only.context["metrics"]
        assert only.duration == found.duration
        return found


@pytest.fixture
def measured(shop: Database) -> Measured:
    return Measured(shop)


def test_a_run_that_comes_to_its_end_is_told_with_its_summary(shop: Database, measured: Measured) -> None:
    with measured.meter as meter:
        meter.run, meter.lock_wait = 3, 0.5
        summary = meter.sum_up(Summary())

    metrics = measured.metrics
    assert summary == Summary(exit_code=5, metrics=metrics.as_dict())
    assert measured.told[0].summary is summary
    assert (metrics.command, metrics.environment, metrics.run, metrics.lock_wait) == ("seed", "dev", 3, 0.5)
    assert metrics.database == shop.url.removeprefix("sqlite:///")
    assert (metrics.exit_code, metrics.gave_up) == (5, False)


def test_what_ends_under_one_name_adds_up(measured: Measured) -> None:
    with measured.meter as meter:
        meter.add("a", planned=10, done=7, errors=3, seconds=0.25)
        meter.add("b", planned=5, done=5, errors=0, seconds=1.0)
        meter.add("a", planned=2, done=1, errors=1, seconds=0.5000004)

    metrics = measured.metrics
    assert metrics.planned == 17
    assert (metrics.rows, metrics.errors) == ({"a": 8, "b": 5}, {"a": 4, "b": 0})
    assert metrics.seconds == {"a": 0.75, "b": 1.0}


def test_only_statements_between_entering_and_leaving_count(shop: Database, measured: Measured) -> None:
    shop.query("SELECT 1")
    with measured.meter:
        assert [shop.query("SELECT 1"), shop.query("SELECT 2")] == [[(1,)], [(2,)]]
    shop.query("SELECT 3")

    assert measured.metrics.queries == 2
    assert connections[shop.alias].execute_wrappers == []


def test_time_and_memory_are_those_of_the_process(measured: Measured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=iter([100.0, 112.5]).__next__))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * module.MEMORY_UNIT

    with measured.meter:
        pass

    assert measured.metrics.duration == 12.5
    assert before <= measured.metrics.peak_memory < 1.5 * before + 10_000_000


@pytest.mark.parametrize(
    ("error", "code", "gave_up"),
    [(LockHeldError(), 2, True), (KeyboardInterrupt(), 130, True), (ConfigurationError("x"), 1, False)],
)
def test_a_run_that_fails_has_given_up_unless_its_options_were_wrong(
    measured: Measured,
    error: BaseException,
    code: int,
    gave_up: bool,  # noqa: FBT001 - what is expected
) -> None:
    with pytest.raises(type(error)), measured.meter:
        raise error

    metrics = measured.metrics
    assert (metrics.exit_code, metrics.gave_up, measured.told[0].summary) == (code, gave_up, None)


def test_a_run_that_ended_and_could_not_be_closed_has_given_up(measured: Measured) -> None:
    with suppress(ValueError), measured.meter as meter:
        meter.sum_up(Summary(exit_code=0))
        raise ValueError

    assert (measured.metrics.exit_code, measured.metrics.gave_up, measured.told[0].summary) == (1, True, None)


def test_a_run_that_was_finished_before_it_fails_keeps_its_measurements(measured: Measured) -> None:
    with suppress(ValueError), measured.meter as meter:
        meter.finish(4, gave_up=True)
        meter.add("late", planned=1, done=1, errors=0, seconds=1)
        raise ValueError

    assert (measured.metrics.exit_code, measured.metrics.rows) == (4, {})


def test_the_log_has_a_sentence_about_it(measured: Measured, monkeypatch: pytest.MonkeyPatch) -> None:
    used = SimpleNamespace(ru_maxrss=50_000)
    monkeypatch.setattr(module, "resource", SimpleNamespace(RUSAGE_SELF=0, getrusage=lambda _: used))
    monkeypatch.setattr(module, "MEMORY_UNIT", 1024)

    with measured.meter as meter:
        meter.lock_wait = 1.25
        meter.add("a", planned=10, done=7, errors=3, seconds=0.25)

    assert measured.told[0].message == "7 rows, 3 errors, 0.0 s (1.2 s for the lock), 0 queries, 51 MB at most"
