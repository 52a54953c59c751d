"""`strains`: the varieties that products are made of."""

from __future__ import annotations

import numpy as np
import polars as pl

from seeding import BaseSeeder, Rows, SeederConfig
from terpseed.facts import calendar, catalogue, cells
from terpseed.models import Strain


class StrainSeeder(BaseSeeder):
    """Five per cell; the last is a cross of the first. An existing strain with the same name is adopted."""

    config = SeederConfig(
        model=Strain,
        group="catalogue",
        record_count=cells.per_cell(cells.STRAINS),
        capacity=catalogue.STRAIN_CAPACITY,
        natural_key=("name",),
        not_pii=(
            "name",
            "standardizedName",
            "aliases",
            "category",
            "description",
            "openthcId",
            "openthcStub",
            "baseStrainName",
        ),
        version=2,
    )

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        """The columns of `strains`."""
        name = catalogue.strain_name(rows)
        place = rows.index % cells.STRAINS
        child = place == cells.STRAINS - 1
        parent = rows.of("strains", rows.index - place)
        created = calendar.timestamps(calendar.moment(rows, "created", catalogue.STRAIN_AGE - child))
        return pl.DataFrame(
            {
                "name": name,
                "standardizedName": name.str.to_lowercase(),
                "category": catalogue.kind(rows),
                "parentStrainId": pl.Series(np.where(child, parent.index, -1)).replace(-1, None),
                "baseStrainName": catalogue.strain_name(parent).zip_with(pl.Series(child), name),
                "createdAt": created,
                "updatedAt": created,
            }
        )
