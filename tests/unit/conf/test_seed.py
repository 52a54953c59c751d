"""The options of `seed`."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from seeding.conf.environment import Environment
from seeding.conf.seed import SeedConfig, forced_writer, load_seed
from seeding.exceptions import ConfigurationError
from tests.unit.conf.options import SEED

DAY = date(2026, 3, 2)


def loaded(variables: dict[str, str] | None = None, **options: Any) -> SeedConfig:
    return load_seed({**SEED, **options}, variables or {}, today=DAY, terminal=False)


def problems(variables: dict[str, str] | None = None, **options: Any) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        loaded(variables, **options)
    return list(caught.value.problems)


def test_without_options_the_ledger_and_the_day_decide() -> None:
    assert loaded() == SeedConfig(today=DAY)


def test_every_option_and_variable_has_its_field() -> None:
    variables = {"SEEDING_BATCH_SIZE": "500", "SEEDING_WRITER": "bulk_create"}

    config = loaded(variables, size="large", scale=2, seed=7, as_of="2025-12-31")

    assert config == SeedConfig(
        size="large", scale=2, seed=7, as_of=date(2025, 12, 31), today=DAY, batch_size=500, writer="bulk_create"
    )


@pytest.mark.parametrize(("environment", "size"), [("dev", "small"), ("staging", "medium"), ("production", "small")])
def test_the_environment_decides_the_size_that_was_not_given(settings: Any, environment: str, size: str) -> None:
    settings.SEEDING_DATABASE_IS_FALLBACK = False

    assert SeedConfig(environment=Environment(environment)).chosen_size == size
    assert SeedConfig(environment=Environment(environment), size="large").chosen_size == "large"


def test_files_have_a_size_of_their_own(tmp_path: Path) -> None:
    assert loaded(source=str(tmp_path)).size_name == "source"
    assert loaded(size="medium").size_name == "medium"


def test_an_unknown_size_is_refused_with_those_there_are() -> None:
    assert problems(size="huge") == ["--size=huge: give one of small, medium, large."]


@pytest.mark.parametrize(
    ("field", "value"),
    [("scale", 1), ("scale", 1_000_000), ("seed", 0), ("seed", 2**63 - 1), ("seed", -(2**63)),
     ("as_of", date(1975, 1, 1)), ("as_of", date(2036, 12, 31))],
)  # fmt: skip
def test_the_last_value_inside_does(field: str, value: Any) -> None:
    assert getattr(SeedConfig(**{field: value}), field) == value


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("scale", 0, "--scale=0: give a whole number from 1 to 1,000,000."),
        ("scale", 1_000_001, "--scale=1000001: give a whole number from 1 to 1,000,000."),
        ("seed", 2**63, f"--seed={2**63}: give an integer of at most 64 bits."),
        ("seed", -(2**63) - 1, f"--seed={-(2**63) - 1}: give an integer of at most 64 bits."),
        ("as_of", date(1974, 12, 31), "--as-of=1974-12-31: give a date from 1975-01-01 to 2036-12-31."),
        ("as_of", date(2037, 1, 1), "--as-of=2037-01-01: give a date from 1975-01-01 to 2036-12-31."),
    ],
)
def test_the_first_value_outside_is_refused(field: str, value: Any, problem: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        SeedConfig(**{field: value})

    assert caught.value.problems == (problem,)


def test_a_source_is_a_folder(tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    file.touch()

    assert problems(source=str(file)) == [
        f"--source={file}: there is no such folder. Give one with a CSV or JSON Lines file per table."
    ]


@pytest.mark.parametrize("options", [{"size": "small"}, {"scale": 2}])
def test_a_source_has_neither_size_nor_scale(tmp_path: Path, options: dict[str, Any]) -> None:
    assert problems(source=str(tmp_path), **options) == [
        "--source loads the rows that its files hold: leave out --size and --scale."
    ]


@pytest.mark.parametrize(("variables", "writer"), [({}, None), ({"SEEDING_WRITER": ""}, None), ({"SEEDING_WRITER": "x"}, "x")])
def test_a_writer_is_forced_by_its_name(variables: dict[str, str], writer: str | None) -> None:
    assert forced_writer(variables) == writer


def test_all_that_is_wrong_with_a_seeding_is_told_at_once() -> None:
    found = problems({"SEEDING_BATCH_SIZE": "0"}, as_of="never", env="moon", size="huge", scale=0, database="nowhere")

    assert [problem.split(" ")[0] for problem in found] == [
        "--env=moon:", "--as-of=never:", "--database=nowhere:", "--size=huge:", "--scale=0:", "SEEDING_BATCH_SIZE=0:",
    ]  # fmt: skip
