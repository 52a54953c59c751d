"""What an edited row still holds tells it from another one under its key."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import polars as pl
import pytest

from seeding.comparison.changed_rows import Compared
from seeding.comparison.rendered_rows import KEY
from seeding.restoration.likeness import Likeness

ROWS = 40


def seeded() -> pl.DataFrame:
    """Rows with a column of each kind."""
    return pl.DataFrame({
        "name": [f"Name {row:03}" for row in range(ROWS)],
        "code": [f"{row:02}" for row in range(ROWS)],
        "place": list(range(ROWS)),
        "product": [row % 10 for row in range(ROWS)],
        "price": [Decimal(f"{row + 10}.{row:02}7") for row in range(ROWS)],
        "status": ["paid"] * ROWS,
        "made": [datetime(2026, 1, 1, row % 24, row, tzinfo=UTC) for row in range(ROWS)],
        "note": [None] * ROWS,
        KEY: list(range(ROWS)),
    })  # fmt: skip


def is_strange(*same: str, excepted: tuple[str, ...] = ()) -> bool:
    """Whether a row that holds only this of what was seeded is taken for another one."""
    rows = seeded()
    differing = tuple(name for name in rows.columns if name not in (*same, KEY))
    compared = Compared(
        index=np.arange(ROWS), keys=np.arange(ROWS), data=rows, resolved=rows, columns=frozenset(rows.columns) - {KEY},
        differing={7: differing}, lost={}, absent=(),
    )  # fmt: skip
    return bool(Likeness(rows, {KEY}).strangers(compared, {7: excepted}))


@pytest.mark.parametrize(
    ("same", "strange"),
    [
        ((), True),
        (("name",), False),  # a text of its own
        (("made",), False),
        (("price",), False),  # 17.077
        (("code",), True),  # two letters
        (("place",), True),  # a number that is counted
        (("product", "status", "note", "place"), True),
        (("product", "code"), True),
        (("product", "code", "place"), False),
    ],
)
def test_each_value_counts_by_how_rare_it_is(same: tuple[str, ...], strange: bool) -> None:  # noqa: FBT001 - a table of cases
    assert is_strange(*same) is strange


def test_a_column_that_is_to_hold_something_else_says_nothing() -> None:
    assert is_strange("name", excepted=("name",))


def test_a_row_that_does_not_differ_is_the_seeded_one() -> None:
    rows: Any = seeded()
    compared = Compared(
        index=np.arange(ROWS), keys=np.arange(ROWS), data=rows, resolved=rows, columns=frozenset(), differing={},
        lost={}, absent=(),
    )  # fmt: skip

    assert not Likeness(rows, {KEY}).strangers(compared, {})
