"""What a worker refuses before it does anything."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from seeding import SeedConfig
from seeding.exceptions import ConfigurationError
from seeding.generation.registry import Registry
from seeding.generation.value_rules.shape import Shape
from seeding.models import SeedRun
from seeding.scaffold import Automatic, Wanted
from seeding.workers.order import Recipe, token
from seeding.workers.versions import versions
from seeding.workers.worker import Worker, registry_of
from tests.support.databases import Database


def refusal(order: Any) -> str:
    """Why a worker does not take the order."""
    with pytest.raises(ConfigurationError) as caught:
        Worker(order, lambda _: None)
    return str(caught.value)


@pytest.fixture
def ordered(shop: Database) -> SimpleNamespace:
    """What a worker is told of a run of the shop's products."""
    shop.seed(table="shop_product")
    (run,) = SeedRun.objects.using(shop.alias).all()
    seeder = Registry.discover().by_name["ProductSeeder"]
    return SimpleNamespace(
        recipe=Recipe(config=SeedConfig(database=shop.alias), shape=None), counts={"ProductSeeder": 10}, run=run.pk,
        run_token=token(run), versions=versions((seeder,)), database={"NAME": "known"},
    )  # fmt: skip


def test_a_seeder_that_is_not_here_is_named(ordered: SimpleNamespace) -> None:
    ordered.counts = {"ProductSeeder": 10, "GoneSeeder": 5}

    assert refusal(ordered).startswith("The worker has no GoneSeeder. ")


def test_a_seeder_of_other_code_is_named(ordered: SimpleNamespace) -> None:
    ordered.versions = versions((Registry.discover().by_name["ReviewSeeder"],))

    words = refusal(ordered)

    assert words.startswith("The worker has other code than the run: ")
    assert "ProductSeeder" in words or "ReviewSeeder" in words


@pytest.mark.parametrize("changed", [{"run": 999}, {"run_token": "of another database"}])
def test_another_database_is_refused(ordered: SimpleNamespace, changed: dict[str, Any]) -> None:
    vars(ordered).update(changed)

    assert f"does not hold run {ordered.run}: it is another database than the run's." in refusal(ordered)


def test_seeders_in_memory_are_made_again_from_the_recipe(shop: Database) -> None:
    config = SeedConfig(database=shop.alias, automatic=True)
    made = Automatic(shop.alias, Registry.discover(), Wanted(tables=(), apps=(), exclude=())).registry(Shape())

    assert registry_of(Recipe(config=config, shape=Shape())).by_name.keys() == made.by_name.keys()
