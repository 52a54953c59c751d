"""Prepares the next batch while the current one loads: sliced, generated and resolved, assuming that nothing fails.

Only the run's own thread uses the database. Work that needs it, or fails, is dropped here and repeated in that thread, which
reports errors and retries.
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
from seeding.ledger.parent_values import NotKnownYetError
from seeding.orchestration.pipeline.batch import Batch, Preparation
from seeding.runs.transaction_size import TransactionSize

FIRST_BATCH = 1_000


class Slices:
    """Slices the missing rows (ranges [first, count]) into batches.

    `size` fixes their size. Otherwise the first has `first` rows, and each can be twice the one before, so that it is ready
    once that one is loaded, up to `most` rows and what fits into a transaction, by the rows' size in memory. None is larger
    than the server has accepted.
    """

    def __init__(
        self, missing: Integers, *, size: int | None, most: int, transactions: TransactionSize, first: int = FIRST_BATCH
    ) -> None:
        self._ranges = [(int(first), int(first + count)) for first, count in missing if count]
        self._fixed = size
        self._most = most
        self._transactions = transactions
        self._size = min(first, most) if size is None else size

    def next(self) -> Integers | None:
        """The row indexes of the next batch; None at the end."""
        if not self._ranges:
            return None
        first, end = self._ranges[0]
        stop = min(first + self._size, end)
        self._ranges[:1] = [(stop, end)] if stop < end else []
        return np.arange(first, stop)

    def fit(self, data: pl.DataFrame) -> None:
        """Set the next batch's size to what rows of this width allow."""
        if not data.height:
            return
        fitting = self._transactions.rows(max(1, data.estimated_size()) / data.height)
        if self._fixed is None:
            self._size = min(2 * self._size, self._most, fitting)
        elif self._transactions.is_reduced:
            self._size = min(self._fixed, fitting)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prefetched:
    """A batch prepared in advance."""

    data: pl.DataFrame
    """As generated."""
    there: KeyMap
    """The keys of the seeder's rows, as assumed in advance."""
    batch: Batch | None
    """None if preparing it needs the database."""

    def fitting(self, index: Integers, keys: Integers, there: KeyMap) -> Batch | None:
        """The batch if the assumptions held, so that preparing these rows now would give the same result."""
        if self.batch is None or not there.same(self.there):
            return None
        same = np.array_equal(self.batch.index, index) and np.array_equal(self.batch.keys, keys)
        return self.batch if same else None


class Prefetch:
    """A seeder's batches, each with its prefetched result, if any. Its thread ends with the `with` block."""

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
        """Start the batch after `data`, unless it has been started.

        If nothing fails, its keys start at `first_key`, and `there` holds the seeder's rows by then.
        """
        if self._pending is not None:
            return
        self._slices.fit(data)
        self._next = index = self._slices.next()
        if index is not None:
            self._pending = self._executor.submit(self._foresee, index, first_key, there)

    def _foresee(self, index: Integers, first_key: int, there: KeyMap) -> Prefetched:
        data = self._preparation.generate(index)
        try:
            keys = self._preparation.keys(data, index, first_key)
            batch = self._preparation.prepare(data, index, keys, there)
        except NotKnownYetError:
            batch = None
        return Prefetched(data=data, there=there, batch=batch)
