from __future__ import annotations

from datetime import date
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seeding.generation.rows import Rows, decimals, divide, mix

SEEDS = st.integers(-(2**63), 2**63 - 1)


def rows(index: list[int], seed: int = 42) -> Rows:
    return Rows(seed=seed, table="things", as_of=date(2026, 1, 1), index=np.array(index, dtype=np.int64))


def test_mix_is_splitmix64() -> None:
    # The first outputs of the reference implementation for the seed 1234567.
    outputs = mix(np.uint64(1234567), np.arange(3, dtype=np.int64))

    assert outputs.tolist() == [6457827717110365317, 3203168211198807973, 9817491932198370423]


@given(seed=SEEDS, index=st.lists(st.integers(0, 2**40), min_size=1, max_size=30))
def test_a_value_depends_on_its_index_alone(seed: int, index: list[int]) -> None:
    together = rows(index, seed).uniform("a").tolist()

    alone = [rows([one], seed).uniform("a")[0] for one in index]
    assert together == alone


@given(seed=SEEDS)
def test_columns_and_tables_have_streams_of_their_own(seed: int) -> None:
    one = rows([0, 1, 2], seed)

    streams = [one.bits("a").tolist(), one.bits("b").tolist(), one.of("others", one.index).bits("a").tolist()]
    assert streams[0] != streams[1] != streams[2] != streams[0]


@given(seed=SEEDS, low=st.integers(-1000, 1000), span=st.integers(1, 1000))
def test_integers_stay_in_range(seed: int, low: int, span: int) -> None:
    values = rows(list(range(50)), seed).integers("a", low, low + span)

    assert low <= values.min() <= values.max() < low + span


def test_uniform_is_uniform() -> None:
    counts = np.histogram(rows(list(range(100_000))).uniform("a"), bins=10, range=(0, 1))[0]

    assert counts.min() > 9_600
    assert counts.max() < 10_400


@given(seed=SEEDS, size=st.integers(1, 300))
def test_a_bijection_is_one_to_one(seed: int, size: int) -> None:
    values = rows(list(range(size)), seed).bijection("a", size)

    assert sorted(values.tolist()) == list(range(size))


def test_a_bijection_refuses_what_lies_outside() -> None:
    with pytest.raises(ValueError, match=r"^things\.name has only 5 distinct values$"):
        rows([5]).bijection("name", 5)


@given(seed=SEEDS, size=st.integers(1, 60), group=st.integers(0, 1000))
def test_a_group_is_shuffled_within_itself(seed: int, size: int, group: int) -> None:
    members = [group * size + place for place in range(size)]

    shuffled = rows(members, seed).shuffled("a", size).tolist()

    assert sorted(shuffled) == list(range(size))
    assert [rows([one], seed).shuffled("a", size)[0] for one in members] == shuffled


def test_choices_follow_their_weights() -> None:
    chosen = rows(list(range(10_000))).choose("a", ("x", "y", "z"), (6, 3, 0))

    assert 6_400 < (chosen == "x").sum() < 6_900
    assert not (chosen == "z").any()


def test_faker_fills_a_pool_that_depends_on_the_seed() -> None:
    assert rows([1, 2, 3]).fake("a", "name").to_list() == rows([1, 2, 3]).fake("a", "name").to_list()
    assert rows([1, 2, 3], seed=1).fake("a", "name").to_list() != rows([1, 2, 3], seed=2).fake("a", "name").to_list()


@given(value=st.integers(-(10**12), 10**12), scale=st.integers(0, 4))
def test_decimals_are_exact(value: int, scale: int) -> None:
    assert decimals(np.array([value]), scale)[0] == Decimal(value).scaleb(-scale)


@given(numerator=st.integers(0, 10**12), denominator=st.integers(1, 10**5))
def test_division_rounds_halves_up(numerator: int, denominator: int) -> None:
    expected = int((Decimal(numerator) / denominator).quantize(Decimal(1), rounding="ROUND_HALF_UP"))

    assert divide(np.array([numerator]), denominator)[0] == expected
