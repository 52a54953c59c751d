"""Which rows the options of a rollback mean: from the ledger, and from the table where they say so."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from seeding.conf import Environment, RollbackConfig
from seeding.example.seeders.catalogue import ReviewSeeder
from seeding.exceptions import ConfigurationError
from seeding.generation.registry import Registry
from seeding.rollbacks.requested_rows import RollbackSelection
from tests.support.databases import Database
from tests.unit.rollbacks.conftest import NOW, Scene, keys, told


def selected(scene: Scene, registry: Registry | None = None, **options: Any) -> dict[str, list[int]]:
    """Table → keys of all that the options select."""
    chosen = selection(scene.shop, scene, registry, **options)
    return told({table: chosen.keys(table) for table in chosen.tables})


def selection(shop: Database, scene: Scene, registry: Registry | None = None, **options: Any) -> RollbackSelection:
    config = RollbackConfig(database=shop.alias, environment=Environment.DEV, force=True, **options)
    return RollbackSelection(config, scene.operation.ledger, registry or Registry.discover())


def entry(scene: Scene, table: str, seeder: str, first: int, at: datetime = NOW) -> int:
    """A batch of one row more in the ledger; returns its run's key."""
    ledger = scene.operation.ledger
    run = ledger.open_run(command="seed", environment="dev", seed=42, as_of=NOW.date(), state="succeeded")
    ledger.batches.create(
        run=run, table_name=table, seeder_name=seeder, generator_version="1.1", first_index=first,
        origin="source" if seeder.startswith("source:") else "generated",
        key_ranges=[[first, 1, first]], record_count=1, environment="dev", created_at=at,
    )  # fmt: skip
    return int(run.pk)


def test_without_options_everything_is_meant(scene: Scene) -> None:
    assert selected(scene) == {
        "shop_customer": [1, 2],
        "shop_order": [1, 2, 3],
        "shop_orderline": [1, 2, 3, 4],
        "shop_product": [1, 2, 3],
        "shop_review": [1, 2, 3],
    }


def test_what_was_rolled_back_is_not_meant(scene: Scene) -> None:
    ledger = scene.operation.ledger
    ledger.retire(ledger.live.filter(table_name="shop_review"), keys(1, 2), scene.run)

    assert selected(scene)["shop_review"] == [3]


def test_a_table_by_name_is_meant_though_no_seeder_fills_it_any_more(scene: Scene) -> None:
    assert selected(scene, Registry([]), tables=("shop_order",)) == {"shop_order": [1, 2, 3]}


def test_a_table_that_holds_nothing_seeded_is_known_by_its_seeder(scene: Scene) -> None:
    scene.operation.ledger.live.filter(table_name="shop_order").update(live=None)

    assert selected(scene, tables=("shop_order",)) == {}


def test_an_unknown_table_is_refused(scene: Scene) -> None:
    with pytest.raises(ConfigurationError, match="there is no table 'shop_orders' to seed"):
        selected(scene, tables=("shop_orders",))


def test_a_group_means_the_rows_of_its_seeders_made_or_loaded(scene: Scene) -> None:
    class Reviews(ReviewSeeder):
        config = replace(ReviewSeeder.config, group="talk", dependencies=())

    entry(scene, "shop_review", "source:shop_review", 7)
    entry(scene, "shop_review", "Others", 8)

    assert selected(scene, Registry([Reviews()]), tables=("talk",)) == {"shop_review": [1, 2, 3, 7]}


def test_one_run_means_its_rows_alone(scene: Scene) -> None:
    run = entry(scene, "shop_review", "Reviews", 7)

    assert selected(scene, run=run) == {"shop_review": [7]}
    assert selected(scene, run=run, tables=("shop_order",)) == {}


def test_a_moment_means_what_was_seeded_before_it(scene: Scene) -> None:
    entry(scene, "shop_review", "Reviews", 7, NOW - timedelta(seconds=1))

    assert selected(scene, before=NOW) == {"shop_review": [7]}


def test_an_unknown_run_is_refused(scene: Scene) -> None:
    with pytest.raises(ConfigurationError, match=r"^--run=99: the ledger of .*shop\.sqlite3 has no such run\.$"):
        selection(scene.shop, scene, run=99).refuse_unknown_run()
    selection(scene.shop, scene, run=scene.run.pk).refuse_unknown_run()
    selection(scene.shop, scene).refuse_unknown_run()


@pytest.mark.parametrize(
    ("conditions", "meant"),
    [
        ([("stars", "5")], [1]),
        ([("stars__in", "3,5")], [1, 3]),
        ([("stars__range", "4,5")], [1, 2]),
        ([("stars__gte", "4"), ("author__startswith", "B")], [2]),
        ([("product__name", "jar")], [3]),
        ([("product__stars__isnull", "TRUE")], [1, 2, 3]),
        ([("product__stars__isnull", "false")], []),
        ([("written_at__lt", "2026-03-01")], []),
        ([("author", "")], []),
    ],
)
def test_conditions_are_asked_of_the_seeded_rows(scene: Scene, conditions: list[tuple[str, str]], meant: list[int]) -> None:
    scene.shop.query("INSERT INTO shop_review VALUES (9, 'Flo', 5, '', '2026-03-02', 2)")

    assert selected(scene, tables=("shop_review",), where=tuple(conditions)).get("shop_review", []) == meant


@pytest.mark.parametrize(
    ("lookup", "value", "words"),
    [
        ("size", "5", "Cannot resolve keyword 'size' into field"),
        ("stars", "many", "Field 'stars' expected a number but got 'many'"),
        ("stars__isnull", "maybe", "'maybe'"),
        ("stars__range", "1", ""),
        ("written_at__lt", "soon", "“soon” value has an invalid format"),
    ],
)
def test_what_is_no_condition_is_refused_in_its_own_words(scene: Scene, lookup: str, value: str, words: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        selected(scene, tables=("shop_review",), where=((lookup, value),))

    assert str(refused.value).startswith(f"--where {lookup}={value} is not a valid lookup on shop_review: ")
    assert words in str(refused.value)


def test_the_rows_of_a_table_without_a_model_cannot_meet_conditions(scene: Scene) -> None:
    entry(scene, "shop_voucher", "Vouchers", 1)

    with pytest.raises(ConfigurationError, match=r"^--where: no model describes shop_voucher, so its fields are not known\.$"):
        selected(scene, tables=("shop_voucher",), where=(("code", "x"),))
