"""What the documentation shows beyond columns stands there as it is here, and does what it says."""

from __future__ import annotations

import json
from contextlib import suppress
from io import StringIO
from typing import Any

import polars as pl
import pytest
from django.core.management import CommandError, call_command
from django.db.models import Avg

from seeding import Cipher, Mode, Rows, conf
from seeding.masking.masker import masking_strategies
from tests.shop.conftest import INSTALLED
from tests.support.databases import ROOT, Database
from tests.support.runs import run

with INSTALLED:
    from seeding.example.models import Product, Review
    from seeding.example.seeders.catalogue import ProductSeeder, ReviewSeeder
    from tests.shop.checked import CheckedReviewSeeder
    from tests.shop.masks import MembershipNumber
    from tests.shop.rated import RatedProductSeeder
    from tests.shop.rules import no_shouting

PAGE = (ROOT / "docs" / "writing-seeders.md").read_text(encoding="utf-8").split("## More than columns\n")[1]


@pytest.mark.parametrize(
    "path", ["tests/shop/checked", "tests/shop/rules", "tests/shop/rated", "tests/shop/masks", "seeding/example/invariants"]
)
def test_the_documentation_shows_what_is_tested(path: str) -> None:
    example = (ROOT / f"{path}.py").read_text(encoding="utf-8")

    assert f"```python\n{example}```" in PAGE


def test_the_documented_settings_name_what_is_there(settings: Any) -> None:
    for name in ("SEEDING_VALIDATORS", "SEEDING_MASKING_STRATEGIES"):
        (line,) = (line for line in PAGE.splitlines() if line.startswith(f"{name} = "))
        setattr(settings, name, json.loads(line.partition(" = ")[2].replace("shop.", "tests.shop.")))

    assert conf.row_rules() == (no_shouting,)
    assert any(isinstance(one, MembershipNumber) for one in masking_strategies())


def test_validate_data_costs_the_rows_that_it_names(shop: Database) -> None:
    class Curt(CheckedReviewSeeder):
        def generate_data(self, rows: Rows) -> pl.DataFrame:
            text = pl.when(pl.Series(rows.index) < 4).then(pl.lit("Good.")).otherwise(pl.lit("Good enough for me."))
            return super().generate_data(rows).with_columns(text=text)

    summary, told = run(shop, ProductSeeder(), Curt())

    assert [(one.records_inserted, one.records_skipped) for one in summary.results] == [(10, 0), (26, 4)]
    assert [event.context["reasons"] for event in told if event.operation == "skip"] == [{"text: too short": 4}]


def test_a_rule_of_the_settings_is_asked_of_every_seeder(shop: Database) -> None:
    class Loud(ReviewSeeder):
        def generate_data(self, rows: Rows) -> pl.DataFrame:
            text = pl.when(pl.Series(rows.index) < 3).then(pl.lit("HORRIBLE")).otherwise(None)
            return super().generate_data(rows).with_columns(text=text.fill_null("Fine"))

    summary, told = run(shop, ProductSeeder(), Loud(), rules=[no_shouting])

    assert [(one.records_inserted, one.records_skipped) for one in summary.results] == [(10, 0), (27, 3)]
    assert [event.context["reasons"] for event in told if event.operation == "skip"] == [{"text: shouted": 3}]


def test_what_is_derived_follows_the_rows_that_it_reads(shop: Database) -> None:
    run(shop, RatedProductSeeder(), ReviewSeeder())

    means = Review.objects.using(shop.alias).values_list("product").annotate(mean=Avg("stars"))
    products = dict(Product.objects.using(shop.alias).values_list("pk", "stars"))
    assert len(products) == 10
    assert products == pytest.approx(dict(means), abs=0.001)


def test_the_rule_is_asked_and_sees_what_breaks_it(shop: Database) -> None:
    def verdicts() -> list[tuple[str, int, int, int]]:
        out = StringIO()
        with suppress(CommandError):
            call_command("seed_check", "--invariants", "--json", database=shop.alias, stdout=out)
        return [
            (one["rule"], one["looked_at"], one["broken"], one["changed"]) for one in json.loads(out.getvalue())["verdicts"]
        ]

    run(shop, ProductSeeder(), ReviewSeeder())
    kept = verdicts()
    first = Product.objects.using(shop.alias).earliest("pk")
    Product.objects.using(shop.alias).filter(pk=first.pk).update(price=0)

    assert kept == [("reviews-are-of-what-has-a-price", 30, 0, 0)]
    assert verdicts() == [("reviews-are-of-what-has-a-price", 30, 0, 3)]


@pytest.mark.parametrize("mode", Mode)
def test_the_masks_are_what_masks_must_be(mode: Mode) -> None:
    values = pl.Series([f"A{number}" for number in range(2_000)] + ["aBc", "AbC", "abc", "ABC", "Abc"])

    masks = MembershipNumber().mask(values, Cipher.of("a key of more than sixteen characters"), mode, None)

    assert masks.str.contains(r"(?i)^m-[0-9a-z]{13}$").all()
    assert masks.n_unique() == len(values)
    assert masks[-5:].str.to_lowercase().n_unique() == 1
    assert not (masks == values).any()
