"""`expenseCategories`: what money is spent on."""

from __future__ import annotations

import polars as pl

from seeding import BaseSeeder, RecordCount, Rows, SeederConfig, take
from terpseed.facts import staff
from terpseed.facts.money.spending import CATEGORIES
from terpseed.models import ExpenseCategory

NAMES = [one.name for one in CATEGORIES]
PARENTS = [NAMES.index(one.parent) if one.parent else None for one in CATEGORIES]


class ExpenseCategorySeeder(BaseSeeder):
    """The categories that TERP enters at its first start. An existing one with the same name is adopted."""

    config = SeederConfig(
        model=ExpenseCategory,
        group="reference_data",
        record_count=RecordCount.fixed(len(CATEGORIES)),
        natural_key=("categoryName",),
        production=True,
        not_pii=("categoryName",),
    )

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        """The columns of `expenseCategories`."""
        created = staff.founded(rows)
        return pl.DataFrame(
            {
                "categoryName": take(NAMES, rows.index),
                "parentCategoryId": pl.Series(PARENTS, dtype=pl.Int64).gather(rows.index),
                "createdAt": created,
                "updatedAt": created,
            }
        )
