"""`fiscalPeriods`: the months of the books."""

from __future__ import annotations

import polars as pl

from seeding import BaseSeeder, RecordCount, Rows, SeederConfig
from terpseed.facts import calendar, staff
from terpseed.facts.money import books
from terpseed.models import FiscalPeriod


class FiscalPeriodSeeder(BaseSeeder):
    """Two years of months, the current one and the next, all open. An existing period with the same dates is adopted."""

    config = SeederConfig(
        model=FiscalPeriod,
        group="reference_data",
        record_count=RecordCount.fixed(books.PERIODS),
        natural_key=("startDate", "endDate"),
        production=True,
        not_pii=("periodName",),
        version=2,
    )

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        """The columns of `fiscalPeriods`."""
        first = books.period_start(rows, rows.index)
        start = calendar.dates(first)
        created = staff.founded(rows)
        return pl.DataFrame(
            {
                "periodName": start.dt.strftime("%B %Y"),
                "startDate": start,
                "endDate": calendar.dates(calendar.month_end(first)),
                "fiscalYear": start.dt.year(),
                "status": pl.repeat("OPEN", len(rows), eager=True),
                "createdAt": created,
                "updatedAt": created,
            }
        )
