"""The rows of a batch, and what of a row is shown."""

from __future__ import annotations

from typing import Any

import pytest

from seeding.db.redaction import REDACTED
from seeding.example.models import Customer, Product, Review
from seeding.explanation.results import ExplainedColumn, Role
from seeding.models import SeedingMetadata
from seeding.web.batch_rows import Cell, Range, Standing, cells, ranges_of
from tests.support.databases import Database


def entry_of(shop: Database, table: str) -> SeedingMetadata:
    return SeedingMetadata.objects.using(shop.alias).get(table_name=table)


def test_a_range_ends_with_its_last_row() -> None:
    one = Range(first=20, count=2, first_key=7)

    assert (one.last, one.last_key) == (21, 8)
    assert ranges_of(SeedingMetadata(key_ranges=[[20, 2, 7], [0, 1, 9]])) == [one, Range(first=0, count=1, first_key=9)]


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
    ("origin", "is_same", "standing"),
    [
        (SeedingMetadata.Origin.GENERATED, False, Standing.WITHHELD),
        (SeedingMetadata.Origin.GENERATED, None, Standing.WITHHELD),  # another version of Faker has made it
        (SeedingMetadata.Origin.GENERATED, True, Standing.WITHHELD),  # derived from what may be real
        (SeedingMetadata.Origin.RECEIVER, None, Standing.WITHHELD),
        (SeedingMetadata.Origin.SOURCE, None, Standing.MASKED),
        (SeedingMetadata.Origin.SOURCE, False, Standing.WITHHELD),
    ],
)
def test_what_is_explained_as_withheld_is(shop: Database, origin: str, is_same: Any, standing: Standing) -> None:
    shop.seed(table="shop_customer")
    SeedingMetadata.objects.using(shop.alias).update(origin=origin)
    entry = entry_of(shop, "shop_customer")
    explained = ExplainedColumn(
        column="name", role=Role.GENERATED, is_personal=True, expected=None, is_known=False, found=REDACTED, is_same=is_same
    )

    shown = cells(shop.alias, Customer, entry.key_ranges[0][2], entry, {"name": explained})

    assert shown is not None
    (name,) = (one for one in shown if one.column == "name")
    assert (name.standing, name.value is None) == (standing, standing is Standing.WITHHELD)


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
