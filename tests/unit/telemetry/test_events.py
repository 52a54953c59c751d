"""Events and their sinks."""

from __future__ import annotations

from seeding.telemetry.events import Event, broadcast, event


def test_what_is_no_field_of_an_event_is_its_context() -> None:
    error, summary = ValueError("x"), object()

    made = event(
        "insert", "done", level="warn", seeder="S", record_count=3, duration=1.5, error=error, summary=summary, table="t", n=4
    )  # fmt: skip

    assert made == Event(
        operation="insert",
        message="done",
        level="warn",
        seeder="S",
        record_count=3,
        duration=1.5,
        error=error,
        context={"table": "t", "n": 4},
        summary=summary,
    )


def test_an_event_without_more_is_information_without_context() -> None:
    made = event("start", "begins")

    assert (made.level, made.context, made.seeder, made.record_count) == ("info", {}, None, None)


def test_every_sink_is_told_in_its_order() -> None:
    told: list[tuple[str, str]] = []
    tell = broadcast(lambda one: told.append(("first", one.message)), lambda one: told.append(("second", one.message)))

    tell(event("start", "a"))
    tell(event("finish", "b"))

    assert told == [("first", "a"), ("second", "a"), ("first", "b"), ("second", "b")]
