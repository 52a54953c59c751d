"""Sets of keys and maps onto keys, against Python's sets and dicts."""

from __future__ import annotations

import sqlite3
from itertools import pairwise

import numpy as np
import pytest
from django.db.models import Q
from hypothesis import given, settings
from hypothesis import strategies as st

from seeding.keys import NOTHING, RANGES_PER_STATEMENT, KeyMap, KeySet, union

some = settings(max_examples=40, deadline=None)

KEYS = st.sets(st.integers(-20, 60), max_size=40)
RANGES = st.lists(st.tuples(st.integers(-20, 60), st.integers(0, 15)).map(lambda one: (one[0], one[0] + one[1])), max_size=8)
PAIRS = st.dictionaries(st.integers(0, 60), st.integers(1, 10**6), max_size=40)
RUNS = st.lists(st.tuples(st.integers(1, 4), st.integers(0, 2), st.booleans()), max_size=8)
"""(length, gap before it, whether its keys continue those before it): maps with long ranges, as seeding makes them."""


def key_set(keys: set[int]) -> KeySet:
    return KeySet.holding(np.array(list(keys), dtype=np.int64))


def members(keys: KeySet) -> set[int]:
    """The keys, and a look at the ranges: ascending, disjoint and never adjacent."""
    for first, last in keys.ranges:
        assert first <= last
    for (_, last), (first, _) in pairwise(keys.ranges):
        assert last + 1 < first
    return {key for first, last in keys.ranges for key in range(first, last + 1)}


def apart(count: int) -> KeySet:
    """So many single keys, none next to another."""
    return KeySet.of((number * 2, number * 2) for number in range(count))


# Sets


@some
@given(ranges=RANGES)
def test_ranges_that_touch_or_overlap_become_one(ranges: list[tuple[int, int]]) -> None:
    assert members(KeySet.of(ranges)) == {key for first, last in ranges for key in range(first, last + 1)}


@pytest.mark.parametrize(
    ("ranges", "merged"),
    [
        ([], []),
        ([(5, 7), (1, 2)], [(1, 2), (5, 7)]),
        ([(1, 2), (3, 4)], [(1, 4)]),
        ([(1, 9), (2, 3)], [(1, 9)]),
        ([(1, 9), (2, 3), (9, 12)], [(1, 12)]),
    ],
)
def test_the_ranges_of_a_set(ranges: list[tuple[int, int]], merged: list[tuple[int, int]]) -> None:
    assert KeySet.of(ranges).ranges == merged


@some
@given(keys=st.lists(st.integers(-20, 60), max_size=40))
def test_single_keys_in_any_order_may_repeat(keys: list[int]) -> None:
    assert members(KeySet.holding(np.array(keys, dtype=np.int64))) == set(keys)


@some
@given(one=KEYS, other=KEYS)
def test_sets_combine_as_pythons_do(one: set[int], other: set[int]) -> None:
    left, right = key_set(one), key_set(other)

    assert members(left | right) == one | other
    assert members(left & right) == one & other
    assert members(left - right) == one - other
    assert members(union([left, right, NOTHING])) == one | other


@some
@given(keys=KEYS, asked=st.lists(st.integers(-25, 65), max_size=20))
def test_a_set_knows_what_it_holds(keys: set[int], asked: list[int]) -> None:
    there = key_set(keys)

    assert there.has(np.array(asked, dtype=np.int64)).tolist() == [key in keys for key in asked]
    assert (len(there), bool(there)) == (len(keys), bool(keys))


@some
@given(keys=KEYS, count=st.integers(0, 50))
def test_the_smallest_and_the_largest_keys(keys: set[int], count: int) -> None:
    there, ordered = key_set(keys), sorted(keys)

    assert there.first(count) == ordered[:count]
    assert members(there.last(count)) == set(ordered[max(len(ordered) - count, 0) :])


def test_the_largest_keys_leave_the_set_as_it_was() -> None:
    keys = KeySet.of([(1, 10)])

    assert keys.last(3).ranges == [(8, 10)]
    assert keys.ranges == [(1, 10)]


def test_the_hull_goes_from_the_first_key_to_the_last() -> None:
    assert KeySet.of([(3, 4), (9, 9), (20, 30)]).hull().ranges == [(3, 30)]


@pytest.mark.parametrize(
    ("ranges", "sizes"),
    [
        (0, []),
        (RANGES_PER_STATEMENT, [RANGES_PER_STATEMENT]),
        (RANGES_PER_STATEMENT + 1, [RANGES_PER_STATEMENT, 1]),
    ],
)
def test_a_statement_names_so_many_ranges_and_no_more(ranges: int, sizes: list[int]) -> None:
    keys = apart(ranges)

    pieces = list(keys.pieces())

    assert [len(piece) for piece in pieces] == sizes
    assert members(union(pieces)) == members(keys)
    assert len(list(keys.conditions())) == len(sizes)


def test_a_condition_on_the_primary_key_takes_any_of_the_ranges() -> None:
    (condition,) = KeySet.of([(1, 3), (7, 7)]).conditions()

    assert condition == Q(pk__gte=1, pk__lte=3) | Q(pk__gte=7, pk__lte=7)


@settings(max_examples=15, deadline=None)
@given(keys=KEYS.filter(bool))
def test_sql_selects_the_keys_of_the_set(keys: set[int]) -> None:
    clause, parameters = key_set(keys).condition_on('"number"')
    database = sqlite3.connect(":memory:")
    database.execute("CREATE TABLE t (number INTEGER)")
    database.executemany("INSERT INTO t VALUES (?)", [(number,) for number in range(-25, 65)])

    sql = f"SELECT number FROM t WHERE number < 20 AND {clause.replace('%s', '?')}"  # noqa: S608 - what is tested
    found = database.execute(sql, parameters).fetchall()

    database.close()
    assert {number for (number,) in found} == {key for key in keys if key < 20}


# Maps


def key_map(pairs: dict[int, int]) -> KeyMap:
    index = np.array(sorted(pairs), dtype=np.int64)
    return KeyMap.pair(index, np.array([pairs[one] for one in index], dtype=np.int64))


def as_dict(keys: KeyMap) -> dict[int, int]:
    return {first + step: key + step for first, count, key in keys.as_lists() for step in range(count)}


def laid_out(runs: list[tuple[int, int, bool]]) -> dict[int, int]:
    """The runs as a dict; each key is there once."""
    pairs: dict[int, int] = {}
    index, key = 0, 100
    for length, gap, continues in runs:
        index += gap
        key += gap if continues else 50
        for _ in range(length):
            pairs[index] = key
            index, key = index + 1, key + 1
    return pairs


@some
@given(pairs=PAIRS)
def test_every_index_finds_its_key_and_no_other_does(pairs: dict[int, int]) -> None:
    keys, known = key_map(pairs).lookup(np.arange(70))

    assert {index: int(keys[index]) for index in range(70) if known[index]} == pairs
    assert not keys[~known].any()


@some
@given(pairs=PAIRS, total=st.integers(0, 70))
def test_missing_is_what_has_no_key(pairs: dict[int, int], total: int) -> None:
    ranges = key_map(pairs).missing(total)

    missing = [index for first, count in ranges for index in range(first, first + count)]
    assert missing == [index for index in range(total) if index not in pairs]
    assert key_map(pairs).count_below(total) == total - len(missing)


@some
@given(pairs=PAIRS)
def test_ranges_survive_the_ledger(pairs: dict[int, int]) -> None:
    ranges = key_map(pairs)

    assert KeyMap.of(reversed(ranges.as_lists())).same(ranges)
    assert len(KeyMap.of(ranges.as_lists())) == len(pairs)


@pytest.mark.parametrize(
    ("ranges", "merged"),
    [
        ([], []),
        ([[10, 5, 110], [0, 10, 100]], [[0, 15, 100]]),
        ([[0, 10, 100], [10, 5, 111]], [[0, 10, 100], [10, 5, 111]]),  # the keys do not go on
        ([[0, 10, 100], [11, 5, 110]], [[0, 10, 100], [11, 5, 110]]),  # the indexes do not
    ],
)
def test_neighbours_are_merged(ranges: list[list[int]], merged: list[list[int]]) -> None:
    assert KeyMap.of(ranges).as_lists() == merged


@some
@given(runs=RUNS)
def test_a_map_is_as_few_ranges_as_can_be(runs: list[tuple[int, int, bool]]) -> None:
    pairs = laid_out(runs)
    breaks = sum(pairs.get(index - 1) != key - 1 for index, key in pairs.items())

    assert as_dict(key_map(pairs)) == pairs
    assert len(key_map(pairs).ranges) == breaks
    assert KeyMap.of([index, 1, key] for index, key in pairs.items()).same(key_map(pairs))


@some
@given(one=PAIRS, other=PAIRS)
def test_maps_add_up(one: dict[int, int], other: dict[int, int]) -> None:
    later = {index + 100: key for index, key in other.items()}

    both = key_map(one).plus(key_map(later))

    assert as_dict(both) == {**one, **later}
    assert as_dict(key_map(later).plus(key_map(one))) == {**one, **later}


@some
@given(one=PAIRS, other=PAIRS)
def test_maps_are_the_same_if_their_dicts_are_equal(one: dict[int, int], other: dict[int, int]) -> None:
    assert key_map(one).same(key_map(other)) == (one == other)


@some
@given(pairs=PAIRS.filter(bool), index=st.integers(0, 70))
def test_the_nearest_key_is_that_of_the_index_below_or_else_above(pairs: dict[int, int], index: int) -> None:
    below = [one for one in pairs if one <= index]

    (nearest,) = key_map(pairs).nearest(np.array([index]))

    assert nearest == pairs[max(below) if below else min(pairs)]


@some
@given(runs=RUNS)
def test_a_map_comes_apart_into_indexes_and_keys(runs: list[tuple[int, int, bool]]) -> None:
    pairs = laid_out(runs)

    index, keys = key_map(pairs).pairs()

    assert list(zip(index.tolist(), keys.tolist(), strict=True)) == sorted(pairs.items())
    assert members(key_map(pairs).key_set()) == set(pairs.values())


@some
@given(RUNS, st.integers(1, 9))
def test_a_map_in_parts_of_a_size_is_still_the_map(runs: list[tuple[int, int, bool]], size: int) -> None:
    whole = KeyMap.of([(index, 1, key) for index, key in laid_out(runs).items()])

    parts = list(whole.parts(size))

    assert [len(part) for part in parts] == [size] * (len(whole) // size) + [len(whole) % size] * bool(len(whole) % size)
    assert [pair for part in parts for pair in zip(*part.pairs(), strict=True)] == list(zip(*whole.pairs(), strict=True))
    assert all((part.ranges[:, 1] > 0).all() for part in parts)


@some
@given(runs=RUNS, chosen=st.sets(st.integers(100, 200)))
def test_a_map_is_split_by_its_keys(runs: list[tuple[int, int, bool]], chosen: set[int]) -> None:
    pairs = laid_out(runs)

    inside, rest = key_map(pairs).split(key_set(chosen))

    assert as_dict(inside) == {index: key for index, key in pairs.items() if key in chosen}
    assert as_dict(rest) == {index: key for index, key in pairs.items() if key not in chosen}


@pytest.mark.parametrize(
    ("count", "ranges"),
    [(0, []), (1, [(1, 1)]), (3, [(1, 3)]), (4, [(1, 3), (7, 7)]), (5, [(1, 3), (7, 8)]), (99, [(1, 3), (7, 8)])],
)
def test_the_lowest_keys_are_a_set_too(count: int, ranges: list[tuple[int, int]]) -> None:
    keys = KeySet.of([(1, 3), (7, 8)])

    assert keys.lowest(count).ranges == ranges
    assert keys.ranges == [(1, 3), (7, 8)]
