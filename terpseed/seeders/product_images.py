"""`product_images`: photographs of the batches for sale."""

from __future__ import annotations

import numpy as np
import polars as pl

from seeding import BaseSeeder, Rows, SeederConfig, numerals
from terpseed.facts import calendar, catalogue, cells, staff, stock, trade
from terpseed.models import ProductImage

_FOR_SALE = np.flatnonzero(stock.STATUS == "LIVE").tolist()
PHOTOGRAPHED = cells.Layout.of(closed=_FOR_SALE, opened=_FOR_SALE)
"""The place of the batch."""


class ProductImageSeeder(BaseSeeder):
    """One per batch that was put on sale, at a reserved domain where no host answers (RFC 2606)."""

    config = SeederConfig(
        model=ProductImage,
        group="inventory",
        dependencies=("batches", "products", "users"),
        record_count=PHOTOGRAPHED,
        not_pii=("image_url", "thumbnail_url", "caption"),
    )

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        """The columns of `product_images`."""
        cell, entry = PHOTOGRAPHED.locate(rows.index)
        batches = rows.of("batches", cell * cells.BATCHES + entry[:, 0])
        products = trade.product(batches)
        picture = "https://images.example.com/batches/" + numerals(batches.index, 7)
        return pl.DataFrame(
            {
                "batch_id": batches.index,
                "product_id": products.index,
                "image_url": picture + ".jpg",
                "thumbnail_url": picture + "-small.jpg",
                "caption": catalogue.product_name(products),
                "is_primary": np.ones(len(rows), dtype=bool),
                "uploaded_by": staff.member(rows, "uploaded by"),
                "uploaded_at": calendar.timestamps(
                    calendar.later(stock.received_at(batches), rows.integers("shot", 300, 3_600))
                ),
            }
        )
