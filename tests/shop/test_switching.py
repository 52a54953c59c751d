"""Tests on seeded data never copy a database that counts as production."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connections

from seeding.exceptions import ConfigurationError, RefusedError
from seeding.ledger.recorder import Recorder
from seeding.testing.switching import require_switchable
from tests.support.databases import Database


def test_a_protected_database_is_not_copied(shop: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    require_switchable(shop.alias)
    monkeypatch.setenv("SEEDING_PROTECTED_DATABASES", "*")

    with pytest.raises(RefusedError, match=r"it counts as production\. Tests run on a database of their own"):
        require_switchable(shop.alias)


def test_an_alias_with_a_mirror_is_refused(shop: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(connections.settings, "replica", {"TEST": {"MIRROR": shop.alias}})

    with pytest.raises(ConfigurationError, match=f"In tests the database 'replica' mirrors '{shop.alias}'"):
        require_switchable(shop.alias)


def test_a_database_that_was_production_is_not_copied(shop: Database) -> None:
    Recorder(shop.alias).open_run(command="seed", environment="production", seed=1, as_of=date(2026, 1, 1))

    with pytest.raises(RefusedError, match="has been a production database"):
        require_switchable(shop.alias)
