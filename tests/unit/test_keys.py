from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from seeding.keys import KeyMap

PAIRS = st.dictionaries(st.integers(0, 60), st.integers(1, 10**6), max_size=40)


def key_map(pairs: dict[int, int]) -> KeyMap:
    index = np.array(sorted(pairs), dtype=np.int64)
    return KeyMap.pair(index, np.array([pairs[one] for one in index], dtype=np.int64))


@given(pairs=PAIRS)
def test_every_index_finds_its_key_and_no_other_does(pairs: dict[int, int]) -> None:
    keys, known = key_map(pairs).lookup(np.arange(70))

    assert {index: int(keys[index]) for index in range(70) if known[index]} == pairs


@given(pairs=PAIRS, total=st.integers(0, 70))
def test_missing_is_what_has_no_key(pairs: dict[int, int], total: int) -> None:
    ranges = key_map(pairs).missing(total)

    missing = [index for first, count in ranges for index in range(first, first + count)]
    assert missing == [index for index in range(total) if index not in pairs]
    assert key_map(pairs).count_below(total) == total - len(missing)


@given(pairs=PAIRS)
def test_ranges_survive_the_ledger(pairs: dict[int, int]) -> None:
    ranges = key_map(pairs)

    assert KeyMap.of(reversed(ranges.as_lists())).as_lists() == KeyMap.of(ranges.as_lists()).as_lists()
    assert len(KeyMap.of(ranges.as_lists())) == len(pairs)


def test_neighbours_are_merged() -> None:
    assert KeyMap.of([[10, 5, 110], [0, 10, 100]]).as_lists() == [[0, 15, 100]]


@given(one=PAIRS, other=PAIRS)
def test_maps_add_up(one: dict[int, int], other: dict[int, int]) -> None:
    apart = {index + 100: key for index, key in other.items()}

    both = key_map(one).plus(key_map(apart))

    keys, known = both.lookup(np.arange(170))
    assert {index: int(keys[index]) for index in range(170) if known[index]} == {**one, **apart}
