"""The next batch is made while the present one loads: cut, generated, and prepared on the assumption that all goes well.

Only the thread of the run touches the database. What needs it, or fails, is given up here and done again in its turn, where it
is told and where the retries are.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Self

import numpy as np
import polars as pl

from seeding.arrays import Integers
from seeding.keys import KeyMap
from seeding.ledger.reference_resolution import NotKnownYetError
from seeding.orchestration.batch import Batch, Preparation

FIRST_BATCH = 1_000
BYTES_PER_BATCH = 8_000_000
"""Of rows in memory; what is made of them on the way to the server is a few times that."""


class Slices:
    """Cuts the missing rows (ranges [first, count]) into batches.

    `size` fixes their size. Otherwise each may be twice the one before, so that it is ready when that one is loaded, up to
    `most` rows and BYTES_PER_BATCH.
    """

    def __init__(self, missing: Integers, *, size: int | None, most: int) -> None:
        self._ranges = [(int(first), int(first + count)) for first, count in missing if count]
        self._fixed = size
        self._most = most
        self._size = min(FIRST_BATCH, most) if size is None else size

    def next(self) -> Integers | None:
        """The row indexes of the next batch; None at the end."""
        if not self._ranges:
            return None
        first, end = self._ranges[0]
        stop = min(first + self._size, end)
        self._ranges[:1] = [(stop, end)] if stop < end else []
        return np.arange(first, stop)

    def fit(self, data: pl.DataFrame) -> None:
        """Let the next batch be as large as rows of this width allow."""
        if self._fixed is None and data.height:
            fitting = int(BYTES_PER_BATCH * data.height / max(1, data.estimated_size()))
            self._size = max(1, min(2 * self._size, self._most, fitting))


@dataclass(frozen=True, slots=True, kw_only=True)
class Prefetched:
    """A batch that was made ahead."""

    data: pl.DataFrame
    """As generated."""
    there: KeyMap
    """The keys of the seeder's rows that were assumed to be in the table by now."""
    batch: Batch | None
    """None where it takes the database to prepare it."""

    def fitting(self, index: Integers, keys: Integers, there: KeyMap) -> Batch | None:
        """The batch if things have gone as assumed, so that preparing these rows now would make the same."""
        if self.batch is None or not there.same(self.there):
            return None
        same = np.array_equal(self.batch.index, index) and np.array_equal(self.batch.keys, keys)
        return self.batch if same else None


class Prefetch:
    """The batches of a seeder, each with what was made of it ahead, if anything. Ends its thread with its block."""

    def __init__(self, slices: Slices, preparation: Preparation) -> None:
        self._slices = slices
        self._preparation = preparation.offline()
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="lookahead")
        self._next: Integers | None = None
        self._pending: Future[Prefetched] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._executor.shutdown(cancel_futures=True)

    def __iter__(self) -> Iterator[tuple[Integers, Prefetched | None]]:
        while True:
            index = self._slices.next() if self._pending is None else self._next
            if index is None:
                return
            pending, self._pending = self._pending, None
            yield index, None if pending is None or pending.exception() is not None else pending.result()

    def begin(self, data: pl.DataFrame, first_key: int, there: KeyMap) -> None:
        """Start on the batch after `data`, unless that has been done.

        Its keys will begin at `first_key`, and `there` will be the seeder's rows, if nothing goes wrong.
        """
        if self._pending is not None:
            return
        self._slices.fit(data)
        self._next = index = self._slices.next()
        if index is not None:
            self._pending = self._executor.submit(self._foresee, index, first_key, there)

    def _foresee(self, index: Integers, first_key: int, there: KeyMap) -> Prefetched:
        data = self._preparation.generate(index)
        keys = np.arange(first_key, first_key + len(index))
        try:
            batch = self._preparation.prepare(data, index, keys, there)
        except NotKnownYetError:
            batch = None
        return Prefetched(data=data, there=there, batch=batch)
