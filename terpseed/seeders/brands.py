"""`brands`: the name under which a supplier sells."""

from __future__ import annotations

import numpy as np
import polars as pl

from seeding import BaseSeeder, Rows, SeederConfig
from terpseed.facts import calendar, catalogue, cells, parties
from terpseed.models import Brand


class BrandSeeder(BaseSeeder):
    """One per supplier, named after it."""

    config = SeederConfig(
        model=Brand,
        group="catalogue",
        dependencies=("vendors",),
        record_count=cells.per_cell(cells.SELLERS),
        pii_fields={"name": "company_name"},
        not_pii=("description",),
        version=2,
    )

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        """The columns of `brands`."""
        company = parties.company_name(parties.client_of_seller(rows))
        created = calendar.timestamps(calendar.moment(rows, "created", np.full(len(rows), catalogue.BRAND_AGE)))
        return pl.DataFrame(
            {
                "name": company + " Reserve",
                "vendorId": rows.index,
                "description": "House brand of " + company,
                "createdAt": created,
                "updatedAt": created,
            }
        )
