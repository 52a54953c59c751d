"""`product_images`: pictures of the batches for sale."""

from __future__ import annotations

import numpy as np
import polars as pl

from seeding import BaseSeeder, Rows, SeederConfig
from terpseed.facts import calendar, catalogue, cells, staff
from terpseed.facts.goods import pictures, stock
from terpseed.facts.sales import serving
from terpseed.models import ProductImage

_FOR_SALE = np.flatnonzero(stock.STATUS == "LIVE").tolist()
PHOTOGRAPHED = cells.Layout.of(closed=_FOR_SALE, opened=_FOR_SALE)
"""The place of the batch."""


class ProductImageSeeder(BaseSeeder):
    """One per batch that was put on sale: a drawing, which loads without a server."""

    config = SeederConfig(
        model=ProductImage,
        group="inventory",
        dependencies=("batches", "products", "users"),
        record_count=PHOTOGRAPHED,
        not_pii=("image_url", "thumbnail_url", "caption"),
        version=2,
    )

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        """The columns of `product_images`."""
        cell, entry = PHOTOGRAPHED.locate(rows.index)
        batches = rows.of("batches", cell * cells.BATCHES + entry[:, 0])
        products = serving.product(batches)
        picture = pictures.picture(products)
        return pl.DataFrame(
            {
                "batch_id": batches.index,
                "product_id": products.index,
                "image_url": picture,
                "thumbnail_url": picture,
                "caption": catalogue.product_name(products),
                "is_primary": np.ones(len(rows), dtype=bool),
                "uploaded_by": staff.member(rows, "uploaded by"),
                "uploaded_at": calendar.timestamps(
                    calendar.later(stock.received_at(batches), rows.integers("shot", 300, 3_600))
                ),
            }
        )
