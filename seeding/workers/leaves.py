"""Leave to commit for each lane of a crew, and what becomes of a task whose worker is lost."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import partial

from seeding.locks import Grant, SeedingLock
from seeding.orchestration.context import RunContext
from seeding.orchestration.tasks import Done, Lost, Task
from seeding.telemetry.events import event

ATTEMPTS = 3
"""How many workers may be lost at a task before its seeder fails."""


class Leaves:
    """A lane is a slot of the fence: whoever works in it commits by its leave, and by no earlier one."""

    def __init__(self, context: RunContext) -> None:
        assert isinstance(context.lock, SeedingLock)  # the run's first process holds it
        self._lock: SeedingLock = context.lock
        self._context = context
        self._held: dict[int, Grant] = {}
        """Slot → its leave, with what was committed by it."""
        self._losses: Counter[str] = Counter()

    def given(self, slot: int, task: Task) -> Task:
        """The task with the leave of a lane."""
        if slot not in self._held:
            self._admit(slot)
        return replace(task, grant=self._held[slot])

    def ended(self, slot: int, done: Done) -> Done:
        """Note what was committed; the Done says how many workers it took."""
        if done.grant is not None:
            self._held[slot] = done.grant
        return replace(done, attempts=1 + self._losses[done.task.name])

    def lost(self, slot: int, task: Task, words: str, worker: object, *, counts: bool = True) -> Done | None:
        """Keep a lost worker from committing, should it still be at work.

        None: the task is to be given to another; a Done if that has happened too often. It `counts` if the worker may be lost
        because of the task.
        """
        self._admit(slot)
        self._losses[task.name] += counts
        told = event("worker", f"{words} at {task.name}; another one takes over", level="warn", worker=worker)
        self._context.tell(told)
        if self._losses[task.name] < ATTEMPTS:
            return None
        return Done(
            task=task, outcome=Lost(words=f"{words} at {task.name}, the {ATTEMPTS}rd in a row. Is there memory enough?")
        )

    def _admit(self, slot: int) -> None:
        self._held[slot] = self._context.retry(partial(self._lock.admit, slot))
