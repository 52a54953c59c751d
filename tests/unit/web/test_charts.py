"""Columns over time as geometry."""

from __future__ import annotations

import pytest
from django.utils import translation

from seeding.web.charts import Bar, Chart, columns


def chart(*values: float) -> Chart:
    return columns(
        "Rate", "rows", [Bar(name=str(number), value=value, words="", kind="") for number, value in enumerate(values)]
    )


@pytest.mark.parametrize(
    ("values", "ticks"),
    [
        ([], [0, 1]),
        ([0, 0], [0, 1]),
        ([1], [0, 0.5, 1]),
        ([4], [0, 1, 2, 3, 4]),
        ([4.1], [0, 2, 4, 6]),
        ([8], [0, 2, 4, 6, 8]),
        ([20], [0, 5, 10, 15, 20]),
        ([21, 3], [0, 10, 20, 30]),
        ([1_000], [0, 500, 1_000]),
        ([0.03], [0, 0.01, 0.02, 0.03]),
    ],
)
def test_the_scale_begins_at_0_and_ends_on_a_round_figure_above_the_largest(values: list[float], ticks: list[float]) -> None:
    assert [tick.value for tick in chart(*values).ticks] == pytest.approx(ticks)


def test_a_column_is_as_high_as_its_value_and_stands_in_its_place() -> None:
    first, second = chart(2, 4).columns

    assert (first.y, first.height, first.x, first.width, first.middle) == ("50.000%", "50.000%", "6.250%", "37.500%", "25.000%")
    assert (second.y, second.height, second.x, second.middle) == ("0.000%", "100.000%", "56.250%", "75.000%")


def test_ticks_go_from_the_bottom_to_the_top() -> None:
    assert [tick.y for tick in chart(4).ticks] == ["100.000%", "75.000%", "50.000%", "25.000%", "0.000%"]


@pytest.mark.parametrize(
    ("count", "labelled"), [(1, [0]), (10, list(range(10))), (11, [0, 2, 4, 6, 8, 10]), (20, list(range(1, 20, 2)))]
)
def test_at_most_ten_columns_have_their_name_below_and_the_last_always(count: int, labelled: list[int]) -> None:
    found = [number for number, one in enumerate(chart(*[1.0] * count).columns) if one.labelled]

    assert found == labelled


def test_no_locale_changes_a_length() -> None:
    with translation.override("de"):
        assert chart(2, 4).columns[0].width == "37.500%"
