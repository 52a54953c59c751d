"""What a project sets in its Django settings."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps

from seeding.conf.project import caches, missing_table_help, row_rules
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


def test_no_table_is_a_cache_unless_an_app_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    assert caches() == frozenset()
    monkeypatch.setattr(apps.get_app_config("shop"), "seeding_caches", ["scores"], raising=False)
    monkeypatch.setattr(apps.get_app_config("seeding"), "seeding_caches", ("ranks", "scores"), raising=False)

    assert caches() == {"scores", "ranks"}


@pytest.mark.parametrize("said", ["scores", (1,), ("",), None])
def test_caches_that_are_no_names_are_refused(monkeypatch: pytest.MonkeyPatch, said: object) -> None:
    monkeypatch.setattr(apps.get_app_config("shop"), "seeding_caches", said, raising=False)

    with pytest.raises(ConfigurationError, match="seeding_caches is not a tuple"):
        caches()
