"""Progress of a run: moving bars on a terminal, plain lines elsewhere.

Both are sinks of the run's events, and context managers that span the run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from types import TracebackType
from typing import Any, Self

from rich.console import Console, RenderableType
from rich.progress import BarColumn, GetTimeCallable, Progress, ProgressColumn, Task, TaskID, TextColumn, TimeRemainingColumn
from rich.text import Text

from seeding.telemetry.events import Event

WHOLE = "all tables"
LINE_SECONDS = 10
"""Minimum seconds between two lines of plain progress while a table is being filled."""


class RowsColumn(ProgressColumn):
    """Rows done of rows planned."""

    def render(self, task: Task) -> Text:
        """With thousands separators."""
        return Text(f"{task.completed:,.0f}/{task.total or 0:,.0f}", justify="right")


class RateColumn(ProgressColumn):
    """Rows per second, over the last half minute."""

    def render(self, task: Task) -> Text:
        """Empty until a rate is known."""
        return Text(_rate(task), style="dim", justify="right")


class ProgressBar:
    """A bar for each table that is being filled, and one for the whole run."""

    def __init__(self, console: Console, *, get_time: GetTimeCallable | None = None) -> None:
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=None),
            RowsColumn(),
            RateColumn(),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            expand=True,
            disable=not self._moves,
            get_time=get_time,
        )
        self._whole = self._progress.add_task(WHOLE, total=None, visible=False)
        self._current: dict[str, TaskID] = {}
        """Seeder → its bar."""
        self._steps = self._ended = 0

    _moves = True

    def __enter__(self) -> Self:
        return self

    def __rich__(self) -> RenderableType:
        """The current bars."""
        return self._progress.get_renderable()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._progress.stop()

    def sink(self, event: Event) -> None:
        """Follow the events of the run and of its seeders."""
        context = event.context
        if event.seeder is None:
            if event.operation == "start":
                self._begin(context.get("configuration", {}).get("steps", ()))
            elif event.operation == "progress":
                self._ended = int(context["done"])
            elif event.operation == "phase":
                self._progress.update(self._whole, description=WHOLE if self._ended < self._steps else event.message)
        elif event.operation == "start":
            existing, planned = int(context.get("existing", 0)), int(context["planned"])
            current = self._progress.add_task(str(context["table"]), total=planned, completed=existing, existing=existing)
            self._progress.advance(current, 0)  # the rate counts from here
            self._current[event.seeder] = current
        elif event.seeder in self._current and "done" in context:
            self._move(self._current[event.seeder], int(context["done"]))
        elif event.seeder in self._current and event.operation == "finish":
            current = self._current.pop(event.seeder)
            self._finish(current, event)
            self._progress.remove_task(current)

    def _begin(self, steps: Sequence[Mapping[str, Any]]) -> None:
        self._steps = len(steps)
        rows = sum(step["rows"] - step.get("existing", 0) for step in steps)
        self._progress.update(self._whole, total=rows, visible=bool(steps))
        self._progress.advance(self._whole, 0)
        self._progress.start()

    def _move(self, current: TaskID, done: int) -> None:
        self._progress.advance(self._whole, done - self._task(current).completed)
        self._progress.update(current, completed=done)

    def _finish(self, current: TaskID, event: Event) -> None:
        reached = int(self._task(current).fields["existing"]) + (event.record_count or 0)
        self._move(current, max(int(self._task(current).completed), reached))
        self._ended += 1

    def _task(self, number: TaskID) -> Task:
        return next(task for task in self._progress.tasks if task.id == number)


class ProgressLines(ProgressBar):
    """A line when a table is done, and one every LINE_SECONDS or so until then."""

    _moves = False

    def __init__(self, console: Console, *, get_time: GetTimeCallable | None = None) -> None:
        super().__init__(console, get_time=get_time)
        self._out = console
        self._told_at = self._progress.get_time()

    def _move(self, current: TaskID, done: int) -> None:
        super()._move(current, done)
        if self._progress.get_time() - self._told_at >= LINE_SECONDS:
            self._tell(current, self._ended + 1, "")

    def _finish(self, current: TaskID, event: Event) -> None:
        super()._finish(current, event)
        self._tell(current, self._ended, f", {event.duration or 0:.2f} s")

    def _tell(self, current: TaskID, number: int, took: str) -> None:
        self._told_at = self._progress.get_time()
        task, whole = self._task(current), self._task(self._whole)
        line = f"{task.description}: {task.completed:,.0f} of {task.total or 0:,.0f} rows{took}"
        if self._steps:
            pace = "".join(f", {one}" for one in (_rate(whole), _left(whole)) if one)
            line = f"[{number}/{self._steps}] {line}; in all {whole.completed:,.0f} of {whole.total or 0:,.0f}{pace}"
        self._out.print(line, markup=False, soft_wrap=True)


def _rate(task: Task) -> str:
    return f"{task.speed:,.0f} rows/s" if task.speed else ""


def _left(task: Task) -> str:
    return f"{timedelta(seconds=task.time_remaining)} left" if task.time_remaining else ""
