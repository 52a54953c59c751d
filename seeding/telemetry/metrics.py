"""A run's time, memory, queries, rows and errors, measured while it lasts and reported once at its end."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, ClassVar, Protocol, Self, TypeVar

from django.db import connections

from seeding.exceptions import INTERRUPTED, TERMINATED, ConfigurationError, SeedingError, Terminated
from seeding.telemetry.events import Sink, event


class Summary(Protocol):
    """What a command returns: a dataclass."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def exit_code(self) -> int:
        """The command's exit code."""

    @property
    def metrics(self) -> Mapping[str, Any]:
        """What the run took."""


S = TypeVar("S", bound=Summary)

MEMORY_UNIT = 1 if sys.platform == "darwin" else 1024
"""Bytes per unit of memory in getrusage."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunMetrics:
    """One run, measured. Durations are seconds."""

    command: str
    environment: str
    database: str
    run: int | None
    """The SeedRun's key; None where it came to none: the lock was held, say."""
    exit_code: int
    gave_up: bool
    """Whether it did not come to its end: whatever it has not done counts as an error."""
    finished_at: datetime
    duration: float
    lock_wait: float
    peak_memory: int
    """Bytes, of the whole process."""
    queries: int
    """Statements through Django, but for those of the lock's own connection."""
    planned: int
    """Rows that were to be seeded, rolled back or masked, of what was begun."""
    rows: Mapping[str, int]
    """Seeder or table → rows that were."""
    errors: Mapping[str, int]
    """Seeder or table → rows that could not be."""
    seconds: Mapping[str, float]
    """Seeder or table → its duration."""

    @property
    def error_rate(self) -> float:
        """Failed rows as a share of those planned: 0 to 1, and 1 for a run that gave up."""
        if self.gave_up:
            return 1.0
        return sum(self.errors.values()) / self.planned if self.planned else 0.0

    @property
    def rate(self) -> float:
        """Rows per second."""
        return sum(self.rows.values()) / self.duration if self.duration else 0.0

    def as_dict(self) -> dict[str, Any]:
        """Plain values, as recorded in the run and in the log."""
        values = {**asdict(self), "error_rate": self.error_rate, "rate": self.rate, "finished_at": self.finished_at.isoformat()}
        return {name: round(value, 6) if isinstance(value, float) else value for name, value in values.items()}


class Meter:
    """Measures one run on the database `using`, from entry to exit; then emits a `metrics` event."""

    def __init__(self, using: str, *, command: str, environment: str, tell: Sink) -> None:
        self.run: int | None = None
        self.lock_wait = 0.0
        self._connection = connections[using]
        self._command, self._environment, self._tell = command, environment, tell
        self._started = time.monotonic()
        self._queries = self._planned = 0
        self._rows: dict[str, int] = {}
        self._errors: dict[str, int] = {}
        self._seconds: dict[str, float] = {}
        self._measured: RunMetrics | None = None
        self._summary: Summary | None = None
        self._open = ExitStack()

    def __enter__(self) -> Self:
        self._started = time.monotonic()
        self._open.enter_context(self._connection.execute_wrapper(self._count))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._open.close()
        gave_up = error is not None and not isinstance(error, ConfigurationError)
        if error is not None and self._summary is not None:  # it completed, but could not be closed in the ledger
            self._measured = self._summary = None
        metrics = self._measured or self.finish(exit_code_of(error), gave_up=gave_up)
        self._tell(event("metrics", _sentence(metrics), duration=metrics.duration, metrics=metrics, summary=self._summary))

    def add(self, name: str, *, planned: int, done: int, errors: int, seconds: float) -> None:
        """Account for one seeder or table that has ended."""
        self._planned += planned
        for counts, count in ((self._rows, done), (self._errors, errors)):
            counts[name] = counts.get(name, 0) + count
        self._seconds[name] = self._seconds.get(name, 0.0) + seconds

    def sum_up(self, summary: S) -> S:
        """The summary of a completed run, with the final measurements."""
        complete = replace(summary, metrics=self.finish(summary.exit_code).as_dict())
        self._summary = complete
        return complete

    def finish(self, exit_code: int, *, gave_up: bool = False) -> RunMetrics:
        """The final measurements."""
        self._measured = RunMetrics(
            command=self._command,
            environment=self._environment,
            database=str(self._connection.settings_dict["NAME"]),
            run=self.run,
            exit_code=exit_code,
            gave_up=gave_up,
            finished_at=datetime.now(UTC),
            duration=time.monotonic() - self._started,
            lock_wait=self.lock_wait,
            peak_memory=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * MEMORY_UNIT,
            queries=self._queries,
            planned=self._planned,
            rows=dict(self._rows),
            errors=dict(self._errors),
            seconds={name: round(seconds, 6) for name, seconds in self._seconds.items()},
        )
        return self._measured

    def _count(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:  # noqa: FBT001
        self._queries += 1
        return execute(sql, params, many, context)


def exit_code_of(error: BaseException | None) -> int:
    """The exit code of a command that ends with this error."""
    if isinstance(error, SeedingError):
        return error.exit_code
    if isinstance(error, Terminated):
        return TERMINATED
    return INTERRUPTED if isinstance(error, KeyboardInterrupt) else int(error is not None)


def _sentence(metrics: RunMetrics) -> str:
    rows = f"{sum(metrics.rows.values())} rows, {sum(metrics.errors.values())} errors"
    memory = f"{metrics.peak_memory / 1e6:.0f} MB at most"
    return f"{rows}, {metrics.duration:.1f} s ({metrics.lock_wait:.1f} s for the lock), {metrics.queries} queries, {memory}"
