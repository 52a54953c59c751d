"""From a row to the batch that put it there, and what of the row is shown."""

from __future__ import annotations

from typing import Any

import pytest

from seeding.example.models import Customer, Product, Review
from seeding.models import SeedingMetadata
from seeding.web.provenance import (
    Cell,
    Range,
    Standing,
    cells,
    index_of,
    model_of,
    provenance,
    ranges_of,
    seeded_tables,
)
from tests.support.databases import Database


def entry_of(shop: Database, table: str) -> SeedingMetadata:
    return SeedingMetadata.objects.using(shop.alias).get(table_name=table)


@pytest.mark.parametrize(
    ("key", "index"), [(99, None), (100, 0), (104, 4), (105, None), (7, 20), (8, 21), (9, None), (0, None)]
)
def test_a_key_is_looked_for_in_every_range(key: int, index: int | None) -> None:
    assert index_of([[0, 5, 100], [20, 2, 7]], key) == index


def test_a_range_ends_with_its_last_row() -> None:
    one = Range(first=20, count=2, first_key=7)

    assert (one.last, one.last_key) == (21, 8)
    assert ranges_of(SeedingMetadata(key_ranges=[[20, 2, 7], [0, 1, 9]])) == [one, Range(first=0, count=1, first_key=9)]


def test_a_seeded_row_leads_to_its_batch_and_index_and_another_nowhere(shop: Database) -> None:
    shop.query("INSERT INTO shop_product (name, price) VALUES ('theirs', 1)")
    shop.seed(table="shop_review")
    key = entry_of(shop, "shop_product").key_ranges[0][2]

    found = provenance(shop.alias, "shop_product", key + 3)

    assert found is not None
    assert (found.entry, found.index) == (entry_of(shop, "shop_product"), 3)
    assert provenance(shop.alias, "shop_product", 1) is None
    assert provenance(shop.alias, "shop_customer", key) is None
    assert seeded_tables(shop.alias) == ["shop_product", "shop_review"]


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


def test_a_row_is_shown_column_by_column_with_what_it_names(shop: Database) -> None:
    shop.seed(table="shop_review")
    entry = entry_of(shop, "shop_review")
    key = entry.key_ranges[0][2]
    ((author, product),) = shop.query("SELECT author, product_id FROM shop_review WHERE id = %s", key)

    shown = cells(shop.alias, Review, key, entry)

    assert shown is not None
    assert [one.column for one in shown] == ["id", "product_id", "author", "stars", "text", "written_at"]
    assert shown[0] == Cell(column="id", value=key, standing=Standing.PLAIN, target="")
    assert shown[1] == Cell(column="product_id", value=product, standing=Standing.PLAIN, target="shop_product")
    assert shown[2] == Cell(column="author", value=author, standing=Standing.MASKED, target="")


def test_a_row_that_is_gone_has_no_cells(shop: Database) -> None:
    shop.seed(table="shop_product")

    assert cells(shop.alias, Product, 10**6, entry_of(shop, "shop_product")) is None


@pytest.mark.parametrize(
    ("facts", "standing"),
    [
        ({"environment": "production", "masked_fields": []}, Standing.WITHHELD),
        ({"environment": "production", "masked_fields": ["name", "email"]}, Standing.MASKED),
        ({"environment": "staging", "masked_fields": []}, Standing.PLAIN),
    ],
)
def test_what_came_to_production_unmasked_is_withheld(shop: Database, facts: dict[str, Any], standing: Standing) -> None:
    shop.seed(table="shop_customer")
    SeedingMetadata.objects.using(shop.alias).update(**facts)
    entry = entry_of(shop, "shop_customer")

    shown = cells(shop.alias, Customer, entry.key_ranges[0][2], entry)

    assert shown is not None
    found = {one.column: one for one in shown}
    assert {found["name"].standing, found["email"].standing} == {standing}
    assert (found["email"].value is None) is (standing is Standing.WITHHELD)
    assert (found["joined_at"].standing, found["joined_at"].value is None) == (Standing.PLAIN, False)
