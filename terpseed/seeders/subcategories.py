"""`subcategories`: the kinds within each category."""

from __future__ import annotations

import numpy as np
import polars as pl

from seeding import BaseSeeder, RecordCount, Rows, SeederConfig, take
from terpseed.facts import staff
from terpseed.facts.catalogue import CATEGORIES, FORMS
from terpseed.models import Subcategory

CATEGORY_OF_FORM = np.array([CATEGORIES.index(form.category) for form in FORMS])


class SubcategorySeeder(BaseSeeder):
    """One per product form, in its category. An existing one is adopted."""

    config = SeederConfig(
        model=Subcategory,
        group="reference_data",
        dependencies=("categories",),
        record_count=RecordCount.fixed(len(FORMS)),
        natural_key=("categoryId", "name"),
        production=True,
        not_pii=("name", "description"),
    )

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        """The columns of `subcategories`."""
        created = staff.founded(rows)
        return pl.DataFrame(
            {
                "categoryId": CATEGORY_OF_FORM[rows.index],
                "name": take([form.subcategory for form in FORMS], rows.index),
                "createdAt": created,
                "updatedAt": created,
            }
        )
