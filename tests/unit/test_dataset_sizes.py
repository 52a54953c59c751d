"""The sizes that --size takes."""

from __future__ import annotations

from seeding.dataset_sizes import SIZES


def test_each_size_is_ten_times_the_one_before_it() -> None:
    assert list(SIZES.items()) == [("small", 1), ("medium", 10), ("large", 100)]
