"""A Dask scheduler: which workers it has, calls that are made in one of them, and their answers."""

from __future__ import annotations

import logging
import pickle
import queue
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any, TypeVar

from distributed import Client, Future, KilledWorker
from distributed import wait as all_done
from distributed.client import FutureCancelledError

from seeding.exceptions import ConfigurationError, SchedulerError
from seeding.workers.remote import Answer, Call, leave

T = TypeVar("T")

CONNECT_SECONDS = 10
ANSWER_SECONDS = 30
"""How long the scheduler, or a worker that has ended a task, may take to answer."""
LEAVE_SECONDS = 5
START = "python -m distributed.cli.dask_worker {address} --nthreads 1"


class Scheduler:
    """A scheduler. A call is made by one worker and no other; a worker has one call at a time.

    Every method but `close` raises SchedulerError if the scheduler does not answer.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        self.start = START.format(address=address)
        """The command that starts a worker."""
        self._calls: dict[str, tuple[str, Future]] = {}
        """Key of a call that has not been answered → the worker that makes it."""
        self._ended: queue.Queue[Future] = queue.Queue()
        logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what concerns the run is told by its events
        try:
            self._client = Client(address, timeout=CONNECT_SECONDS, set_as_default=False, name="seed")
        except (OSError, ValueError, TimeoutError) as error:
            words = f"The scheduler {address} cannot be reached: {error}. Is it started, and the address right?"
            raise SchedulerError(words) from error

    def workers(self) -> Mapping[str, int]:
        """Address of a worker → its threads."""
        return self._asked(lambda: self._client.sync(self._client.scheduler.ncores, callback_timeout=ANSWER_SECONDS))

    def call(self, worker: str, function: Callable[..., bytes], *arguments: Any) -> None:
        """Have the worker call a function of `remote`."""
        self._submit(worker, function, *arguments).add_done_callback(self._ended.put)

    def heard(self, seconds: float) -> tuple[str, Answer | None] | None:
        """The next worker that answers, within so many seconds, and its answer, which is None if the worker was lost."""
        with suppress(queue.Empty):
            future = self._ended.get(timeout=seconds)
            if future.key in self._calls:
                worker, _ = self._calls.pop(future.key)
                return worker, self._answer(future)
        return None

    def forget(self, worker: str) -> None:
        """Wait no more for a worker that has gone."""
        for key in [key for key, (of, _) in self._calls.items() if of == worker]:
            self._calls.pop(key)[1].release()

    def close(self, run: str, idle: Iterable[str]) -> None:
        """Withdraw what was not answered, and let the `idle` workers forget the run."""
        with suppress(Exception):
            if self._client.status == "running":
                self._client.cancel([future for _, future in self._calls.values()], force=True)
                all_done([self._submit(worker, leave, run) for worker in idle], timeout=LEAVE_SECONDS)
        with suppress(Exception):
            self._client.close(timeout=LEAVE_SECONDS)

    def _answer(self, future: Future) -> Answer | None:
        failed = future.status == "error"
        try:
            answered: bytes = future.result(timeout=ANSWER_SECONDS)
        except FutureCancelledError as error:
            raise self._gone() from error
        except (KilledWorker, TimeoutError):  # it was lost, perhaps after the task had ended
            return None
        except Exception as error:
            if not failed:  # the task ended, and its answer did not come: results are fetched from the scheduler
                raise self._gone() from error
            words = f"It cannot be called ({type(error).__name__}: {error}). Start it where the project is, with PYTHONPATH."
            return Answer(value=ConfigurationError(words), events=())
        answer: Answer = pickle.loads(answered)  # noqa: S301 - from the run's own worker
        return answer

    def _submit(self, worker: str, function: Callable[..., bytes], *arguments: Any) -> Future:
        call = pickle.dumps(Call(function, arguments))
        options = {"workers": [worker], "allow_other_workers": False, "pure": False, "retries": 0}
        future = self._asked(lambda: self._client.submit(pickle.loads, call, **options))
        self._calls[future.key] = (worker, future)
        return future

    def _asked(self, ask: Callable[[], T]) -> T:
        try:
            if self._client.status == "running":
                return ask()
        except (OSError, TimeoutError, RuntimeError) as error:
            raise self._gone() from error
        raise self._gone()

    def _gone(self) -> SchedulerError:
        return SchedulerError(
            f"The scheduler {self.address} is gone, and no worker commits any more. Start it, and run again: seeding goes on "
            "where it stopped."
        )
