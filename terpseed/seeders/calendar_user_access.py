"""`calendar_user_access`: who sees which calendar."""

from __future__ import annotations

import numpy as np
import polars as pl

from seeding import BaseSeeder, RecordCount, Rows, SeederConfig, take
from terpseed.facts import staff
from terpseed.facts.dealings.appointments import CALENDARS
from terpseed.models import CalendarUserAccess


class CalendarUserAccessSeeder(BaseSeeder):
    """The staff edits every calendar; its owner administers it."""

    config = SeederConfig(
        model=CalendarUserAccess,
        group="appointments",
        dependencies=("calendars", "users"),
        record_count=RecordCount.fixed(len(CALENDARS) * staff.STAFF),
        not_pii=("access_level",),
    )

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        """The columns of `calendar_user_access`."""
        calendars, member = np.divmod(rows.index, staff.STAFF)
        created = staff.founded(rows)
        return pl.DataFrame(
            {
                "calendar_id": calendars,
                "user_id": member,
                "access_level": take(("edit", "admin"), (member == calendars % staff.STAFF).astype(np.int64)),
                "created_at": created,
                "updated_at": created,
            }
        )
