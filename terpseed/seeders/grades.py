"""`grades`: A (best) to D."""

from __future__ import annotations

import polars as pl

from seeding import BaseSeeder, RecordCount, Rows, SeederConfig, take
from terpseed.facts import staff
from terpseed.facts.goods.stock import GRADES
from terpseed.models import Grade


class GradeSeeder(BaseSeeder):
    """The four grades. An existing one is adopted."""

    config = SeederConfig(
        model=Grade,
        group="reference_data",
        record_count=RecordCount.fixed(len(GRADES)),
        natural_key=("name",),
        production=True,
        not_pii=("name", "description"),
        version=2,
    )

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        """The columns of `grades`."""
        created = staff.founded(rows)
        return pl.DataFrame(
            {
                "name": take(tuple(GRADES), rows.index),
                "description": take(tuple(GRADES.values()), rows.index),
                "sortOrder": rows.index + 1,
                "createdAt": created,
                "updatedAt": created,
            }
        )
