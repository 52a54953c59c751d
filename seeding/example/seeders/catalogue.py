"""Products, and three reviews of each."""

import polars as pl

from seeding import BaseSeeder, Integers, RecordCount, Rows, SeederConfig, decimals, numerals
from seeding.example.models import Product, Review


def cents(products: Rows) -> Integers:
    return products.integers("price", 1_00, 100_00)


class ProductSeeder(BaseSeeder):
    config = SeederConfig(
        model=Product,
        record_count=RecordCount(small=10, medium=100, large=1_000),
        not_pii=("name",),  # every column of text is personal or is not: somebody says which
    )

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        return pl.DataFrame({"name": "Product " + numerals(rows.index + 1), "price": decimals(cents(rows), 2)})


class ReviewSeeder(BaseSeeder):
    config = SeederConfig(
        model=Review,
        dependencies=("shop_product",),  # the tables that its columns refer to
        record_count=RecordCount(small=30, medium=300, large=3_000),
        pii_fields={"author": "person_name", "text": "free_text"},
    )

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        columns = {
            "product_id": rows.index // 3,  # row indexes of the parent; the engine turns them into keys
            "author": rows.fake("author", "name"),
            "stars": rows.integers("stars", 1, 6),
            "text": rows.fake("text", "sentence"),
            "written_at": rows.moments(rows.uniform("written", -365, 0)),
        }
        return pl.DataFrame(columns)
