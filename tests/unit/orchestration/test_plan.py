"""From what was asked for to the seeders of a run."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from seeding import Dataset, Registry, SeedConfig
from seeding.example.seeders.catalogue import ProductSeeder
from seeding.exceptions import ConfigurationError
from seeding.generation.value_rules.profile_rules import ProfileRules
from seeding.ledger.queries import Ledger
from seeding.orchestration.plan import Plan, dataset_of, make_plan
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


class FewSeeder(ProductSeeder):
    config = replace(ProductSeeder.config, capacity=10)


def test_more_rows_than_a_seeder_can_make_are_refused() -> None:
    registry = Registry([FewSeeder()])

    assert make_plan(SeedConfig(), registry).counts == {"FewSeeder": 10}
    with pytest.raises(ConfigurationError) as refusal:
        make_plan(SeedConfig(scale=1_000), registry)

    assert str(refusal.value) == (
        "10,000 rows of shop_product were asked for; its seeder can make 10. Give a smaller --size or --scale."
    )


def test_a_step_knows_what_is_there_and_what_is_missing(shop: Database) -> None:
    shop.seed(table="shop_product")
    plan = make_plan(SeedConfig(tables=("shop_review",), scale=2), Registry.discover())

    steps = plan.steps(Ledger(shop.alias))

    assert [(step.seeder, step.rows, step.existing, step.missing) for step in steps] == [
        ("ProductSeeder", 20, 10, 10),
        ("ReviewSeeder", 60, 0, 60),
    ]
    assert steps[0].as_dict() == {"seeder": "ProductSeeder", "table": "shop_product", "rows": 20, "existing": 10}


def test_a_table_of_two_added_seeders_is_named_once() -> None:
    plan = Plan(seeders=(ProductSeeder(), FewSeeder()), counts={}, added=frozenset({"FewSeeder", "ProductSeeder"}))

    assert plan.added_tables == ["shop_product"]


def test_everything_that_would_mix_two_datasets_is_told_at_once(shop: Database) -> None:
    class ProductSeeder(FewSeeder):
        config = replace(FewSeeder.config, version=2)

    shop.seed(table="shop_product", seed=7)
    config = SeedConfig(database=shop.alias, seed=8, as_of=date(2026, 1, 31), edge_cases=False)
    name = shop.url.removeprefix("sqlite:///")

    with pytest.raises(ConfigurationError) as refusal:
        dataset_of(config, Ledger(shop.alias), make_plan(config, Registry([ProductSeeder()])))

    out = "and a database has one dataset. Leave the option out, or roll back first."
    assert refusal.value.problems == (
        f"--seed=8: {name} holds rows of --seed=7, {out}",
        f"--as-of=2026-01-31: {name} holds rows of --as-of=2026-03-02, {out}",
        f"--no-edge-cases: {name} holds rows of --edge-cases, {out}",
        "shop_product holds rows of ProductSeeder version 1.1; it now makes version 1.2. Roll back first.",
    )


@pytest.mark.parametrize(("seed", "as_of", "edge_cases"), [(None, None, None), (7, AS_OF, False), (None, AS_OF, None)])
def test_rows_that_are_there_decide_of_which_dataset_the_others_are(
    shop: Database, seed: int | None, as_of: date | None, *, edge_cases: bool | None
) -> None:
    shop.seed(table="shop_product", seed=7, edge_cases=False)
    config = SeedConfig(database=shop.alias, seed=seed, as_of=as_of, edge_cases=edge_cases, today=date(2030, 1, 1))

    dataset = dataset_of(config, Ledger(shop.alias), make_plan(config, Registry([ProductSeeder()])))

    assert dataset == Dataset(seed=7, as_of=AS_OF, rules=ProfileRules(edge_cases=False))


def test_a_seed_of_zero_is_a_seed(shop: Database) -> None:
    config = SeedConfig(database=shop.alias, seed=0, as_of=date(2026, 1, 31))

    dataset = dataset_of(config, Ledger(shop.alias), make_plan(config, Registry([ProductSeeder()])))

    assert (dataset.seed, dataset.as_of) == (0, date(2026, 1, 31))
    assert dataset_of(replace(config, seed=None), Ledger(shop.alias), make_plan(config, Registry([]))).seed == 42
