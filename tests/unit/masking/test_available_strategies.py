"""Which strategies a project has, and how strongly an environment masks."""

from __future__ import annotations

import pytest
from django.test import override_settings

from seeding.conf import Environment
from seeding.exceptions import ConfigurationError
from seeding.masking import STRATEGIES
from seeding.masking.masker import masking_mode, masking_strategies
from seeding.masking.strategies.invented import City

HERE = "tests.unit.masking.test_available_strategies"


class OwnCity(City):
    """In place of the built-in one."""


class Planet(City):
    """One more."""

    name = "planet"


class NoStrategy:
    """Of some other kind."""


def test_staging_keeps_something_and_nobody_else_does() -> None:
    assert [(one, masking_mode(one)) for one in Environment] == [
        ("dev", "full"),
        ("staging", "partial"),
        ("production", "full"),
    ]


def test_without_the_setting_there_are_the_built_in_strategies() -> None:
    assert masking_strategies() == STRATEGIES


@override_settings(SEEDING_MASKING_STRATEGIES=[f"{HERE}.OwnCity", f"{HERE}.Planet"])
def test_a_project_s_strategy_replaces_one_of_its_name_or_comes_last() -> None:
    found = {one.name: type(one) for one in masking_strategies()}

    assert (found["city"], found["planet"], list(found)[-1]) == (OwnCity, Planet, "planet")
    assert len(found) == len(STRATEGIES) + 1


@pytest.mark.parametrize(
    ("path", "words"),
    [
        (f"{HERE}.NoStrategy", r"names '.*NoStrategy', which is not a MaskingStrategy\.$"),
        (f"{HERE}.Absent", "names '.*Absent', which is not a strategy: Module .* does not define"),
        ("nowhere.Absent", "names 'nowhere.Absent', which is not a strategy: No module named 'nowhere'"),
        (f"{HERE}.HERE", "names '.*HERE', which is not a strategy: 'str' object is not callable"),
    ],
)
def test_what_is_no_strategy_is_refused(path: str, words: str) -> None:
    with (
        override_settings(SEEDING_MASKING_STRATEGIES=[path]),
        pytest.raises(ConfigurationError, match=f"SEEDING_MASKING_STRATEGIES {words}"),
    ):
        masking_strategies()
