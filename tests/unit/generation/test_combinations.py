"""Different combinations per group of rows: no two alike, unevenly spread, the same at every size."""

from __future__ import annotations

from collections import Counter
from datetime import date
from math import prod

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seeding.generation.combinations import combinations, pairs
from seeding.generation.rows import Rows

some = settings(max_examples=60, deadline=None)


def rows(*index: int, seed: int = 42) -> Rows:
    return Rows(seed=seed, table="links", as_of=date(2026, 1, 1), index=np.array(index, dtype=np.int64))


@some
@given(sizes=st.lists(st.integers(1, 9), min_size=1, max_size=3), share=st.floats(0, 1), seed=st.integers(0, 2**31))
def test_no_combination_repeats_within_a_group(sizes: list[int], share: float, seed: int) -> None:
    count = max(1, int(prod(sizes) * share))
    found = [
        *zip(*(column.tolist() for column in combinations(rows(*range(3 * count), seed=seed), count, *sizes)), strict=True)
    ]

    for group in range(3):
        assert len(set(found[group * count : (group + 1) * count])) == count
    assert all(0 <= place < size for one in found for place, size in zip(one, sizes, strict=True))


@some
@given(size=st.integers(2, 30), share=st.floats(0, 1), mutual=st.booleans(), seed=st.integers(0, 2**31))
def test_a_pair_is_of_two_and_a_mutual_one_is_there_both_ways(size: int, share: float, *, mutual: bool, seed: int) -> None:
    count = max(2, int(size * (size - 1) * share) // 2 * 2)
    found = [
        *zip(
            *(column.tolist() for column in pairs(rows(*range(2 * count), seed=seed), count, size, mutual=mutual)), strict=True
        )
    ]

    for group in (found[:count], found[count:]):
        assert len(set(group)) == count
        assert all(one != other for one, other in group)
        assert not mutual or {(other, one) for one, other in group} == set(group)


def test_a_row_depends_on_its_index_alone_and_some_places_have_many_rows_and_others_none() -> None:
    first, second = combinations(rows(*range(2_000)), 20, 10, 10)
    again = combinations(rows(1_999, 3), 20, 10, 10)
    counts = Counter((first + 10 * (np.arange(2_000) // 20)).tolist())

    assert [column.tolist() for column in again] == [[first[1_999], first[3]], [second[1_999], second[3]]]
    assert max(counts.values()) >= 5
    assert len(counts) < 1_000
    assert len({tuple(first[start : start + 20]) for start in range(0, 2_000, 20)}) > 1


def test_of_very_many_places_all_are_reached_and_too_few_are_refused() -> None:
    first, second = combinations(rows(*range(20_000)), 20, 100_000, 3)

    assert first.max() > 90_000
    assert set(second.tolist()) == {0, 1, 2}
    with pytest.raises(ValueError, match="only 6 combinations for 7 rows"):
        combinations(rows(0), 7, 2, 3)
