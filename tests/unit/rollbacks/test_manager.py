"""A rollback from the options to the summary."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import override_settings

from seeding import MaskingConfig, RollbackConfig, api
from seeding.exceptions import ConfigurationError, RefusedError
from tests.support.databases import Database


def test_a_strategy_given_as_text_is_the_strategy(shop: Database) -> None:
    shop.seed(table="shop_product")
    only_report: Any = "none"

    summary = api.rollback(RollbackConfig(database=shop.alias, strategy=only_report, force=True))

    assert (summary.dry_run, summary.records_deleted) == (True, 10)
    assert shop.query("SELECT COUNT(*) FROM shop_product") == [(10,)]


def test_a_strategy_that_there_is_not_is_refused() -> None:
    misspelled: Any = "nnoe"

    with pytest.raises(ConfigurationError, match=r"--strategy=nnoe: give one of delete, truncate, none\."):
        RollbackConfig(strategy=misspelled)


@override_settings(SEEDING_DATABASE_IS_FALLBACK=False)
def test_production_given_as_text_is_production(shop: Database) -> None:
    shop.seed(table="shop_product")
    environment: Any = "production"

    with pytest.raises(RefusedError, match="This is production, and ALLOW_PRODUCTION_SEEDING is not 'true'"):
        api.rollback(RollbackConfig(database=shop.alias, environment=environment, force=True))
    with pytest.raises(RefusedError, match="Data in production is never masked"):
        api.mask(MaskingConfig(database=shop.alias, environment=environment, force=True, key="sixteen letters!"))

    assert shop.query("SELECT COUNT(*) FROM shop_product") == [(10,)]


def test_an_environment_that_there_is_not_is_refused() -> None:
    misspelled: Any = "prodution"

    with pytest.raises(ConfigurationError, match="--env=prodution: no such environment"):
        RollbackConfig(environment=misspelled)
