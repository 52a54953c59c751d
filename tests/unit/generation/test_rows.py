from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seeding.arrays import Integers
from seeding.generation.rows import Rows, decimals, divide, faker_pool, numerals, only, remembered, take
from seeding.generation.streams import mix

some = settings(max_examples=40, deadline=None)

SEEDS = st.integers(-(2**63), 2**63 - 1)


def rows(index: list[int], seed: int = 42) -> Rows:
    return Rows(seed=seed, table="things", as_of=date(2026, 1, 1), index=np.array(index, dtype=np.int64))


def test_mix_is_splitmix64() -> None:
    # The first outputs of the reference implementation for the seed 1234567.
    outputs = mix(np.uint64(1234567), np.arange(3, dtype=np.int64))

    assert outputs.tolist() == [6457827717110365317, 3203168211198807973, 9817491932198370423]


@pytest.mark.parametrize(("seed", "index"), [(42, 0), (-(2**63), 12_345)])
def test_a_value_is_a_function_of_version_seed_table_column_and_index(seed: int, index: int) -> None:
    # SplitMix64 in plain Python, from a state that BLAKE2b makes of the names.
    digest = hashlib.blake2b(f"1\0{seed}\0things\0a".encode(), digest_size=8).digest()
    z = (int.from_bytes(digest, "little") + (index + 1) * 0x9E3779B97F4A7C15) % 2**64
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 % 2**64
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB % 2**64
    z ^= z >> 31

    one = rows([index], seed)

    assert one.bits("a").tolist() == [z]
    assert one.uniform("a", 2, 6).tolist() == [2 + 4 * (z >> 11) / 2**53]
    assert one.integers("a", 2, 6).tolist() == [2 + 4 * (z >> 11) // 2**53]


@some
@given(seed=SEEDS, index=st.lists(st.integers(0, 2**40), min_size=1, max_size=30))
def test_a_value_depends_on_its_index_alone(seed: int, index: list[int]) -> None:
    together = rows(index, seed).uniform("a").tolist()

    alone = [rows([one], seed).uniform("a")[0] for one in index]
    assert together == alone


def test_a_skewed_draw_has_favourites_and_every_group_others() -> None:
    one = rows(list(range(10_000)))
    groups = one.index // 1_000

    counts = np.array([np.bincount(one.skewed("a", 10, groups)[groups == group], minlength=10) for group in range(10)])

    assert (counts.sum(axis=1) == 1_000).all()
    assert (counts.max(axis=1) > 250).all()
    assert (counts.min(axis=1) < 80).all()
    assert len(set(counts.argmax(axis=1).tolist())) > 3
    assert one.skewed("a", 10).tolist() == one.skewed("a", 10, 0).tolist()
    assert rows([7, 3]).skewed("a", 10, np.array([0, 1])).tolist() == [
        rows([7]).skewed("a", 10, 0)[0],
        rows([3]).skewed("a", 10, 1)[0],
    ]


@some
@given(seed=SEEDS)
def test_columns_and_tables_have_streams_of_their_own(seed: int) -> None:
    one = rows([0, 1, 2], seed)

    streams = [one.bits("a").tolist(), one.bits("b").tolist(), one.of("others", one.index).bits("a").tolist()]
    assert streams[0] != streams[1] != streams[2] != streams[0]


@some
@given(seed=SEEDS, low=st.integers(-1000, 1000), span=st.integers(1, 1000))
def test_integers_stay_in_range(seed: int, low: int, span: int) -> None:
    values = rows(list(range(50)), seed).integers("a", low, low + span)

    assert low <= values.min() <= values.max() < low + span


def test_uniform_is_uniform() -> None:
    counts = np.histogram(rows(list(range(100_000))).uniform("a"), bins=10, range=(0, 1))[0]

    assert counts.min() > 9_600
    assert counts.max() < 10_400


@some
@given(seed=SEEDS, size=st.integers(1, 300))
def test_a_bijection_is_one_to_one(seed: int, size: int) -> None:
    values = rows(list(range(size)), seed).bijection("a", size)

    assert sorted(values.tolist()) == list(range(size))


def test_a_bijection_refuses_what_lies_outside() -> None:
    with pytest.raises(ValueError, match=r"^things\.name has only 5 distinct values$"):
        rows([5]).bijection("name", 5)


@some
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


@some
@given(value=st.integers(-(10**12), 10**12), scale=st.integers(0, 4))
def test_decimals_are_exact(value: int, scale: int) -> None:
    assert decimals(np.array([value]), scale)[0] == Decimal(value).scaleb(-scale)


@some
@given(numerator=st.integers(0, 10**12), denominator=st.integers(1, 10**5))
def test_division_rounds_halves_up(numerator: int, denominator: int) -> None:
    expected = int((Decimal(numerator) / denominator).quantize(Decimal(1), rounding="ROUND_HALF_UP"))

    assert divide(np.array([numerator]), denominator)[0] == expected


def test_a_day_or_a_moment_is_told_from_the_day_of_the_dataset() -> None:
    some = rows([0, 1, 2])

    assert some.dates(np.array([-1, 0, 31])).to_list() == [date(2025, 12, 31), date(2026, 1, 1), date(2026, 2, 1)]
    assert some.moments(np.array([-0.5, 0.0, 1 + 1.9 / 86_400])).to_list() == [
        datetime(2025, 12, 31, 12, tzinfo=UTC),
        datetime(2026, 1, 1, tzinfo=UTC),
        datetime(2026, 1, 2, 0, 0, 1, tzinfo=UTC),  # whole seconds, rounded down
    ]


def test_a_chance_of_nothing_and_of_everything() -> None:
    some = rows(list(range(500)))

    assert not some.chance("a", 0).any()
    assert some.chance("a", 1).all()
    assert 90 < some.chance("a", 0.25).sum() < 160


def test_values_that_are_chosen_evenly() -> None:
    chosen = rows(list(range(9_000))).choose("a", ("x", "y", "z")).to_list()

    assert all(2_850 < chosen.count(one) < 3_150 for one in "xyz")


def test_rows_of_another_table_keep_the_seed_and_the_day() -> None:
    parents = rows([5, 6], seed=7).of("parents", np.array([2, 2], dtype=np.int32))

    assert (parents.seed, parents.table, parents.as_of, parents.index.tolist()) == (7, "parents", date(2026, 1, 1), [2, 2])
    assert parents.index.dtype == np.int64
    assert len(parents) == 2


@pytest.mark.parametrize("index", [[], [3, 3, 1], [0, 10**12, 5]])
def test_permutations_are_one_for_each_index(index: list[int]) -> None:
    permutations = rows(index).permutations("a", 6)

    assert permutations.shape == (len(index), 6)
    assert all(sorted(one) == list(range(6)) for one in permutations.tolist())
    assert permutations.tolist() == [rows([one]).permutations("a", 6)[0].tolist() for one in index]


def test_shuffles_differ_from_group_to_group() -> None:
    shuffled = rows(list(range(60))).shuffled("a", 6).reshape(-1, 6).tolist()

    assert len({tuple(group) for group in shuffled}) > 5


@pytest.mark.parametrize("index", [[-1], [5]])
def test_a_bijection_takes_another_index_than_the_rows(index: list[int]) -> None:
    some = rows([99])

    assert sorted(int(some.bijection("a", 5, np.array([one]))[0]) for one in range(5)) == [0, 1, 2, 3, 4]
    with pytest.raises(ValueError, match=r"^things\.a has only 5 distinct values$"):
        some.bijection("a", 5, np.array(index))


def test_a_bijection_of_no_rows_is_empty() -> None:
    assert rows([]).bijection("a", 5).tolist() == []
    assert rows([]).tiers("a", 5).tolist() == []


def test_the_first_rows_take_their_values_from_the_first_tier() -> None:
    tiers = rows(list(range(40))).tiers("a", 10, 25, 5).tolist()

    assert [sorted(tiers[:10]), sorted(tiers[10:35]), sorted(tiers[35:])] == [
        list(range(10)),
        list(range(10, 35)),
        list(range(35, 40)),
    ]
    assert tiers != list(range(40))


def test_tiers_of_one_size_are_shuffled_differently() -> None:
    tiers = rows(list(range(40))).tiers("a", 20, 20).tolist()

    assert tiers[:20] != [value - 20 for value in tiers[20:]]


def test_tiers_refuse_what_lies_beyond_the_last() -> None:
    with pytest.raises(ValueError, match=r"^things\.name has only 1,015 distinct values$"):
        rows([1_015]).tiers("name", 15, 1_000)


def test_a_remembered_function_works_once_for_the_same_rows() -> None:
    calls: list[str] = []

    @remembered
    def tripled(rows: Rows, times: int = 3) -> Integers:
        calls.append(rows.table)
        return rows.index * times

    some = rows([1, 2])
    assert [tripled(some).tolist(), tripled(some).tolist(), tripled(rows([1, 2])).tolist()] == [[3, 6]] * 3
    assert len(calls) == 2  # other rows, though equal, are computed anew
    assert [tripled(some, 2).tolist(), tripled(some, times=5).tolist(), tripled(some, times=5).tolist()] == [
        [2, 4],
        [5, 10],
        [5, 10],
    ]
    assert len(calls) == 4


def test_a_column_of_text_is_remembered_too() -> None:
    named = remembered(lambda rows: numerals(rows.index))
    some = rows([1, 2])

    assert named(some).to_list() == ["1", "2"]
    assert named(some) is named(some)


def test_what_is_remembered_is_read_only() -> None:
    @remembered
    def both(rows: Rows) -> tuple[Integers, Integers]:
        return rows.index + 1, rows.index + 2

    one, other = both(rows([1]))

    for column in (one, other):
        with pytest.raises(ValueError, match="read-only"):
            column[0] = 5


def test_values_are_taken_where_they_are_present() -> None:
    values = take(("a", "b", "c"), np.array([2, 0, 2]))

    assert values.to_list() == ["c", "a", "c"]
    assert only(values, np.array([True, False, True])).to_list() == ["c", None, "c"]


def test_numbers_as_text_have_leading_zeros() -> None:
    assert numerals(np.array([7, 42, 1234])).to_list() == ["7", "42", "1234"]
    assert numerals(np.array([7, 42, 1234]), 3).to_list() == ["007", "042", "1234"]


def test_a_line_of_faker_is_one_line() -> None:
    assert not any("\n" in address for address in faker_pool(42, "address"))
    assert len(faker_pool(42, "address")) == 2_048
