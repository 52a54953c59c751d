"""From what was asked for to the seeders of a run."""

from __future__ import annotations

import pytest

from seeding import Registry, SeedConfig
from seeding.example.seeders.catalogue import ProductSeeder
from seeding.exceptions import ConfigurationError
from seeding.ledger.queries import Ledger
from seeding.orchestration.plan import dataset_of, make_plan
from tests.support.databases import AS_OF, Database


def test_what_a_table_needs_comes_first_and_is_named_as_added() -> None:
    plan = make_plan(SeedConfig(tables=("shop_review",)), Registry.discover())

    assert [seeder.config.table_name for seeder in plan.seeders] == ["shop_product", "shop_review"]
    assert plan.added_tables == ["shop_product"]


def test_the_size_and_the_scale_multiply_the_rows() -> None:
    plan = make_plan(SeedConfig(tables=("shop_product",), size="medium", scale=3), Registry.discover())

    assert plan.counts == {"ProductSeeder": 300}


def test_another_seed_than_that_of_the_rows_is_refused(shop: Database) -> None:
    shop.seed(table="shop_product", seed=7)
    config = SeedConfig(database=shop.alias, tables=("shop_product",), seed=8)

    with pytest.raises(ConfigurationError, match=r"--seed=8: .* holds rows of --seed=7, and a database has one dataset"):
        dataset_of(config, Ledger(shop.alias), make_plan(config, Registry.discover()))


def test_without_rows_the_options_say_what_the_rows_are_a_function_of(shop: Database) -> None:
    config = SeedConfig(database=shop.alias, seed=9, today=AS_OF)

    dataset = dataset_of(config, Ledger(shop.alias), make_plan(config, Registry([ProductSeeder()])))

    assert (dataset.seed, dataset.as_of) == (9, AS_OF)
