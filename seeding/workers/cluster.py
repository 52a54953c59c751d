"""Workers of a Dask scheduler, on this host and on others: each does one task at a time, and is looked at before its first."""

from __future__ import annotations

import os
import pickle
import time
from collections import deque
from dataclasses import dataclass, replace

from seeding.exceptions import ConfigurationError, SchedulerError, SeedingError
from seeding.orchestration.context import RunContext
from seeding.orchestration.plan import Plan
from seeding.orchestration.tasks import Done, Task
from seeding.telemetry.events import event
from seeding.workers.leaves import Leaves
from seeding.workers.order import Order, Recipe
from seeding.workers.remote import Answer, do, prepare
from seeding.workers.scheduler import Scheduler
from seeding.workers.versions import code_versions

LOOK_SECONDS = 1.0
"""How often the scheduler is asked which workers there are."""
PREPARE_SECONDS = 120
"""How long a worker may take to import the project and to look at the database."""
LONELY_SECONDS = 10
"""How long a run without any worker waits for one, unless its patience is longer."""


@dataclass(slots=True, kw_only=True)
class Hand:
    """A worker that may be given tasks."""

    address: str
    slot: int
    task: Task | None = None


class Cluster:
    """A crew of all workers that a scheduler has, and of those that join it."""

    divides = True

    def __init__(self, scheduler: str, recipe: Recipe, context: RunContext, plan: Plan) -> None:
        self._context = context
        self._patience = max(recipe.config.patience, LONELY_SECONDS)
        self._leaves = Leaves(context)
        order = Order.of(recipe, context, plan, {})
        self._run, self._order = order.run_token, order.pickled("Leave out --scheduler.")
        self._hands: dict[str, Hand] = {}
        """Address → worker."""
        self._preparing: dict[str, float] = {}
        """Address → since when a worker is being looked at."""
        self._again: deque[Task] = deque()
        """Tasks whose workers were lost."""
        self._ended: deque[Done] = deque()
        self._looked = self._seen = time.monotonic()
        """When the workers were looked at last, and when there was one."""
        self._scheduler = Scheduler(scheduler)
        try:
            self._gather()
        except BaseException:
            self.close()
            raise

    def has_room(self) -> bool:
        """Whether a worker has nothing to do. With no worker, and nothing begun, one is waited for: see `wait`."""
        while not self._hands and not self._again and not self._ended:
            self._proceed()
        return len(self._idle()) > len(self._again)

    def begin(self, task: Task) -> None:
        """Give the task to a worker that has nothing to do."""
        self._give(self._idle()[0], task)

    def wait(self) -> Done:
        """The next task that has ended; passes on what was told meanwhile. Raises SchedulerError if nobody is left to do it."""
        while not self._ended:
            self._proceed()
            for hand, task in zip(self._idle(), list(self._again), strict=False):
                self._again.remove(task)
                self._give(hand, task)
        return self._ended.popleft()

    def close(self) -> None:
        """End it: a worker that is at work does not commit any more once the run has given its lock back."""
        self._scheduler.close(self._run, [one.address for one in self._idle()])

    def _idle(self) -> list[Hand]:
        return [one for one in self._hands.values() if one.task is None]

    def _give(self, hand: Hand, task: Task) -> None:
        hand.task = task
        self._scheduler.call(hand.address, do, self._run, pickle.dumps(self._leaves.given(hand.slot, task)))

    def _gather(self) -> None:
        """Have the first workers; raises one error with all that is wrong with them."""
        refused: dict[str, SeedingError] = {}
        step = self._look
        while self._preparing or not (self._hands or refused):
            try:
                step()
            except SchedulerError:
                raise
            except SeedingError as error:
                refused[str(error)] = error
            step = self._proceed
        if refused:
            kinds = {type(one) for one in refused.values()}
            raise (kinds.pop() if len(kinds) == 1 else ConfigurationError)("\n".join(refused))
        words = f"{len(self._hands)} workers of {self._scheduler.address} seed"
        self._context.tell(event("workers", words, level="debug", workers=len(self._hands)))

    def _proceed(self) -> None:
        """Take the next answer, and look at the workers if that is due."""
        heard = self._scheduler.heard(LOOK_SECONDS)
        if time.monotonic() - self._looked >= LOOK_SECONDS:
            self._look()
        if heard is None:
            return
        address, answer = heard
        if address in self._preparing:
            del self._preparing[address]
            if answer is not None:
                self._welcome(address, answer)
        elif address in self._hands:
            self._take(self._hands[address], answer)

    def _look(self) -> None:
        """See which workers have gone, and which have come."""
        threads, now = self._scheduler.workers(), time.monotonic()
        self._looked = now
        for address in [one for one in self._hands if one not in threads]:
            self._lose(self._hands[address])
        for address, since in list(self._preparing.items()):
            if address not in threads:
                del self._preparing[address]
                self._scheduler.forget(address)
            elif now - since > PREPARE_SECONDS:
                del self._preparing[address]
                words = f"The worker {address} has not answered for {PREPARE_SECONDS} s. Is it at work for others?"
                raise ConfigurationError(words)
        for address in threads.keys() - self._hands.keys() - self._preparing.keys():
            if threads[address] != 1:
                words = f"The worker {address} has {threads[address]} threads, and tasks need one"
                raise ConfigurationError(f"{words}: start it with {self._scheduler.start}")
            self._preparing[address] = now
            settings = os.environ.get("DJANGO_SETTINGS_MODULE", "")
            self._scheduler.call(address, prepare, code_versions(), settings, self._order)
        if self._hands or self._preparing:
            self._seen = now
        elif now - self._seen > self._patience:
            words = f"The scheduler {self._scheduler.address} has no worker"
            raise SchedulerError(f"{words}. Start some with {self._scheduler.start}, and run again.")

    def _welcome(self, address: str, answer: Answer) -> None:
        """Have another worker; raises the error if it cannot work for this run."""
        self._tell(address, answer)
        error = answer.value
        if isinstance(error, BaseException):
            kind, words = (
                (type(error), "") if isinstance(error, SeedingError) else (ConfigurationError, f"{type(error).__name__}: ")
            )
            raise kind(f"The worker {address} cannot work for this run. {words}{error}") from error
        taken = {one.slot for one in self._hands.values()}
        slot = next(number for number in range(1, len(taken) + 2) if number not in taken)
        self._hands[address] = Hand(address=address, slot=slot)
        self._context.tell(event("worker", f"The worker {address} is there", level="debug", worker=address))

    def _take(self, hand: Hand, answer: Answer | None) -> None:
        """What a worker answers to a task; raises the error that ends the run."""
        if answer is None or answer.value is None:  # lost, or another process that has its address
            self._lose(hand)
            return
        self._tell(hand.address, answer)
        if isinstance(answer.value, BaseException):
            raise answer.value
        hand.task = None
        self._ended.append(self._leaves.ended(hand.slot, answer.value))

    def _lose(self, hand: Hand) -> None:
        """Take a worker's leave away, and its task back."""
        del self._hands[hand.address]
        self._scheduler.forget(hand.address)
        if hand.task is None:
            self._context.tell(event("worker", f"The worker {hand.address} has gone", level="debug", worker=hand.address))
            return
        failed = self._leaves.lost(hand.slot, hand.task, f"The worker {hand.address} was lost", hand.address)
        if failed is None:
            self._again.append(hand.task)
        else:
            self._ended.append(failed)

    def _tell(self, address: str, answer: Answer) -> None:
        for told in answer.events:
            self._context.tell(replace(told, context={**told.context, "worker": address}))
