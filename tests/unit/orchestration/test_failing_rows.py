"""What is said of a row that fails: which one, in which column, and nothing that a real row holds."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from django.apps.registry import Apps
from django.db import models

from seeding import BaseSeeder, RecordCount, Rows, SeederConfig, numerals
from seeding.example.models import Product
from tests.support.databases import Database
from tests.support.runs import run


class ShyField(models.CharField):  # type: ignore[type-arg]  # Django's class takes none when the module is run
    """A text that must not be Ann's."""

    def get_prep_value(self, value: Any) -> Any:
        if "Ann" in value:
            raise ValueError(f"not {value}")
        return super().get_prep_value(value)


class ShyProduct(models.Model):
    """The shop's product, with a field of its own."""

    name = ShyField(max_length=80, unique=True)
    price = models.DecimalField(max_digits=8, decimal_places=2)
    stars = models.FloatField(null=True)

    class Meta:
        apps = Apps()
        app_label = "shop"
        managed = False
        db_table = "shop_product"

    def __str__(self) -> str:
        return str(self.name)


class ShySeeder(BaseSeeder):
    config = SeederConfig(model=ShyProduct, record_count=RecordCount.fixed(8), pii_fields={"name": "person_name"})

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        names = pl.Series([f"Ann {row}" if row == 5 else f"Bob {row}" for row in rows.index])
        return pl.DataFrame({"name": names, "price": rows.index})


class RealSeeder(ShySeeder):
    config = SeederConfig(
        model=ShyProduct, record_count=RecordCount.fixed(8), masking="full", masking_key="k", pii_fields={"name": "person_name"}
    )


def priced(row: int) -> int:
    if row == 6:
        raise ValueError("no price")
    return row


class PricedSeeder(BaseSeeder):
    config = SeederConfig(model=Product, record_count=RecordCount.fixed(8), not_pii=("name",))

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        return pl.DataFrame(
            {
                "name": "Product " + numerals(rows.index),
                "price": [priced(row) for row in rows.index],
            }
        )


@pytest.mark.parametrize(
    ("seeder", "words"),
    [
        (ShySeeder(), "ShySeeder, row 5: name: ValueError: not Ann 5"),
        (RealSeeder(), "RealSeeder, row 5: name: ValueError"),
        (PricedSeeder(), "PricedSeeder, row 6: price: ValueError: no price"),
    ],
)
@pytest.mark.parametrize("writer", ["create", "bulk_create", "executemany"])
def test_a_value_that_fails_is_named_by_row_and_column(
    shop: Database, monkeypatch: pytest.MonkeyPatch, seeder: BaseSeeder, writer: str, words: str
) -> None:
    monkeypatch.setenv("SEEDING_WRITER", writer)

    (result,) = run(shop, seeder)[0].results

    assert (result.error, result.exit_code) == (words, 4)
    assert shop.query("SELECT COUNT(*) FROM shop_product") == [(0,)]


def test_the_first_refused_row_is_named_with_its_column(shop: Database) -> None:
    shop.query("INSERT INTO shop_product (name, price) VALUES ('Bob 3', 1)")

    class Named(BaseSeeder):
        config = SeederConfig(model=Product, record_count=RecordCount.fixed(8), not_pii=("name",))

        def generate_data(self, rows: Rows) -> pl.DataFrame:
            return pl.DataFrame({"name": "Bob " + numerals(rows.index), "price": rows.index})

    (result,) = run(shop, Named())[0].results

    assert result.error == "1 rows were refused; the log names each. The first is row 3: IntegrityError for shop_product.name."
