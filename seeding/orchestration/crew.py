"""Who does a run's tasks: this process, one after the other, or workers."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Protocol

from seeding.orchestration.context import RunContext
from seeding.orchestration.pipeline import SeederPipeline
from seeding.orchestration.plan import Plan
from seeding.orchestration.results import SeederResult
from seeding.orchestration.tasks import Done, Task


class Crew(Protocol):
    """Does tasks. Errors that concern the whole run are raised by `wait`."""

    divides: bool
    """Whether seeders are to be divided into chunks."""

    def has_room(self) -> bool:
        """Whether another task can begin."""

    def begin(self, task: Task) -> None:
        """Let somebody do the task."""

    def wait(self) -> Done:
        """The next task that has ended; there must be one that was begun.

        Raises LockError and DatabaseUnavailableError, which end the run, of any task.
        """

    def close(self) -> None:
        """End everything that was begun for the run."""


Hire = Callable[[RunContext, Plan], Crew]
"""Makes the crew of a run."""


class Alone:
    """One task at a time, in the run's own process and on its own connection."""

    divides = False

    def __init__(self, context: RunContext, plan: Plan) -> None:
        self._context = context
        self._plan = plan
        self._waiting: deque[Task] = deque()

    def has_room(self) -> bool:
        """One at a time."""
        return not self._waiting

    def begin(self, task: Task) -> None:
        """Do it when it is waited for."""
        self._waiting.append(task)

    def wait(self) -> Done:
        """Do it now."""
        task = self._waiting.popleft()
        return done(task, self._context, self._plan, divides=False)

    def close(self) -> None:
        """There is nothing to end."""


def done(task: Task, context: RunContext, plan: Plan, *, divides: bool) -> Done:
    """Do a task."""
    seeder = context.registry.by_name[task.seeder]
    for name, keys in task.known.items():
        context.resolver.know(context.registry.by_name[name], keys)
    if task.chunk is not None:
        pipeline = SeederPipeline(seeder, len(task.chunk.rows), context)
        return Done(task=task, outcome=pipeline.seed_chunk(task.chunk))
    pipeline = SeederPipeline(seeder, plan.counts[seeder.name], context)
    outcome = pipeline.seed(dividing=divides)
    if isinstance(outcome, SeederResult):
        return Done(task=task, outcome=outcome, examples=pipeline.examples)
    return Done(task=task, outcome=outcome)
