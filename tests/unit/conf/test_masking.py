"""The options of `seed_mask`, and the key of every mask."""

from __future__ import annotations

from datetime import date

import pytest

from seeding.conf.masking import MaskingConfig, load_masking, masking_key
from seeding.exceptions import ConfigurationError
from tests.unit.conf.options import WRITING

KEY = "sixteen letters."
DAY = date(2026, 3, 2)


@pytest.mark.parametrize("key", [KEY, f"{KEY} and more"])
def test_a_key_of_sixteen_characters_does(key: str) -> None:
    assert masking_key({"SEEDING_MASKING_KEY": key}) == key


@pytest.mark.parametrize(
    ("variables", "state"),
    [
        ({}, "is not set"),
        ({"SEEDING_MASKING_KEY": ""}, "is not set"),
        ({"SEEDING_MASKING_KEY": KEY[:15]}, "has fewer than 16 characters"),
    ],
)
def test_a_missing_or_short_key_is_refused_and_not_told(variables: dict[str, str], state: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        masking_key(variables)

    assert str(caught.value) == (
        f"SEEDING_MASKING_KEY {state}, and masks are functions of it. Make one with "
        "`python -c 'import secrets; print(secrets.token_hex(32))'`, and keep it out of the repository."
    )


def test_the_options_and_variables_become_a_config_that_hides_its_key() -> None:
    options = {**WRITING, "table": "shop_review"}

    config = load_masking(options, {"SEEDING_MASKING_KEY": KEY}, today=DAY, terminal=True)

    assert config == MaskingConfig(tables=("shop_review",), interactive=True, today=DAY, key=KEY, batch_size=10_000)
    assert KEY not in repr(config)


def test_a_batch_size_overrules_that_of_masking() -> None:
    variables = {"SEEDING_MASKING_KEY": KEY, "SEEDING_BATCH_SIZE": "7"}

    assert load_masking(WRITING, variables, today=DAY, terminal=False).batch_size == 7


def test_all_that_is_wrong_with_a_masking_is_told_at_once() -> None:
    options = {**WRITING, "env": "moon", "lock_timeout": -1}

    with pytest.raises(ConfigurationError) as caught:
        load_masking(options, {"SEEDING_BATCH_SIZE": "0"}, today=DAY, terminal=False)

    assert [problem.split(" ")[0] for problem in caught.value.problems] == [
        "--env=moon:", "--lock-timeout=-1:", "SEEDING_MASKING_KEY", "SEEDING_BATCH_SIZE=0:",
    ]  # fmt: skip
