"""Files of the shop's tables: rows that cannot be told apart are never taken for one another."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from seeding.generation.registry import Registry
from tests.shop.conftest import INSTALLED
from tests.support.databases import Database
from tests.support.runs import run
from tests.unit.sources.made import source

with INSTALLED:
    from seeding.example.models import Product, Review

PRODUCTS = "id,name,price\n7,Pear,1.50\n8,Plum,2\n9,Pear,3.50\n"
REVIEWS = "id,product_id,author,stars,text,written_at\n" + "".join(
    f"{number},{number + 6},Somebody,{number},,2026-01-0{number} 10:00:00\n" for number in (1, 2, 3)
)


def test_what_refers_to_a_row_that_repeats_another_is_left_out_and_does_not_get_that_one(
    shop: Database, tmp_path: Path
) -> None:
    (folder := tmp_path / "export").mkdir()
    files = source(folder, Registry.discover(), shop_product=PRODUCTS, shop_review=REVIEWS)

    summary, _ = run(shop, registry=Registry(files.values()), batch_size=1)

    reviews = Review.objects.using(shop.alias).values_list("product__name", "product__price", "stars")
    assert set(reviews) == {("Pear", Decimal("1.5"), 1), ("Plum", 2, 2)}
    assert Product.objects.using(shop.alias).count() == 2
    assert [(one.records_inserted, one.records_skipped) for one in summary.results] == [(2, 1), (2, 1)]
    assert summary.exit_code == 5
