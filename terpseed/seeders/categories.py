"""`categories`: the kinds of products."""

from __future__ import annotations

import polars as pl

from seeding import BaseSeeder, RecordCount, Rows, SeederConfig, take
from terpseed.facts import staff
from terpseed.facts.catalogue import CATEGORIES
from terpseed.models import Category


class CategorySeeder(BaseSeeder):
    """Those that TERP itself creates when it starts. An existing one is adopted."""

    config = SeederConfig(
        model=Category,
        group="reference_data",
        record_count=RecordCount.fixed(len(CATEGORIES)),
        natural_key=("name",),
        production=True,
        not_pii=("name", "description"),
        version=2,
    )

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        """The columns of `categories`."""
        created = staff.founded(rows)
        return pl.DataFrame({"name": take(CATEGORIES, rows.index), "createdAt": created, "updatedAt": created})
