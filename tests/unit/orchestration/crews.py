"""A crew in the test's own process that divides seeders; SQLite wants keys to rise, so that it does first what came first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from seeding.conf import Environment, SeedConfig
from seeding.generation.registry import Registry
from seeding.generation.seeders import BaseSeeder
from seeding.orchestration.context import RunContext
from seeding.orchestration.orchestrator import SeedOrchestrator
from seeding.orchestration.plan import Plan
from seeding.orchestration.results import RunSummary
from seeding.orchestration.tasks import Done, Lost, Task
from tests.support.databases import AS_OF, Database

ROOM = 3
Where = Callable[[str], bool]
"""Of tasks, by their names."""


class Several:
    """Workers that share a connection. `lose` says of which tasks every worker dies, and `again` at whose end one does."""

    divides = True

    def __init__(self, context: RunContext, plan: Plan, *, did: list[str], lose: Where, again: Where, backwards: bool) -> None:
        self._context, self._plan = context, plan
        self._did, self._lose, self._again = did, lose, again
        self._backwards = backwards
        self._begun: list[Task] = []

    def has_room(self) -> bool:
        return len(self._begun) < ROOM

    def begin(self, task: Task) -> None:
        self._begun.append(task)

    def wait(self) -> Done:
        task = self._begun.pop(-1 if self._backwards else 0)
        self._did.append(task.name)
        if self._lose(task.name):
            return Done(task=task, outcome=Lost(words=f"A worker has died at {task.name}."))
        if self._again(task.name):
            task.do(self._context, self._plan, divides=True)
            self._did.append(task.name)
        return task.do(self._context, self._plan, divides=True)

    def close(self) -> None:
        self._did.append("closed")


def run_by_several(
    database: Database,
    seeders: Sequence[BaseSeeder],
    *,
    chunk_rows: int,
    lose: Where = lambda _: False,
    again: Where = lambda _: False,
    backwards: bool = False,
    size: str = "small",
) -> tuple[RunSummary, list[str]]:
    """Run the seeders; returns the summary and the tasks in the order in which they ended."""
    did: list[str] = []
    config = SeedConfig(
        database=database.alias, environment=Environment.DEV, today=AS_OF, chunk_rows=chunk_rows, batch_size=5, size=size
    )
    orchestrator = SeedOrchestrator(
        config,
        Registry(seeders),
        tell=lambda _: None,
        ask=input,
        missing_table_help="",
        hire=partial(Several, did=did, lose=lose, again=again, backwards=backwards),
    )
    return orchestrator.run(), did
