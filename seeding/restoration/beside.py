"""A second thread that looks at the same seeded rows, with a connection of its own."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from operator import itemgetter
from threading import Event
from typing import Any, Self, TypeVar

from django.db import connections

from seeding.db.features import features
from seeding.restoration.generated_rows import GeneratedRows

FEW = 10_000
"""Seeded rows that are not worth a second connection."""

Item = TypeVar("Item")
Found = TypeVar("Found")


class Beside:
    """Looks at rows in its thread, if the server lets one read beside another; else whoever waits does it.

    The thread ends with the block: what has not begun then never does, and comparisons that have stop early.
    """

    def __init__(self, rows: GeneratedRows) -> None:
        self._rows = rows
        self._ended = Event()
        self._twin: GeneratedRows | None = None
        """The same rows for the thread: a connection belongs to one."""
        self._executor: ThreadPoolExecutor | None = None
        self._begun: list[Future[Any]] = []

    def __enter__(self) -> Self:
        connection = connections[self._rows.using]
        is_committed = connection.get_autocommit() and not connection.in_atomic_block  # else only this connection sees it
        if is_committed and features(connection).is_concurrent and self._rows.ledger.rows() >= FEW:
            self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="beside")
        return self

    def __exit__(self, *error: object) -> None:
        self._ended.set()
        if self._executor is not None:
            for one in self._begun:
                one.cancel()
            self._executor.submit(self._disconnect)
            self._executor.shutdown()
            self._executor = None

    @property
    def is_there(self) -> bool:
        """Whether it has a thread."""
        return self._executor is not None

    def begin(self, look: Callable[[GeneratedRows], Found]) -> Callable[[], Found]:
        """Start to look at the rows; returns what waits for the result. If the thread fails, `look` is called again, here."""
        here = partial(look, self._rows)
        if self._executor is None:
            return here
        begun: Future[Found] = self._executor.submit(self._look, look)
        self._begun.append(begun)
        return lambda: here() if begun.cancelled() or begun.exception() is not None else begun.result()

    def map(self, look: Callable[[GeneratedRows, Item], Found], items: Iterable[Item]) -> list[Found]:
        """What is found of each item, in their order; both threads take one after the other."""
        waiting, found = deque(enumerate(items)), dict[int, Found]()

        def work(rows: GeneratedRows) -> None:
            while True:
                try:
                    place, item = waiting.popleft()
                except IndexError:
                    return
                try:
                    found[place] = look(rows, item)
                except BaseException:
                    waiting.append((place, item))  # for whoever waits for this thread
                    raise

        rest = self.begin(work)
        work(self._rows)
        rest()
        return [one for _, one in sorted(found.items(), key=itemgetter(0))]

    def _look(self, look: Callable[[GeneratedRows], Found]) -> Found:
        if self._twin is None:
            self._twin = self._rows.twin(self._ended)
        return look(self._twin)

    def _disconnect(self) -> None:
        """Close the connection of the thread that calls it."""
        connections[self._rows.using].close()
