"""`sequences`: the counters for the codes that TERP itself generates."""

from __future__ import annotations

import numpy as np
import polars as pl

from seeding import BaseSeeder, RecordCount, Rows, SeederConfig, take
from terpseed.facts import staff
from terpseed.models import Sequence

SEQUENCES = (
    ("lot_code", "LOT-", 1_000),
    ("batch_code", "BATCH-", 1_000),
    ("invoice_number", "INV-", 0),
    ("bill_number", "BILL-", 0),
)
"""Name, prefix, and the value before the first code."""


class SequenceSeeder(BaseSeeder):
    """One per code. An existing counter is adopted and never advanced: seeded codes are in a range that it never reaches.

    A counter that TERP has advanced since is TERP's own, and rollback keeps it.
    """

    config = SeederConfig(
        model=Sequence,
        group="reference_data",
        record_count=RecordCount.fixed(len(SEQUENCES)),
        natural_key=("name",),
        keep_modified=True,
        production=True,
        not_pii=("name", "prefix"),
        version=2,
    )

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        """The columns of `sequences`."""
        created = staff.founded(rows)
        return pl.DataFrame(
            {
                "name": take([name for name, _, _ in SEQUENCES], rows.index),
                "prefix": take([prefix for _, prefix, _ in SEQUENCES], rows.index),
                "currentValue": np.array([value for _, _, value in SEQUENCES])[rows.index],
                "createdAt": created,
                "updatedAt": created,
            }
        )
