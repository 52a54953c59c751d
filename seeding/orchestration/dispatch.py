"""The seeders of a plan in their order: which may begin, what each is divided into, and what became of it."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from seeding.exceptions import InsertionError, SchemaError
from seeding.generation.registry import Registry
from seeding.generation.seeders import BaseSeeder
from seeding.keys import KeyMap
from seeding.orchestration.context import RunContext
from seeding.orchestration.crew import Crew
from seeding.orchestration.pipeline.chunks import Account, Chunk, Early, Opened
from seeding.orchestration.pipeline.row_accounting import Outcome
from seeding.orchestration.plan import Plan
from seeding.orchestration.results import SeederResult, SeederState, left_out
from seeding.orchestration.tasks import Done, Lost, SeedingTask
from seeding.telemetry.events import event

LOST = frozenset({SeederState.FAILED, SeederState.REFUSED, SeederState.SKIPPED})
"""States after which the seeders that need this one's rows are skipped."""

Begun = Callable[[str, Sequence[SeederResult]], None]
"""Is told which seeder begins, and what has ended."""
Ended = Callable[[SeederResult], None]


class Divided:
    """A seeder that is made in chunks."""

    def __init__(self, outcome: Outcome, opened: Opened) -> None:
        self.outcome = outcome
        self.outcome.existing += opened.existing
        self.chunks = deque(opened.chunks())
        self.running = 0
        self._is_in_order = False
        """Whether each chunk needs those before it."""
        self.failure: tuple[SeederState, str, int] | None = None

    def next(self) -> Chunk | None:
        """The next chunk, if it can begin."""
        if not self.chunks or (self._is_in_order and self.running):
            return None
        self.running += 1
        return replace(self.chunks.popleft(), is_next=self._is_in_order)

    def put_back(self, chunk: Chunk) -> None:
        """Begin this chunk again once all before it have ended; all others are begun in their order from now on."""
        self.running -= 1
        self._is_in_order = True
        if self.failure is None:
            self.chunks = deque(sorted((*self.chunks, chunk), key=lambda one: int(one.rows.ranges[0, 0])))

    def add(self, part: Account) -> None:
        """Count a chunk; after one that failed, no other begins."""
        self.running -= 1
        self.outcome.add(part)
        if part.failure is not None:
            self.failure = self.failure or part.failure
            self.chunks.clear()

    @property
    def has_ended(self) -> bool:
        """Whether no chunk is left."""
        return not self.chunks and not self.running

    def ending(self) -> tuple[SeederState, str, int]:
        """State, message and exit code."""
        if self.failure is None:
            return self.outcome.verdict()
        self.outcome.skipped = self.outcome.planned - self.outcome.inserted - self.outcome.existing
        return self.failure


class Dispatch:
    """Hands the plan's seeders to a crew, each once the seeders whose rows it needs have ended."""

    def __init__(
        self, context: RunContext, plan: Plan, crew: Crew, begun: Begun, ended: Callable[[SeederResult], None]
    ) -> None:
        self.examples: dict[str, list[dict[str, Any]]] = {}
        """Table → a few rows, in a dry run."""
        self._context = context
        self._registry: Registry = context.registry
        self._plan = plan
        self._crew = crew
        self._begun = begun
        self._ended = ended
        self._results: dict[str, SeederResult] = {}
        self._waiting = list(plan.seeders)
        self._open: dict[str, Divided] = {}
        self._lanes = {one.name: self._lanes_of(one) for one in plan.seeders}
        self._started: dict[str, float] = {}
        """Seeder → when it began, by the monotonic clock."""

    def run(self) -> Sequence[SeederResult]:
        """Run every seeder, or skip it; returns the results in the order of the plan."""
        running = 0
        while self._waiting or self._open or running:
            while self._crew.has_room() and (task := self._next()) is not None:
                self._crew.begin(task)
                running += 1
            if running:
                self._take(self._crew.wait())
                running -= 1
        return self.results

    @property
    def results(self) -> list[SeederResult]:
        """What has ended, in the order of the plan."""
        return [self._results[one.name] for one in self._plan.seeders if one.name in self._results]

    def _next(self) -> SeedingTask | None:
        """What can begin now: a chunk of a seeder that is open, else the first seeder that need not wait."""
        for name, divided in self._open.items():
            if (chunk := divided.next()) is not None:
                return SeedingTask(seeder=name, chunk=chunk, known=self._known(self._registry.by_name[name]))
        taken = {lane for name in self._started if name not in self._results for lane in self._lanes[name]}
        for seeder in list(self._waiting):
            parents = [one.name for one in self._registry.parents(seeder) if one.name in self._plan.counts]
            if taken & self._lanes[seeder.name] or any(name not in self._results for name in parents):
                taken |= self._lanes[seeder.name]
                continue
            self._waiting.remove(seeder)
            if (result := self._unstartable(seeder)) is not None:
                self._close(result)
                continue
            self._begun(seeder.name, self.results)
            self._started[seeder.name] = time.monotonic()
            return SeedingTask(seeder=seeder.name, known=self._known(seeder))
        return None

    def _lanes_of(self, seeder: BaseSeeder) -> frozenset[str]:
        """Its table and where its keys come from: reserved in the order of the plan, keys are the same with any crew."""
        table, counter = seeder.config.table_name, self._context.survey.counters.get(seeder.config.table_name)
        return frozenset({table, *([f"sequence {counter.sequence}"] if counter is not None and counter.sequence else [])})

    def _known(self, seeder: BaseSeeder) -> Mapping[str, KeyMap]:
        """The keys of the rows that the seeder's rows may refer to."""
        context = self._context
        parents = self._registry.parents(seeder) if self._crew.divides else ()
        return {one.name: context.retry(partial(context.resolver.keys, one)) for one in parents}

    def _take(self, done: Done) -> None:
        """Account for a task that has ended."""
        task, outcome = done.task, done.outcome
        assert isinstance(task, SeedingTask)  # nothing else was begun
        self._context.retry.outages.count += done.outages
        if isinstance(outcome, Lost):
            outcome = self._failed(task, outcome.words)
        if isinstance(outcome, SeederResult):
            if done.examples:
                self.examples.setdefault(outcome.table, [dict(one) for one in done.examples])
            self._close(self._recounted(outcome) if done.attempts > 1 else outcome)
            return
        if isinstance(outcome, Opened):
            seeder = self._registry.by_name[task.seeder]
            self._open[seeder.name] = Divided(Outcome(seeder, self._plan.counts[seeder.name], self._context.tell), outcome)
        elif isinstance(outcome, Early):
            assert task.chunk is not None  # it is one that came too early
            self._open[task.seeder].put_back(task.chunk)
        elif isinstance(outcome, Account):
            divided = self._open[task.seeder]
            divided.add(outcome)
            divided.outcome.tell("insert", f"{divided.outcome.done} rows so far", level="debug", done=divided.outcome.done)
        if (divided := self._open[task.seeder]).has_ended:
            del self._open[task.seeder]
            state, error, code = divided.ending()
            took = time.monotonic() - self._started[task.seeder]
            self._close(divided.outcome.close(state, error, code, duration=took, audit=True))

    def _failed(self, task: SeedingTask, words: str) -> SeederResult | Account:
        """What became of a task of which every worker died."""
        ending = (SeederState.FAILED, words, InsertionError.exit_code)
        self._tell("fail", f"{task.seeder}: {words}", level="error", seeder=task.seeder)
        if task.chunk is not None:
            return Account(failure=ending)
        seeder, count = self._registry.by_name[task.seeder], self._plan.counts[task.seeder]
        lost = left_out(seeder, count, words)
        return self._recounted(replace(lost, state=SeederState.FAILED, exit_code=InsertionError.exit_code))

    def _recounted(self, result: SeederResult) -> SeederResult:
        """The result with the rows that lost workers have inserted, which the last one has found."""
        context, seeder = self._context, self._registry.by_name[result.seeder]
        ours = len(context.retry(partial(context.ledger.keys, seeder, context.run)))
        there = context.retry(partial(context.ledger.keys, seeder)).count_below(result.records_planned)
        skipped = result.records_planned - there
        state = SeederState.SEEDED if result.success and ours else result.state
        return replace(result, state=state, records_inserted=ours, records_existing=there - ours, records_skipped=skipped)

    def _close(self, result: SeederResult) -> None:
        self._results[result.seeder] = result
        if self._crew.divides and result.records_inserted:
            self._context.resolver.forget(self._registry.by_name[result.seeder])
        self._ended(result)

    def _unstartable(self, seeder: BaseSeeder) -> SeederResult | None:
        """The result of a seeder that cannot be run because of others; None if it can."""
        count = self._plan.counts[seeder.name]
        lost = {name for name, one in self._results.items() if one.state in LOST}
        parents = self._registry.parents(seeder)
        for name in (*seeder.config.dependencies, *seeder.config.companions):
            if name in self._registry.elsewhere:
                return self._without(seeder, count, name)
        causes = list(dict.fromkeys(parent.config.table_name for parent in parents if parent.name in lost))
        causes = causes or [name for name in seeder.config.dependencies if not self._registry.sources(name)][:1]
        return self._skipped(seeder, count, causes) if causes else None

    def _without(self, seeder: BaseSeeder, count: int, name: str) -> SeederResult:
        error = f"needs {name}, whose rows are not in this database: {self._registry.elsewhere[name]}"
        self._tell("refuse", f"{seeder.name} {error}", level="error", seeder=seeder.name, record_count=count)
        return replace(left_out(seeder, count, error), state=SeederState.REFUSED, exit_code=SchemaError.exit_code)

    def _skipped(self, seeder: BaseSeeder, count: int, causes: Sequence[str]) -> SeederResult:
        error = f"needs {', '.join(causes)}, which could not be seeded"
        self._tell("skip", f"{seeder.name} {error}", level="warn", seeder=seeder.name, record_count=count)
        return left_out(seeder, count, error)

    def _tell(self, operation: str, message: str, **values: Any) -> None:
        self._context.tell(event(operation, message, **values))
