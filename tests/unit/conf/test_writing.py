"""The options that every command that writes has."""

from __future__ import annotations

import math
from datetime import date
from typing import Any

import pytest

from seeding.conf.environment import Environment
from seeding.conf.writing import WritingConfig, built, date_from, writing_options
from seeding.exceptions import ConfigurationError
from tests.unit.conf.options import WRITING


def problems(**values: Any) -> tuple[str, ...]:
    with pytest.raises(ConfigurationError) as caught:
        WritingConfig(**values)
    return caught.value.problems


@pytest.mark.parametrize("environment", ["staging", "production"])
def test_only_dev_has_a_default_database(settings: Any, environment: str) -> None:
    settings.SEEDING_DATABASE_IS_FALLBACK = True

    assert WritingConfig(environment=Environment.DEV).database == "default"
    assert problems(environment=Environment(environment)) == (
        f"DATABASE_URL is not set; {environment} has no default database. Set it and run again.",
    )


def test_an_unknown_database_is_refused_with_those_there_are() -> None:
    assert problems(database="nowhere") == ("--database=nowhere: there are only default, admin.",)


def test_a_wait_for_the_lock_is_not_negative() -> None:
    assert problems(lock_timeout=-1) == ("--lock-timeout=-1: give seconds, 0 or more.",)
    assert WritingConfig(lock_timeout=0).lock_timeout == 0


def test_patience_and_the_size_of_a_transaction_are_positive_numbers() -> None:
    told = "--patience=-1 (or SEEDING_PATIENCE): give seconds, 0 or more."
    assert problems(patience=-1.0) == (told,)
    assert problems(patience=math.nan) == (told.replace("-1", "nan"),)
    assert problems(transaction_mb=0) == ("SEEDING_TRANSACTION_MB=0: give a number of millions of bytes, above 0.",)
    assert WritingConfig(patience=0, transaction_mb=0.5).transaction_mb == 0.5


@pytest.mark.parametrize(
    ("option", "variables", "expected"),
    [(None, {}, (60, 8)), (None, {"SEEDING_PATIENCE": "5", "SEEDING_TRANSACTION_MB": "0.5"}, (5, 0.5)),
     (7.0, {"SEEDING_PATIENCE": "5"}, (7, 8)), (0.0, {"SEEDING_PATIENCE": "5"}, (0, 8))],
)  # fmt: skip
def test_the_option_goes_before_the_variable(
    option: float | None, variables: dict[str, str], expected: tuple[float, float]
) -> None:
    found = writing_options({**WRITING, "patience": option}, variables, [], terminal=False)

    assert (found["patience"], found["transaction_mb"]) == expected


def test_what_is_no_number_is_refused() -> None:
    values = writing_options(
        dict(WRITING), {"SEEDING_PATIENCE": "a while", "SEEDING_TRANSACTION_MB": "much"}, [], terminal=False
    )

    assert len(problems(patience=values["patience"], transaction_mb=values["transaction_mb"])) == 2


def test_where_nothing_is_given_the_process_decides(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    settings.SEEDING_DATABASE_IS_FALLBACK = False
    for variable, value in {
        "SEEDING_ENV": "staging",
        "ALLOW_PRODUCTION_SEEDING": "true",
        "SEEDING_PROTECTED_DATABASES": "db/*",
    }.items():
        monkeypatch.setenv(variable, value)

    config = WritingConfig()

    assert (config.environment, config.allow_production, config.protected) == (Environment.STAGING, True, ("db/*",))


def test_options_and_variables_are_read_together() -> None:
    options = {**WRITING, "table": " shop_product,, shop_review ", "force": True, "confirm_database": "shop", "lock_timeout": 5}
    variables = {"NODE_ENV": "stage", "ALLOW_PRODUCTION_SEEDING": "true", "SEEDING_PROTECTED_DATABASES": "db/*"}
    found: list[str] = []

    assert writing_options(options, variables, found, terminal=False) == {
        "database": "default",
        "environment": Environment.STAGING,
        "tables": ("shop_product", "shop_review"),
        "dry_run": False,
        "force": True,
        "interactive": False,
        "confirm_database": "shop",
        "lock_timeout": 5,
        "patience": 60,
        "transaction_mb": 8,
        "allow_production": True,
        "protected": ("db/*",),
    }
    assert found == []


@pytest.mark.parametrize("table", ["", " , "])
def test_an_option_that_names_no_table_is_a_problem(table: str) -> None:
    found: list[str] = []

    assert writing_options({**WRITING, "table": table}, {}, found, terminal=False)["tables"] == ()
    assert found == ["--table names no table. Write --table=clients or --table=clients,orders."]


@pytest.mark.parametrize(("asks", "terminal"), [(True, True), (True, False), (False, True)])
def test_questions_need_a_terminal_and_leave(asks: bool, terminal: bool) -> None:  # noqa: FBT001 - as parsed
    options = writing_options({**WRITING, "interactive": asks}, {}, [], terminal=terminal)

    assert options["interactive"] is (asks and terminal)


def test_earlier_problems_refuse_good_values_and_come_before_those_of_bad_ones() -> None:
    with pytest.raises(ConfigurationError) as good:
        built(WritingConfig, {}, ["first"])
    with pytest.raises(ConfigurationError) as bad:
        built(WritingConfig, {"lock_timeout": -1}, ["first"])

    assert good.value.problems == ("first",)
    assert bad.value.problems == ("first", "--lock-timeout=-1: give seconds, 0 or more.")
    assert built(WritingConfig, {"lock_timeout": 1}, []) == WritingConfig(lock_timeout=1)


def test_a_date_is_read_and_none_is_none() -> None:
    found: list[str] = []

    assert (date_from("--as-of", "2024-02-29", found), date_from("--as-of", None, found)) == (date(2024, 2, 29), None)
    assert found == []


@pytest.mark.parametrize("text", ["2026-02-29", "2.3.2026", ""])
def test_what_is_no_date_is_a_problem(text: str) -> None:
    found: list[str] = []

    assert date_from("--as-of", text, found) is None
    assert found == [f"--as-of={text}: give a date like 2026-01-31."]
