"""What a project sets in its Django settings."""

from __future__ import annotations

from typing import Any

import pytest

from seeding.conf.project import missing_table_help, row_rules
from seeding.exceptions import ConfigurationError


def test_without_the_setting_there_are_no_rules() -> None:
    assert row_rules() == ()


def test_rules_come_in_the_order_of_the_setting(settings: Any) -> None:
    settings.SEEDING_VALIDATORS = ["math.sqrt", "math.floor"]

    assert [rule.__name__ for rule in row_rules()] == ["sqrt", "floor"]


def test_every_rule_that_cannot_be_imported_is_named(settings: Any) -> None:
    settings.SEEDING_VALIDATORS = ["math.nothing", "math.sqrt", "undotted"]

    with pytest.raises(ConfigurationError) as caught:
        row_rules()

    nothing, undotted = caught.value.problems
    assert nothing.startswith("SEEDING_VALIDATORS names 'math.nothing', which cannot be imported: Module \"math\" does not")
    assert undotted.startswith("SEEDING_VALIDATORS names 'undotted', which cannot be imported: undotted doesn't look like")


def test_a_missing_table_is_created_as_the_project_says_else_by_migrations(settings: Any) -> None:
    settings.SEEDING_MISSING_TABLE_HELP = "Ask the DBA."
    told = missing_table_help()
    del settings.SEEDING_MISSING_TABLE_HELP

    assert (told, missing_table_help()) == ("Ask the DBA.", "Create it with the application's own migrations.")
