"""Where log lines go, and how output looks."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from seeding.conf.logging import LogConfig, is_plain, load_logging
from seeding.exceptions import ConfigurationError


def test_without_variables_the_level_is_info_and_there_is_no_file() -> None:
    assert load_logging({}) == LogConfig(level="info", file=None)


@pytest.mark.parametrize("level", ["debug", "info", "warn", "error"])
def test_a_level_may_be_in_capitals(level: str) -> None:
    variables = {"SEEDING_LOG_LEVEL": level.upper(), "SEEDING_LOG_FILE": "x.log"}

    assert load_logging(variables) == LogConfig(level=level, file=Path("x.log"))


@pytest.mark.parametrize("level", ["warning", "loud", ""])
def test_another_level_is_refused_with_those_there_are(level: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load_logging({"SEEDING_LOG_LEVEL": level})

    assert str(caught.value) == f"SEEDING_LOG_LEVEL={level}: give one of debug, info, warn, error."


@pytest.mark.parametrize(
    ("variables", "no_color", "force_color", "plain"),
    [
        ({}, False, False, False),
        ({}, True, False, True),
        ({"NO_COLOR": "1"}, False, False, True),
        ({"NO_COLOR": "0"}, False, False, True),  # any value at all, says no-color.org
        ({"NO_COLOR": ""}, False, False, False),
        ({"CI": "true"}, False, False, True),
        ({"CI": "False"}, False, False, False),
        ({"CI": "0"}, False, False, False),
        ({"CI": ""}, False, False, False),
        ({"CI": "true", "NO_COLOR": "1"}, False, True, False),
        ({}, True, True, True),
    ],
)
def test_output_is_plain_where_somebody_asks_for_it(
    variables: Mapping[str, str],
    no_color: bool,  # noqa: FBT001 - as parsed
    force_color: bool,  # noqa: FBT001
    plain: bool,  # noqa: FBT001
) -> None:
    assert is_plain({"no_color": no_color, "force_color": force_color}, variables) is plain
