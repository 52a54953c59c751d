"""Environment variables, read from whatever mapping holds them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from seeding.conf.reading import batch_size, batch_size_problems, file_from, reading


def test_only_the_given_variables_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEEDING_THING", "the process's")

    assert reading({"SEEDING_THING": "mine"})("SEEDING_THING") == "mine"
    assert reading({})("SEEDING_THING", default="none") == "none"


@pytest.mark.parametrize(
    ("folder", "variables", "file"),
    [
        ("/var/log", {}, Path("/var/log/seeding.log")),
        ("/var/log", {"SEEDING_LOG_FILE": "my.log"}, Path("my.log")),
        ("/var/log", {"SEEDING_LOG_FILE": ""}, None),
        ("", {}, None),
        (None, {"SEEDING_LOG_FILE": "my.log"}, Path("my.log")),
    ],
)
def test_a_variable_overrules_the_folder_and_an_empty_one_means_no_file(
    settings: Any, folder: str | None, variables: Mapping[str, str], file: Path | None
) -> None:
    settings.SEEDING_LOG_FOLDER = folder

    assert file_from(variables, "SEEDING_LOG_FILE", "seeding.log") == file


def test_without_the_setting_there_is_no_folder(settings: Any) -> None:
    del settings.SEEDING_LOG_FOLDER

    assert file_from({}, "SEEDING_LOG_FILE", "seeding.log") is None


@pytest.mark.parametrize(("text", "size"), [(None, None), ("", None), ("1", 1), (" 250 ", 250), ("1000000", 1_000_000)])
def test_a_batch_has_from_one_to_a_million_rows(text: str | None, size: int | None) -> None:
    problems: list[str] = []

    assert batch_size({} if text is None else {"SEEDING_BATCH_SIZE": text}, problems) == size
    assert problems == []


@pytest.mark.parametrize("text", ["2.5", "many"])
def test_a_batch_size_that_is_not_a_number_is_a_problem(text: str) -> None:
    problems: list[str] = []

    assert batch_size({"SEEDING_BATCH_SIZE": text}, problems) is None
    assert problems == [f"SEEDING_BATCH_SIZE={text}: give a whole number."]


@pytest.mark.parametrize("number", [0, -5, 1_000_001])
def test_a_batch_size_out_of_range_is_a_problem(number: int) -> None:
    assert batch_size_problems(number) == [f"SEEDING_BATCH_SIZE={number}: give a whole number from 1 to 1,000,000."]
    assert batch_size_problems(None) == batch_size_problems(1) == batch_size_problems(1_000_000) == []
