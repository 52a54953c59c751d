"""The events of a run, sent to sinks: the log, the progress bar, signals. Sinks return nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Level = Literal["debug", "info", "warn", "error"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened."""

    operation: str
    """A verb: start, insert, skip, retry, finish, …"""
    message: str
    level: Level = "info"
    seeder: str | None = None
    record_count: int | None = None
    duration: float | None = None
    """Seconds."""
    error: BaseException | None = None
    context: Mapping[str, Any] = field(default_factory=dict)
    summary: Any = None
    """The run's return value, for sinks that pass it on; it is never logged."""


def event(operation: str, message: str, **values: Any) -> Event:
    """An Event: values named like its fields fill them, all others go into its context."""
    known = {
        name: values.pop(name) for name in ("level", "seeder", "record_count", "duration", "error", "summary") if name in values
    }
    return Event(operation=operation, message=message, context=values, **known)


Sink = Callable[[Event], None]


def ignore(event: Event) -> None:
    """A sink that ignores every event."""


def broadcast(*sinks: Sink) -> Sink:
    """One sink that passes each event to all of `sinks`."""

    def tell(event: Event) -> None:
        for sink in sinks:
            sink(event)

    return tell
