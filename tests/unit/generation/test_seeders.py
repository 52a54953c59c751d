"""What a seeder declares: how many rows, and what is refused where the class is made."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import polars as pl
import pytest
from django.db import models
from django.test.utils import isolate_apps

from seeding.example.models import Customer, Product, Review
from seeding.exceptions import MisdeclaredSeederError
from seeding.generation.datasets import Dataset
from seeding.generation.rows import Rows
from seeding.generation.seeders import BaseSeeder, RecordCount, SeederConfig

COUNT = RecordCount(small=2, medium=20, large=150)

with isolate_apps():

    class Coded(models.Model):
        code = models.CharField(max_length=8, primary_key=True)

        class Meta:
            app_label = "unit"


class Helper(BaseSeeder):
    """Between BaseSeeder and a seeder: no config, and nothing is asked of it."""

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        return pl.DataFrame({"name": [f"{rows.table} {index}" for index in rows.index]})


class Products(Helper):
    config = SeederConfig(model=Product, record_count=COUNT)


def declared(config: object) -> Any:
    return type("Declared", (Helper,), {"config": config})


def config(model: type[models.Model] = Customer, **values: Any) -> SeederConfig:
    return SeederConfig(model=model, record_count=COUNT, **values)


@pytest.mark.parametrize(("size", "rows"), [("small", 2), ("medium", 20), ("large", 150)])
def test_each_size_has_its_number_of_rows_and_the_scale_multiplies_it(size: str, rows: int) -> None:
    assert COUNT.at(size) == rows
    assert COUNT.at(size, 3) == 3 * rows


def test_reference_data_has_the_same_rows_at_every_size_and_scale() -> None:
    assert [RecordCount.fixed(7).at(size, 5) for size in ("small", "medium", "large")] == [7, 7, 7]


def refusal(of: object) -> str:
    with pytest.raises(MisdeclaredSeederError) as refused:
        declared(of)
    return str(refused.value)


def test_a_config_must_be_one() -> None:
    assert refusal({"model": Customer}) == "Declared.config is not a SeederConfig. Write: config = SeederConfig(…)"


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("pii_fields", {"name": "person_name", "mail": "email"}),
        ("not_pii", ("mail",)),
        ("natural_key", ("name", "mail")),
        ("any_parent", ("mail",)),
    ],
)
def test_a_column_that_the_table_lacks_is_refused(option: str, value: Any) -> None:
    words = "Declared names the column 'mail', which Customer lacks. Columns are named as in the table shop_customer."

    assert refusal(config(Customer, **{option: value})) == words


def test_a_column_is_personal_or_it_is_not() -> None:
    both = config(pii_fields={"name": "person_name", "email": "email"}, not_pii=("name", "email"))

    assert refusal(both) == "Declared says of email, name that it is personal and that it is not: keep one of the two."


def test_columns_are_named_as_in_the_database() -> None:
    assert declared(config(Review, any_parent=("product_id",))).config.any_parent == ("product_id",)
    assert "names the column 'product', which Review lacks" in refusal(config(Review, any_parent=("product",)))


def test_a_seeder_is_called_like_its_class_and_fills_the_table_of_its_model() -> None:
    assert (Products().name, Products.config.table_name) == ("Products", "shop_product")


@pytest.mark.parametrize(("masking", "is_real"), [("synthetic", False), ("none", True), ("mask", True)])
def test_whatever_is_not_synthetic_is_real(masking: str, *, is_real: bool) -> None:
    assert config(masking=masking).is_real is is_real


def test_a_seeder_that_says_nothing_has_no_faults_no_origin_no_derivations_and_no_rules() -> None:
    seeder, dataset = Products(), Dataset(seed=1, as_of=date(2026, 3, 2))

    data = seeder.generate_data(dataset.rows(seeder, np.array([4])))

    assert (*seeder.faults([4]), *seeder.derivations(dataset), *seeder.validate_data(data)) == ()
    assert seeder.origin(4) == ""


@pytest.mark.parametrize("names", [{"table": "50% off"}, {"table": "a", "column": "in %s"}, {"table": "a", "column": "%%"}])
def test_a_percent_sign_in_a_name_is_refused_as_django_s_queries_do_not_quote_it(names: dict[str, str]) -> None:
    with isolate_apps():

        class Odd(models.Model):
            price = models.IntegerField(db_column=names.get("column"))

            class Meta:
                app_label = "odd"
                db_table = names["table"]

    with pytest.raises(MisdeclaredSeederError, match="has a percent sign, which Django's queries take for a placeholder"):
        type("OddSeeder", (BaseSeeder,), {"config": SeederConfig(model=Odd, record_count=RecordCount.fixed(1))})
