"""The documented example keeps every contract, and is found through nothing but INSTALLED_APPS."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from seeding.contracts import DatabaseContract, SeederContract
from seeding.registry import Registry
from seeding.results import SeederState
from seeding.rows import Rows
from seeding.seeders import BaseSeeder, SeederConfig
from tests.conftest import Database
from tests.seeding.runs import run
from tests.shop.conftest import INSTALLED

with INSTALLED:
    REGISTRY = Registry.discover()
    from tests.shop.models import Review
    from tests.shop.seeders import ProductSeeder, ReviewSeeder


class TestSeeders(SeederContract):
    """Each seeder by itself."""

    registry = REGISTRY


class TestSeeding(DatabaseContract):
    """Both together."""

    registry = REGISTRY

    @pytest.fixture
    def database(self, shop: Database) -> str:
        """The alias of a new database."""
        return shop.alias


def test_discovery_finds_both_and_nothing_else() -> None:
    assert [seeder.name for seeder in REGISTRY.ordered] == ["ProductSeeder", "ReviewSeeder"]


def test_the_file_is_short() -> None:
    lines = (Path(__file__).parent / "seeders.py").read_text(encoding="utf-8").splitlines()

    assert len(lines) < 40


def test_invalid_rows_are_left_out_and_told(shop: Database) -> None:
    class Sloppy(ReviewSeeder):
        config = SeederConfig(
            model=Review,
            dependencies=("shop_product",),
            record_count=ReviewSeeder.config.record_count,
            pii_fields=ReviewSeeder.config.pii_fields,
        )

        def generate_data(self, rows: Rows) -> pl.DataFrame:
            return super().generate_data(rows).with_columns(stars=pl.Series(rows.index % 6))

    sloppy: BaseSeeder = Sloppy()

    summary, told = run(shop, ProductSeeder(), sloppy)

    reviews = summary.results[-1]
    assert (reviews.state, reviews.records_inserted, reviews.records_skipped) == (SeederState.PARTIAL, 25, 5)
    assert [event.context["reasons"] for event in told if event.operation == "skip"] == [{"stars: breaks one_to_five_stars": 5}]
