"""Where a database is used, from an option or the environment variables."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from seeding.conf.environment import allows_production, detect_environment, environment_from, protected_databases
from seeding.exceptions import ConfigurationError


@pytest.mark.parametrize(
    ("environment", "spellings"),
    [
        ("dev", ("dev", "development", "local", "test", " DEV ")),
        ("staging", ("staging", "stage", "Staging")),
        ("production", ("production", "prod", "PROD\n")),
    ],
)
def test_an_environment_has_several_spellings(environment: str, spellings: tuple[str, ...]) -> None:
    assert {detect_environment(one, {}).value for one in spellings} == {environment}


@pytest.mark.parametrize(
    ("option", "variables", "environment"),
    [
        (None, {}, "dev"),
        (None, {"NODE_ENV": "production"}, "production"),
        (None, {"NODE_ENV": "production", "DJANGO_ENV": "staging"}, "staging"),
        (None, {"NODE_ENV": "production", "DJANGO_ENV": "staging", "SEEDING_ENV": "dev"}, "dev"),
        (None, {"NODE_ENV": "production", "DJANGO_ENV": "", "SEEDING_ENV": ""}, "production"),
        ("staging", {"SEEDING_ENV": "production"}, "staging"),
    ],
)
def test_the_option_comes_first_then_the_variables_in_their_order(
    option: str | None, variables: Mapping[str, str], environment: str
) -> None:
    assert detect_environment(option, variables).value == environment


@pytest.mark.parametrize(
    ("option", "variables", "source"),
    [
        ("moon", {"SEEDING_ENV": "dev"}, "--env=moon"),
        ("", {"SEEDING_ENV": "dev"}, "--env="),
        (None, {"SEEDING_ENV": "moon", "NODE_ENV": "dev"}, "SEEDING_ENV=moon"),
        (None, {"NODE_ENV": "preprod"}, "NODE_ENV=preprod"),
    ],
)
def test_an_unknown_environment_is_refused_with_its_source(
    option: str | None, variables: Mapping[str, str], source: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        detect_environment(option, variables)

    assert caught.value.problems == (f"{source}: no such environment. There are dev, staging and production.",)


def test_an_unknown_environment_counts_as_dev_until_its_problem_is_raised() -> None:
    problems = ["another"]

    assert environment_from("moon", {}, problems).value == "dev"
    assert problems == ["another", "--env=moon: no such environment. There are dev, staging and production."]


@pytest.mark.parametrize(
    ("value", "allowed"), [("true", True), ("True", False), ("1", False), ("yes", False), (" true", False), ("", False)]
)
def test_nothing_but_true_allows_production(value: str, allowed: bool) -> None:  # noqa: FBT001 - what is expected
    assert allows_production({"ALLOW_PRODUCTION_SEEDING": value}) is allowed
    assert allows_production({}) is False


@pytest.mark.parametrize(
    "pattern",
    ["db.internal:3306/terp", "a/*;b/*", "mysql://db.internal/terp", '"*/terp"', "'*/terp'", "a/* b/*", "db.internal:3306"],
)
def test_a_pattern_that_matches_nothing_is_refused(pattern: str) -> None:
    with pytest.raises(ConfigurationError, match=r"matches no database\. Write host/name without scheme, port"):
        protected_databases({"SEEDING_PROTECTED_DATABASES": f"other/*,{pattern}"})


def test_an_address_of_six_is_a_host() -> None:
    assert protected_databases({"SEEDING_PROTECTED_DATABASES": "::1/*,fe80::1/terp"}) == ("::1/*", "fe80::1/terp")


def test_protected_databases_are_separated_by_commas() -> None:
    assert protected_databases({"SEEDING_PROTECTED_DATABASES": " db.internal/* ,, replica?/shop,"}) == (
        "db.internal/*",
        "replica?/shop",
    )
    assert protected_databases({"SEEDING_PROTECTED_DATABASES": " , "}) == protected_databases({}) == ()
