"""How a seeder's rows are cut into batches, and when one that was made ahead is taken."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import polars as pl

from seeding.arrays import Integers
from seeding.keys import KeyMap
from seeding.ledger.parent_values import NotKnownYetError
from seeding.orchestration.pipeline.batch import Batch, Preparation
from seeding.orchestration.pipeline.prefetch import Prefetch, Prefetched, Slices
from seeding.runs.transaction_size import TransactionSize
from seeding.telemetry.events import ignore

BYTES = 8_000_000
NARROW = pl.DataFrame({"one": pl.Series([1] * 8, dtype=pl.Int8)})
NOTHING = KeyMap.of(())


def sizes(slices: Slices, data: pl.DataFrame = NARROW) -> list[int]:
    """The rows of each batch, where each is told of data as wide as this."""
    found = []
    while (index := slices.next()) is not None:
        found.append(len(index))
        slices.fit(data)
    return found


def cut(ranges: Sequence[tuple[int, int]], *, size: int | None, most: int = 10_000) -> Slices:
    missing = np.array(ranges, dtype=np.int64).reshape(-1, 2)
    return Slices(missing, size=size, most=most, transactions=TransactionSize(BYTES, ignore))


def test_a_batch_holds_consecutive_missing_rows() -> None:
    slices = cut([(0, 3), (5, 0), (10, 5)], size=3)

    batches = [slices.next() for _ in range(4)]

    assert [None if one is None else one.tolist() for one in batches] == [[0, 1, 2], [10, 11, 12], [13, 14], None]


def test_where_nothing_is_missing_there_is_no_batch() -> None:
    assert cut([], size=None).next() is None
    assert cut([(7, 0)], size=3).next() is None


def test_batches_double_up_to_what_the_writer_takes() -> None:
    assert sizes(cut([(0, 20_000)], size=None, most=6_000)) == [1_000, 2_000, 4_000, 6_000, 6_000, 1_000]


def test_the_first_batch_is_no_larger_than_what_the_writer_takes() -> None:
    assert sizes(cut([(0, 1_000)], size=None, most=400)) == [400, 400, 200]


def test_wide_rows_come_in_small_batches() -> None:
    wide = pl.DataFrame({"text": ["x" * (BYTES // 50)] * 2})

    first, second, *_ = sizes(cut([(0, 1_100)], size=None), wide)

    assert first == 1_000
    assert 45 <= second <= 50


def test_a_row_that_is_too_wide_comes_alone() -> None:
    assert sizes(cut([(0, 1_002)], size=None), pl.DataFrame({"text": ["x" * (BYTES + 1)]})) == [1_000, 1, 1]


def test_a_size_that_was_given_stays() -> None:
    assert sizes(cut([(0, 10)], size=4)) == [4, 4, 2]


def test_rows_that_are_all_refused_tell_no_width() -> None:
    assert sizes(cut([(0, 3_000)], size=None), NARROW.clear()) == [1_000, 1_000, 1_000]


INDEX, KEYS = np.arange(3), np.arange(7, 10)
THERE = KeyMap.of([(10, 2, 1)])


def batch_of(index: np.ndarray[tuple[int, ...], np.dtype[np.int64]] = INDEX) -> Batch:
    frame = pl.DataFrame({"name": ["a", "b", "c"]})
    return Batch(
        generated=frame, ready=frame, rows=frame, index=index, keys=KEYS, accepted=np.ones(3, dtype=bool), errors=(), reasons={}
    )


def test_a_batch_made_ahead_is_taken_if_all_has_gone_as_assumed() -> None:
    batch = batch_of()
    ahead = Prefetched(data=batch.generated, there=THERE, batch=batch)

    assert ahead.fitting(np.arange(3), np.arange(7, 10), KeyMap.of([(10, 2, 1)])) is batch
    assert ahead.fitting(np.arange(1, 4), KEYS, THERE) is None
    assert ahead.fitting(INDEX, np.arange(8, 11), THERE) is None
    assert ahead.fitting(INDEX, KEYS, KeyMap.of([(10, 2, 2)])) is None
    assert replace(ahead, batch=None).fitting(INDEX, KEYS, THERE) is None


class Made(Preparation):
    """Makes frames of one column, fails where it is told to, and remembers in which thread it worked."""

    given = None

    def __init__(self, *, fails: int | None = None, asks: bool = False) -> None:
        self.threads: list[str] = []
        self.is_offline = False
        self._fails, self._asks = fails, asks

    def offline(self) -> Made:
        self.is_offline = True
        return self

    def generate(self, index: np.ndarray[tuple[int, ...], np.dtype[np.int64]]) -> pl.DataFrame:
        self.threads.append(threading.current_thread().name)
        if self._fails in index:
            raise ValueError("no rows")
        return pl.DataFrame({"index": index})

    def keys(self, data: pl.DataFrame, index: Integers, first_key: int) -> Integers:
        return np.arange(first_key, first_key + len(index))

    def prepare(self, data: pl.DataFrame, index: object, keys: object, there: KeyMap, **options: object) -> Batch:
        assert self.is_offline
        assert options == {}
        if self._asks:
            raise NotKnownYetError
        return replace(batch_of(data["index"].to_numpy()), keys=np.asarray(keys), accepted=np.ones(data.height, dtype=bool))


def foreseen(preparation: Made) -> list[tuple[list[int], Prefetched | None]]:
    """Every batch of seven rows, three at a time, with what was made of it ahead."""
    found = []
    with Prefetch(cut([(0, 7)], size=3), preparation) as ahead:
        for index, made in ahead:
            found.append((index.tolist(), made))
            for _ in range(2):  # a batch that is tried again begins its successor no second time
                ahead.begin(NARROW, int(index[-1]) + 101, NOTHING)
    assert "lookahead_0" not in {thread.name for thread in threading.enumerate()}
    return found


def test_every_batch_but_the_first_is_made_while_the_one_before_loads() -> None:
    preparation = Made()

    found = foreseen(preparation)

    assert [index for index, _ in found] == [[0, 1, 2], [3, 4, 5], [6]]
    assert [made and made.data["index"].to_list() for _, made in found] == [None, [3, 4, 5], [6]]
    assert [made.batch.keys.tolist() for _, made in found if made and made.batch] == [[103, 104, 105], [106]]
    assert preparation.threads == ["lookahead_0", "lookahead_0"]


def test_what_fails_ahead_is_done_again_in_its_turn() -> None:
    found = foreseen(Made(fails=4))

    assert [(index, made is None) for index, made in found] == [([0, 1, 2], True), ([3, 4, 5], True), ([6], False)]


def test_rows_that_need_the_database_are_generated_ahead_and_not_prepared() -> None:
    found = foreseen(Made(asks=True))

    assert [(made.data.height, made.batch) for _, made in found if made] == [(3, None), (1, None)]


def test_without_a_start_nothing_is_made_ahead() -> None:
    with Prefetch(cut([(0, 4)], size=2), Made()) as ahead:
        found = [(index.tolist(), made) for index, made in ahead]

    assert found == [([0, 1], None), ([2, 3], None)]
