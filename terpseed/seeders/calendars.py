"""`calendars`: one for each department."""

from __future__ import annotations

import polars as pl

from seeding import BaseSeeder, RecordCount, Rows, SeederConfig, take
from terpseed.facts import staff
from terpseed.facts.dealings.appointments import CALENDARS
from terpseed.models import Calendar


class CalendarSeeder(BaseSeeder):
    """Three; which one is the default, somebody chooses in TERP. An existing one with the same name is adopted."""

    config = SeederConfig(
        model=Calendar,
        group="appointments",
        dependencies=("users",),
        companions=("CalendarUserAccessSeeder",),
        any_parent=("owner_id",),
        record_count=RecordCount.fixed(len(CALENDARS)),
        natural_key=("name",),
        pii_fields={"description": "free_text"},
        not_pii=("name", "color", "type"),
    )

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        """The columns of `calendars`."""
        descriptions, colors = zip(*CALENDARS.values(), strict=True)
        created = staff.founded(rows)
        return pl.DataFrame(
            {
                "name": take(tuple(CALENDARS), rows.index),
                "description": take(descriptions, rows.index),
                "color": take(colors, rows.index),
                "owner_id": rows.index % staff.STAFF,
                "created_at": created,
                "updated_at": created,
            }
        )
