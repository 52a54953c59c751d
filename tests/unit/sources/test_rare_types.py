"""Cells of times, durations and UUIDs."""

from __future__ import annotations

from datetime import time, timedelta
from typing import Any

import pytest
from django.db import models

from seeding.sources.cell_values import reader_of

KEY = "0f0e0d0c-0b0a-4908-8706-050403020100"


@pytest.mark.parametrize(
    ("field", "cell", "value"),
    [
        (models.TimeField(), "12:30", time(12, 30)),
        (models.TimeField(), " 12:30:01.000005 ", time(12, 30, 1, 5)),
        (models.DurationField(), "1 02:03:04.5", timedelta(days=1, hours=2, minutes=3, seconds=4.5)),
        (models.DurationField(), "P1DT2H", timedelta(days=1, hours=2)),
        (models.UUIDField(), KEY.upper(), KEY),
        (models.UUIDField(), KEY.replace("-", ""), KEY),
    ],
)
def test_a_cell_is_read(field: models.Field[Any, Any], cell: str, value: Any) -> None:
    assert reader_of(field).read(cell) == value


@pytest.mark.parametrize(
    ("field", "cell"),
    [
        (models.TimeField(), "25:00"),
        (models.TimeField(), "12:30+02:00"),
        (models.TimeField(), "12:30:01.0000005"),
        (models.DurationField(), "a while"),
        (models.DurationField(), "00:00:00.0000005"),
        (models.UUIDField(), "none"),
    ],
)
def test_a_cell_that_is_none_of_these_is_unreadable(field: models.Field[Any, Any], cell: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - of whichever function reads it
        reader_of(field).read(cell)
