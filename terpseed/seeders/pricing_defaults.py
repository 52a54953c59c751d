"""`pricing_defaults`: the margin of every product category, and TERP's two fallbacks."""

from __future__ import annotations

import numpy as np
import polars as pl

from seeding import BaseSeeder, RecordCount, Rows, SeederConfig, decimals, take
from terpseed.facts import staff
from terpseed.facts.catalogue import MARGINS
from terpseed.models import PricingDefault


class PricingDefaultSeeder(BaseSeeder):
    """TERP cannot finalise an order without these rows. An existing category is left unchanged."""

    config = SeederConfig(
        model=PricingDefault,
        group="reference_data",
        record_count=RecordCount.fixed(len(MARGINS)),
        natural_key=("product_category",),
        production=True,
        not_pii=("product_category",),
        version=2,
    )

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        """The columns of `pricing_defaults`."""
        percent = np.array(list(MARGINS.values()))[rows.index]
        created = staff.founded(rows)
        return pl.DataFrame(
            {
                "product_category": take(list(MARGINS), rows.index),
                "default_margin_percent": decimals(percent * 100, 2),
                "created_at": created,
                "updated_at": created,
            }
        )
