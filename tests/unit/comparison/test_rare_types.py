"""Whether stored values of the rarer types are what was written."""

from __future__ import annotations

import uuid
from datetime import time, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from seeding.comparison.rendered_rows import _text
from seeding.comparison.same_values import same

KEY = "0f0e0d0c-0b0a-4908-8706-050403020100"
LONG = "1." + "0" * 29


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        (KEY, uuid.UUID(KEY), True),
        (uuid.UUID(KEY), KEY.replace("-", "").upper(), True),
        (KEY, uuid.UUID(int=1), False),
        (b"a", memoryview(b"a"), True),
        (b"a", b"b", False),
        (b"a", "a", False),
        (time(1, 2, 3), time(1, 2, 3), True),
        (time(1, 2, 3), time(1, 2, 3, 1), False),
        (timedelta(1), timedelta(hours=24), True),
        ([KEY], [uuid.UUID(KEY)], True),
        (Decimal(LONG + "1"), Decimal(LONG + "2"), False),
    ],
)
def test_values_are_the_same_if_they_mean_the_same(one: Any, other: Any, is_same: bool) -> None:  # noqa: FBT001
    assert same(one, other) is is_same


def test_a_value_is_written_as_a_server_writes_it() -> None:
    frame = pl.DataFrame(
        {
            "clock": [time(1, 2, 3, 4), None],
            "wait": [timedelta(days=-1, microseconds=1), None],
            "data": [b"\x00\xff", None],
            "uid": [KEY.upper(), None],
        }
    )

    written = frame.select(_text(frame.schema[name], name, None, bare=name == "uid").alias(name) for name in frame.columns)

    assert written.rows() == [("01:02:03.000004", "-86399999999", "00FF", KEY.replace("-", "")), (None,) * 4]
