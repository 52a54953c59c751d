"""Who does a run's tasks: this process, one after the other, or workers."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from typing import Protocol

from seeding.orchestration.context import RunContext
from seeding.orchestration.plan import Plan
from seeding.orchestration.tasks import Done, Outcome, Task, refuse_lost


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
        return task.do(self._context, self._plan, divides=False)

    def close(self) -> None:
        """There is nothing to end."""


def all_done(crew: Crew, tasks: Iterable[Task]) -> list[Outcome]:
    """What became of these tasks, in no particular order; raises InsertionError if one could not be done by anybody."""
    waiting, running, outcomes = deque(tasks), 0, list[Outcome]()
    while waiting or running:
        while waiting and crew.has_room():
            crew.begin(waiting.popleft())
            running += 1
        outcomes.append(crew.wait().outcome)
        refuse_lost(outcomes[-1])
        running -= 1
    return outcomes
