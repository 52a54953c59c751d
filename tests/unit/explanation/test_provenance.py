"""From a row to the batch that put it there."""

from __future__ import annotations

import pytest

from seeding.example.models import Review
from seeding.explanation.provenance import index_of, model_of, provenance
from seeding.models import SeedingMetadata
from tests.support.databases import Database


def entry_of(shop: Database, table: str) -> SeedingMetadata:
    return SeedingMetadata.objects.using(shop.alias).get(table_name=table)


@pytest.mark.parametrize(
    ("key", "index"), [(99, None), (100, 0), (104, 4), (105, None), (7, 20), (8, 21), (9, None), (0, None)]
)
def test_a_key_is_looked_for_in_every_range(key: int, index: int | None) -> None:
    assert index_of([[0, 5, 100], [20, 2, 7]], key) == index


def test_a_seeded_row_leads_to_its_batch_and_index_and_another_nowhere(shop: Database) -> None:
    shop.query("INSERT INTO shop_product (name, price) VALUES ('theirs', 1)")
    shop.seed(table="shop_review")
    key = entry_of(shop, "shop_product").key_ranges[0][2]

    found = provenance(shop.alias, "shop_product", key + 3)

    assert found is not None
    assert (found.entry, found.index) == (entry_of(shop, "shop_product"), 3)
    assert provenance(shop.alias, "shop_product", 1) is None
    assert provenance(shop.alias, "shop_customer", key) is None


def test_what_is_live_counts_before_what_was_rolled_back_and_the_latest_before_those(shop: Database) -> None:
    shop.seed(table="shop_product")
    old = entry_of(shop, "shop_product")
    key = old.key_ranges[0][2]
    shop.rollback()

    undone = provenance(shop.alias, "shop_product", key)
    later = SeedingMetadata.objects.using(shop.alias).get()
    later.pk, later.key_ranges = old.pk + 1, [[7, 1, key]]
    later.save(using=shop.alias)
    latest = provenance(shop.alias, "shop_product", key)
    live = SeedingMetadata.objects.using(shop.alias).get(pk=old.pk)
    live.pk, live.live, live.key_ranges = 0, True, [[5, 1, key]]
    live.save(using=shop.alias)
    counts = provenance(shop.alias, "shop_product", key)

    assert [(one.entry.pk, one.index) for one in (undone, latest, counts) if one] == [(old.pk, 0), (old.pk + 1, 7), (0, 5)]
    assert undone is not None
    assert undone.entry.rolled_back_in is not None


def test_a_table_has_the_model_that_describes_it() -> None:
    assert model_of("shop_review") is Review
    assert model_of("nothing") is None
