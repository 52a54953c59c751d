"""Numbers as people read them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.utils import translation

from seeding.templatetags.figures import grouped, percent, span, stored, width

DASH = "\N{EN DASH}"


@pytest.mark.parametrize(
    ("number", "told"),
    [
        (None, DASH),
        (0, "0"),
        (1_234_567, "1,234,567"),
        (-1_234, "-1,234"),
        (2.0, "2"),
        (4.26, "4.3"),
        (9.99, "10.0"),
        (10.4, "10"),
        (1_234.6, "1,235"),
        (True, "True"),
        ("all", "all"),
    ],
)
def test_a_number_has_its_thousands_apart_and_decimals_where_it_is_small(number: Any, told: str) -> None:
    assert grouped(number) == told


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (None, DASH),
        (0, "0 s"),
        (0.5, "0.50 s"),
        (0.004, "0.00 s"),
        (1, "1 s"),
        (8.26, "8.3 s"),
        (60, "1 min 00 s"),
        (125, "2 min 05 s"),
        (3_599.4, "59 min 59 s"),
        (3_600, "1 h 00 min"),
        (3_725, "1 h 02 min"),
        (90_000, "25 h 00 min"),
    ],
)
def test_a_span_is_told_in_two_units(seconds: float | None, told: str) -> None:
    assert span(seconds) == told


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (
            {"a": [1], "b": "é", "at": datetime(2026, 3, 2, tzinfo=UTC)},
            '{"a": [1], "b": "é", "at": "2026-03-02 00:00:00+00:00"}',
        ),
        ([], "[]"),
        (datetime(2026, 3, 2, 9, 5, tzinfo=UTC), "2026-03-02 09:05:00+00:00"),
        (1234.5, "1234.5"),
        (None, "None"),
    ],
)
def test_a_value_is_told_as_the_database_has_it(value: Any, told: str) -> None:
    with translation.override("de"):
        assert stored(value) == told


@pytest.mark.parametrize(
    ("part", "whole", "told"),
    [
        (0, 0, DASH),
        (0, 5, "0 %"),
        (1, 4_000, "< 0.1 %"),
        (1, 1_000, "0.1 %"),
        (1, 3, "33.3 %"),
        (1, 2, "50 %"),
        (999, 1_000, "99.9 %"),
        (3_999, 4_000, "> 99.9 %"),
        (4, 4, "100 %"),
        (5, 4, "125 %"),
    ],
)
def test_a_share_is_0_or_100_where_it_is_exactly_that(part: float, whole: float, told: str) -> None:
    assert percent(part, whole) == told


@pytest.mark.parametrize(
    ("part", "whole", "length"), [(0, 5, "0%"), (5, 0, "0%"), (1, 4_000, "0.30%"), (1, 3, "33.33%"), (5, 5, "100.00%")]
)
def test_what_is_there_is_seen_in_a_drawing(part: float, whole: float, length: str) -> None:
    with translation.override("de"):
        assert width(part, whole) == length


def test_numbers_follow_the_locale() -> None:
    with translation.override("de"):
        assert (grouped(1_234_567), grouped(4.26), percent(1, 3)) == ("1.234.567", "4,3", "33,3 %")
