"""Seeded rows that somebody has changed, told from those that are as they were seeded."""

from __future__ import annotations

import pytest
from django.db import connections

from seeding.comparison import changed_rows as module
from seeding.comparison.changed_rows import LOADED, UNKNOWN, ChangeDetector, Changes, _chunks
from seeding.example.seeders.catalogue import ProductSeeder, ReviewSeeder
from seeding.example.seeders.sales import OrderSeeder
from seeding.generation.datasets import Dataset
from seeding.generation.registry import Registry
from seeding.generation.seeders import BaseSeeder
from seeding.keys import KeyMap, KeySet
from seeding.ledger.recorder import Recorder
from seeding.ledger.reference_resolution import Resolver
from seeding.models import SeedRun
from seeding.schema.introspection import all_tables
from tests.support.databases import AS_OF, Database
from tests.unit.rollbacks.conftest import keys

ALL = KeySet.of([(1, 1_000)])


def detected(shop: Database, seeder: BaseSeeder, among: KeySet = ALL) -> Changes:
    """What has been changed of the seeder's rows."""
    ledger, dataset = Recorder(shop.alias), Dataset(seed=42, as_of=AS_OF)
    resolver = Resolver(Registry.discover(), ledger, dataset)
    table = all_tables(connections[shop.alias])[seeder.config.table_name]
    batches = ledger.live.filter(seeder_name=seeder.name).select_related("run")
    return ChangeDetector(shop.alias, seeder, dataset, resolver, table).run(list(batches), among)


def test_rows_as_they_were_seeded_are_no_change(shop: Database) -> None:
    shop.seed()

    for seeder in Registry.discover().ordered:
        found = detected(shop, seeder)
        assert (len(found.keys), found.examples, found.complete, found.loaded) == (0, {}, True, False)


def test_a_change_is_told_with_its_columns(shop: Database) -> None:
    shop.seed(table="shop_review")
    shop.query("UPDATE shop_review SET author = 'Zoe', text = 'x' WHERE id = 4")
    shop.query("UPDATE shop_review SET product_id = 9 WHERE id = 7")

    found = detected(shop, ReviewSeeder())

    assert found.keys.ranges == [(4, 4), (7, 7)]
    assert found.examples == {4: ("author", "text"), 7: ("product_id",)}


def test_a_column_that_the_seeder_leaves_empty_is_changed_when_it_is_filled(shop: Database) -> None:
    shop.seed(table="shop_product")
    shop.query("UPDATE shop_product SET stars = 4.5 WHERE id = 2")

    assert detected(shop, ProductSeeder()).examples == {2: ("stars",)}


def test_a_column_that_is_derived_is_nobody_s_change(shop: Database) -> None:
    shop.seed()
    shop.query("UPDATE shop_order SET total = 1, status = 'lost' WHERE id = 3")
    shop.query("UPDATE shop_order SET total = 1 WHERE id = 4")

    assert detected(shop, OrderSeeder()).examples == {3: ("status",)}


def test_only_the_rows_that_are_asked_about_and_are_there_are_compared(shop: Database) -> None:
    shop.seed(table="shop_product")
    shop.query("UPDATE shop_product SET price = 1 WHERE id < 5")
    shop.query("DELETE FROM shop_product WHERE id = 2")

    assert detected(shop, ProductSeeder(), keys(2, 3, 9)).keys.ranges == [(3, 3)]
    assert not detected(shop, ProductSeeder(), keys()).keys


def test_a_reference_whose_parent_is_no_longer_seeded_is_not_judged(shop: Database) -> None:
    shop.seed(table="shop_review")
    ledger = Recorder(shop.alias)
    ledger.retire(ledger.live.filter(table_name="shop_product"), keys(1), SeedRun.objects.using(shop.alias).latest("pk"))
    shop.query("UPDATE shop_review SET product_id = 9 WHERE id IN (1, 4)")

    assert detected(shop, ReviewSeeder()).examples == {4: ("product_id",)}


def test_a_few_examples_are_named_and_all_rows_are_counted(shop: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "EXAMPLES", 3)
    monkeypatch.setattr(module, "ROWS", 2)
    shop.seed(table="shop_product")
    shop.query("UPDATE shop_product SET price = 1")

    found = detected(shop, ProductSeeder())

    assert (found.keys.ranges, list(found.examples)) == ([(1, 10)], [1, 2, 3])


@pytest.mark.parametrize(
    "meanwhile",
    [
        "UPDATE seeding_run SET faker_version = '0.1'",
        "UPDATE seeding_metadata SET generator_version = '0.1'",
    ],
)
def test_rows_of_another_generator_are_not_judged(shop: Database, meanwhile: str) -> None:
    shop.seed(table="shop_product")
    shop.query("UPDATE shop_product SET price = 1")
    shop.query(meanwhile)

    found = detected(shop, ProductSeeder())

    assert (len(found.keys), found.complete) == (0, False)


def test_chunks_hold_the_rows_that_are_asked_for_by_index_and_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ROWS", 3)
    held = KeyMap.of([[0, 4, 11], [10, 2, 31]])

    found = [(index.tolist(), key.tolist()) for index, key in _chunks(held, keys(11, 13, 14, 31, 32))]

    assert found == [([0, 2], [11, 13]), ([3, 10, 11], [14, 31, 32])]
    assert list(_chunks(held, keys(20))) == []


def test_few_rows_are_in_one_chunk_wherever_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ROWS", 3)

    found = [(index.tolist(), key.tolist()) for index, key in _chunks(KeyMap.of([[0, 90, 100]]), keys(100, 150, 189))]

    assert found == [([0, 50, 89], [100, 150, 189])]


def test_nothing_can_be_said_of_rows_that_were_loaded_or_have_no_seeder() -> None:
    assert (len(UNKNOWN.keys), UNKNOWN.complete, UNKNOWN.loaded) == (0, False, False)
    assert (len(LOADED.keys), LOADED.complete, LOADED.loaded) == (0, False, True)
