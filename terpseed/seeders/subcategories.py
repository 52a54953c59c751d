"""`subcategories`: the kinds within each category."""

from __future__ import annotations

import numpy as np
import polars as pl

from seeding import BaseSeeder, RecordCount, Rows, SeederConfig, take
from terpseed.facts import staff
from terpseed.facts.catalogue import CATEGORIES, SUBCATEGORIES
from terpseed.models import Subcategory

PAIRS = [(CATEGORIES.index(category), name) for category, names in SUBCATEGORIES.items() for name in names]
"""Category (row index) and name."""


class SubcategorySeeder(BaseSeeder):
    """Those that TERP itself creates when it starts. An existing one is adopted."""

    config = SeederConfig(
        model=Subcategory,
        group="reference_data",
        dependencies=("categories",),
        record_count=RecordCount.fixed(len(PAIRS)),
        natural_key=("categoryId", "name"),
        production=True,
        not_pii=("name", "description"),
        version=2,
    )

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        """The columns of `subcategories`."""
        created = staff.founded(rows)
        return pl.DataFrame(
            {
                "categoryId": np.array([category for category, _ in PAIRS])[rows.index],
                "name": take([name for _, name in PAIRS], rows.index),
                "createdAt": created,
                "updatedAt": created,
            }
        )
