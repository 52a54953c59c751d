"""`locations`: the bins of the warehouse."""

from __future__ import annotations

import polars as pl

from seeding import BaseSeeder, RecordCount, Rows, SeederConfig
from terpseed.facts import staff
from terpseed.facts.goods import stock
from terpseed.models import Location


class LocationSeeder(BaseSeeder):
    """Those that TERP itself creates when it starts, where batches are stored. An existing one is adopted."""

    config = SeederConfig(
        model=Location,
        group="reference_data",
        record_count=RecordCount.fixed(len(stock.PLACES)),
        natural_key=("site", "zone", "rack", "shelf", "bin"),
        production=True,
        not_pii=("site", "zone", "rack", "shelf", "bin"),
        version=2,
    )

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        """The columns of `locations`."""
        created = staff.founded(rows)
        return pl.DataFrame({**stock.place(rows.index), "createdAt": created, "updatedAt": created})
