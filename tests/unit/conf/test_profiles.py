"""Facts that apps let a profile change, folders of profiles, and shares as they are written."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.test import override_settings

from seeding.conf.profiles import Fact, facts, fraction, profile_folders
from seeding.exceptions import ConfigurationError


@pytest.fixture
def app() -> Iterator[Any]:
    """An app's configuration, which loses its facts afterwards."""
    config: Any = apps.get_app_config("seeding")
    yield config
    vars(config).pop("seeding_facts", None)


@pytest.mark.parametrize(
    ("given", "exact"),
    [(0.1, Fraction(1, 10)), ("1/3", Fraction(1, 3)), (" 1 / 3 ", Fraction(1, 3)), ("12.5%", Fraction(1, 8)), (2, Fraction(2))],
)
def test_shares_are_read_exactly(given: object, exact: Fraction) -> None:
    assert fraction(given) == exact


@pytest.mark.parametrize("given", ["a third", "1/0", "", None, True, [1]])
def test_what_is_no_number_is_refused(given: object) -> None:
    with pytest.raises(ValueError, match="is not a number"):
        fraction(given)


def test_a_fact_has_values_within_its_limits() -> None:
    share, number = Fact(meaning="a share", low="1/10"), Fact(meaning="a factor", kind="number", low=0.5, high=2)
    whole = Fact(meaning="a number", kind="integer", low=1, high=9)

    assert [share.value(0.25), share.value("1/3"), number.value("1.5"), whole.value(3.0)] == ["1/4", "1/3", 1.5, 3]
    for fact, given, words in ((share, 0.05, "0.05 is not from 1/10 to 1"), (whole, 2.5, "2.5 is not a whole number")):
        with pytest.raises(ValueError, match=words):
            fact.value(given)


def test_facts_are_those_of_all_apps(app: Any) -> None:
    before = facts()
    late = Fact(meaning="the share of late ones")
    app.seeding_facts = {"late": late}

    assert facts() == {**before, "late": late}


@pytest.mark.parametrize("said", [3, {"late": "1/3"}])
def test_what_is_no_fact_is_refused(app: Any, said: object) -> None:
    app.seeding_facts = said

    with pytest.raises(ConfigurationError, match=r"SeedingConfig.seeding_facts is not a dict of names and Facts"):
        facts()


def test_two_apps_have_no_fact_of_one_name(app: Any) -> None:
    other: Any = next(one for one in apps.get_app_configs() if one is not app)
    app.seeding_facts = other.seeding_facts = {"late": Fact(meaning="the share of late ones")}
    try:
        with pytest.raises(ConfigurationError, match="Two apps have the fact late"):
            facts()
    finally:
        del other.seeding_facts


def test_folders_are_one_or_several() -> None:
    for said, found in (
        ("one", [Path("one")]),
        (["one", Path("two")], [Path("one"), Path("two")]),
        (Path("one"), [Path("one")]),
    ):
        with override_settings(SEEDING_PROFILES=said):
            assert list(profile_folders()) == found
