"""Shares are exact: of any number of first rows, never more than one row off."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from seeding.generation.streams import stream
from seeding.generation.value_rules.shares import assigned, split

SHARES = st.fractions(min_value=Fraction(1, 1_000), max_value=1, max_denominator=1_000)
STREAMS = [stream(7, "shop", f"column {number}") for number in range(12)]


@given(SHARES, st.integers(0, 2**40))
def test_of_the_first_rows_a_share_is_chosen_to_the_row(share: Fraction, start: int) -> None:
    place = np.arange(2_000)
    chosen, before = split(STREAMS[0], place, share)
    far, far_before = split(STREAMS[0], place + start, share)

    counts = np.cumsum(chosen)
    assert all(abs(int(count) - (number + 1) * share) < 1 for number, count in enumerate(counts))
    assert all(int(counts[number - 1]) == number * share for number in range(1, 2_001) if (number * share).denominator == 1)
    assert (before == counts - chosen).all()
    assert (np.cumsum(far) - far + far_before[0] == far_before).all()


@given(st.lists(st.integers(0, 50), min_size=1, max_size=8).filter(any))
def test_of_as_many_rows_as_the_weights_come_to_each_gets_its_number(weights: list[int]) -> None:
    whole = sum(weights)
    place = np.arange(3 * whole)
    number, rank = assigned(STREAMS, place, [Fraction(one, whole) for one in weights])

    for times in (1, 2, 3):
        assert np.bincount(number[: times * whole], minlength=len(weights)).tolist() == [times * one for one in weights]
    for one in range(len(weights)):
        assert rank[number == one].tolist() == list(range(3 * weights[one]))


def test_other_streams_choose_other_rows() -> None:
    place = np.arange(300)
    one, other = (split(STREAMS[number], place, Fraction(1, 3))[0] for number in (0, 1))

    assert one.sum() == other.sum() == 100
    assert (one != other).sum() > 50
