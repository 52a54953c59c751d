"""`batchLocations`: where a received batch is stored."""

from __future__ import annotations

import polars as pl

from seeding import BaseSeeder, Rows, SeederConfig, decimals
from terpseed.facts import calendar, cells
from terpseed.facts.goods import stock
from terpseed.models import BatchLocation


class BatchLocationSeeder(BaseSeeder):
    """One per received batch, with the whole quantity received."""

    config = SeederConfig(
        model=BatchLocation,
        group="inventory",
        dependencies=("batches",),
        record_count=cells.per_cell(stock.RECEIVED),
        not_pii=("site", "zone", "rack", "shelf", "bin"),
        version=2,
    )

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        """The columns of `batchLocations`."""
        batches = stock.received(rows.index, rows)
        received = calendar.timestamps(stock.received_at(batches))
        return pl.DataFrame(
            {
                "batchId": batches.index,
                **stock.place(rows.integers("place", 0, len(stock.PLACES))),
                "qty": decimals(stock.intake(batches) * 100, 4),
                "createdAt": received,
                "updatedAt": received,
            }
        )
