"""`lots`: one delivery from one supplier."""

from __future__ import annotations

import polars as pl

from seeding import BaseSeeder, Rows, SeederConfig
from terpseed.facts import calendar, cells, parties
from terpseed.facts.goods import stock
from terpseed.facts.sales import serving
from terpseed.models import Lot


class LotSeeder(BaseSeeder):
    """Ten per cell, three batches in each; vendor and supplying client are the same party."""

    config = SeederConfig(
        model=Lot,
        group="procurement",
        dependencies=("vendors", "clients"),
        record_count=cells.per_cell(cells.LOTS),
        pii_fields={"notes": "free_text"},
        not_pii=("code",),
        version=2,
    )

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        """The columns of `lots`."""
        seller = serving.lot_seller(rows)
        came = calendar.timestamps(stock.lot_at(rows))
        return pl.DataFrame(
            {
                "code": "LOT-9" + pl.Series(rows.index).cast(pl.String).str.zfill(6),
                "supplier_client_id": parties.client_of_seller(rows.of("vendors", seller)).index,
                "vendorId": seller,
                "date": came,
                "createdAt": came,
                "updatedAt": came,
            }
        )
