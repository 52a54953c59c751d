"""`locations`: the zones of the warehouses."""

from __future__ import annotations

import numpy as np
import polars as pl

from seeding import BaseSeeder, RecordCount, Rows, SeederConfig, take
from terpseed.facts import staff
from terpseed.facts.stock import SITES, ZONES
from terpseed.models import Location


class LocationSeeder(BaseSeeder):
    """Every zone of every site, where batches are stored. An existing one is adopted."""

    config = SeederConfig(
        model=Location,
        group="reference_data",
        record_count=RecordCount.fixed(len(SITES) * len(ZONES)),
        natural_key=("site", "zone"),
        production=True,
        not_pii=("site", "zone", "rack", "shelf", "bin"),
    )

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        """The columns of `locations`."""
        site, zone = np.divmod(rows.index, len(ZONES))
        created = staff.founded(rows)
        return pl.DataFrame({"site": take(SITES, site), "zone": take(ZONES, zone), "createdAt": created, "updatedAt": created})
