"""Trees among rows, against plain walks over the parents."""

from __future__ import annotations

from collections import Counter
from datetime import date

import numpy as np
import pytest

from seeding.generation.rows import Rows
from seeding.generation.trees import tree

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def rows(number: int) -> Rows:
    """The first rows of a table."""
    return Rows(seed=1, table="t", as_of=date(2026, 1, 1), index=np.arange(number))


@pytest.mark.parametrize("size", [1, 2, 5, 10, 30])
def test_every_column_tells_of_the_same_tree(size: int) -> None:
    made = tree(rows(4 * size), size)
    parents = made.parent.to_list()
    ways = [[index] for index in range(4 * size)]
    for index, parent in enumerate(parents):
        assert parent is None or parent < index
        ways[index] = [*(ways[parent] if parent is not None else []), index]
    paths = made.path(800, 2, ALPHABET).to_list()
    children = Counter(parents)

    assert made.depth.tolist() == [len(way) - 1 for way in ways]
    assert made.children.tolist() == [children[index] for index in range(4 * size)]
    for index, way in enumerate(ways):
        same = [other for other in range(4 * size) if made.number[other] == made.number[index]]
        below = [other for other in same if made.left[index] < made.left[other] < made.right[other] < made.right[index]]
        assert below == [other for other in same if index in ways[other][:-1]]
        assert made.right[index] - made.left[index] == 2 * len(below) + 1
        assert [paths.index(paths[index][: 2 * step]) for step in range(1, len(way) + 1)] == way
    assert len(set(paths)) == len(paths)
    assert len({(parent, order) for parent, order in zip(parents, made.order.tolist(), strict=True)}) == len(parents)


def test_a_later_tree_leaves_the_last_root_to_the_application() -> None:
    paths = tree(rows(3), 1).path(1_000, 3, ALPHABET).to_list()

    assert paths == sorted(paths, reverse=True)
    with pytest.raises(ValueError, match="only 2 trees"):
        tree(rows(3), 1).path(2, 3, ALPHABET)


def test_more_rows_change_none() -> None:
    assert tree(rows(100), 10).parent[:10].to_list() == tree(rows(10), 10).parent.to_list()
