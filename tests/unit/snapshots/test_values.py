"""Values mean the same when they come back."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seeding.snapshots.values import UnportableError, original, portable

VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**63), 2**63), st.text(), st.floats(allow_nan=False, allow_infinity=False),
    st.decimals(allow_nan=False, allow_infinity=False), st.datetimes(timezones=st.just(UTC)), st.dates(), st.times(),
    st.timedeltas(), st.binary(), st.uuids(), st.lists(st.integers()), st.dictionaries(st.text(), st.booleans()),
)  # fmt: skip


@given(VALUES)
def test_there_and_back(value: object) -> None:
    back = original(portable(value))

    assert (type(back), back) == (type(value), value)


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (datetime(2026, 3, 2, 4, tzinfo=UTC), {"moment": "2026-03-02T04:00:00+00:00"}),
        (date(2026, 3, 2), {"date": "2026-03-02"}),
        (time(4, 5), {"time": "04:05:00"}),
        (timedelta(seconds=1), {"microseconds": 1_000_000}),
        (Decimal("1.50"), {"decimal": "1.50"}),
        (memoryview(b"\x00\xff"), {"bytes": "00ff"}),
        (bytearray(b"\x01"), {"bytes": "01"}),
        (UUID(int=1), {"uuid": "00000000-0000-0000-0000-000000000001"}),
    ],
)
def test_each_kind_by_its_name(value: object, told: object) -> None:
    assert portable(value) == told


@pytest.mark.parametrize("value", [object(), float("nan"), {1, 2}])
def test_what_no_other_server_knows(value: object) -> None:
    with pytest.raises(UnportableError):
        portable(value)


@pytest.mark.parametrize("told", [{"row": 3}, {"decimal": "x"}, {"microseconds": "x"}, {"bytes": "xy"}, {"moment": 3}])
def test_what_is_no_value(told: object) -> None:
    with pytest.raises(ValueError, match="is not a"):
        original(told)
