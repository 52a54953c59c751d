"""`sampleLocationHistory`: where each sample went."""

from __future__ import annotations

import polars as pl

from seeding import BaseSeeder, Rows, SeederConfig, take
from terpseed.facts import calendar, staff
from terpseed.facts.goods import samples
from terpseed.facts.goods.samples import HISTORY, PLACES, REQUESTS
from terpseed.models import SampleLocationHistory


class SampleLocationHistorySeeder(BaseSeeder):
    """One per move of a sample: out of the warehouse, directly or through a sales rep, and back if it was returned."""

    config = SeederConfig(
        model=SampleLocationHistory,
        group="samples",
        dependencies=("sampleRequests", "users"),
        record_count=HISTORY,
        pii_fields={"notes": "free_text"},
    )

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        """The columns of `sampleLocationHistory`."""
        cell, entry = HISTORY.locate(rows.index)
        requests = rows.of("sampleRequests", cell * len(REQUESTS) + entry[:, 0])
        return pl.DataFrame(
            {
                "sampleRequestId": requests.index,
                "fromLocation": take(PLACES, entry[:, 1]),
                "toLocation": take(PLACES, entry[:, 2]),
                "changedBy": staff.member(rows, "changed by"),
                "changedAt": calendar.timestamps(samples.step_at(requests, entry[:, 3])),
            }
        )
