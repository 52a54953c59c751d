"""Batches, and the keys that they hold."""

from __future__ import annotations

import pytest
from django.db import IntegrityError

from seeding.models import SeedingMetadata
from tests.support.databases import Database
from tests.unit.ledger.entries import NOW, a_batch, a_masked_batch, a_run, numbers


def test_live_batches_are_those_that_nobody_has_rolled_back(shop: Database) -> None:
    run = a_run(shop.alias)
    here, _gone = a_batch(run, [0, 2, 1]), a_batch(run, [2, 2, 3], live=None, rolled_back_at=NOW)

    assert list(SeedingMetadata.objects.using(shop.alias).live()) == [here]


def test_rows_from_files_are_loaded_and_all_others_are_generated(shop: Database) -> None:
    run = a_run(shop.alias)
    made = a_batch(run, [0, 2, 1], seeder_name="ProductSeeder")
    loaded = a_batch(run, [0, 2, 3], seeder_name="source:shop_product", origin="source")
    named_alike = a_batch(run, [0, 2, 5], seeder_name="source:shop_review")
    batches = SeedingMetadata.objects.using(shop.alias)

    assert list(batches.loaded()) == [loaded]
    assert list(batches.generated()) == [made, named_alike]


def test_the_key_map_of_batches_is_one_map(shop: Database) -> None:
    run = a_run(shop.alias)
    a_batch(run, [5, 2, 40])
    a_batch(run, [0, 2, 10], [2, 3, 20])

    assert SeedingMetadata.objects.using(shop.alias).key_map().as_lists() == [[0, 2, 10], [2, 3, 20], [5, 2, 40]]


def test_the_key_set_of_batches_leaves_out_what_the_keys_stand_for(shop: Database) -> None:
    run = a_run(shop.alias)
    a_batch(run, [0, 2, 12], [2, 1, 30])
    a_batch(run, [0, 2, 10], seeder_name="Another")

    assert SeedingMetadata.objects.using(shop.alias).key_set().ranges == [(10, 13), (30, 30)]


def test_no_batches_hold_no_keys(shop: Database) -> None:
    batches = SeedingMetadata.objects.using(shop.alias)

    assert batches.key_map().as_lists() == []
    assert batches.key_set().ranges == []


def test_a_batch_knows_its_keys() -> None:
    batch = SeedingMetadata(key_ranges=[[0, 2, 7], [4, 1, 9]])

    assert batch.key_map.as_lists() == [[0, 2, 7], [4, 1, 9]]
    assert numbers(batch.keys) == [7, 8, 9]


def test_one_live_batch_begins_at_an_index_and_any_number_of_rolled_back_ones(shop: Database) -> None:
    run = a_run(shop.alias)
    for live in (None, None, True):
        a_batch(run, [0, 1, 1], live=live)

    with pytest.raises(IntegrityError, match="UNIQUE"):
        a_batch(run, [0, 1, 2])


def test_what_the_ledger_holds_is_told_in_words(shop: Database) -> None:
    run = a_run(shop.alias)

    assert str(run) == f"run {run.pk} (seed, succeeded)"
    assert str(a_batch(run, [5, 3, 1])) == "3 rows of shop_product from index 5"
    assert str(a_masked_batch(run, "shop_customer", "abcd")) == "shop_customer from 1 to 1"
