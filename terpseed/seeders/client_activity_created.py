"""`client_activity`, source CREATED: when each client was entered."""

from __future__ import annotations

import polars as pl

from seeding import BaseSeeder, Rows, SeederConfig
from terpseed.facts import calendar, cells, parties, staff
from terpseed.models import ClientActivity


class ClientCreatedSeeder(BaseSeeder):
    """One per client."""

    config = SeederConfig(
        model=ClientActivity,
        group="conversations",
        dependencies=("clients", "users"),
        any_parent=("user_id",),
        record_count=cells.per_cell(cells.CLIENTS),
        not_pii=("metadata",),
    )

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        """The columns of `client_activity`."""
        clients = rows.of("clients", rows.index)
        return pl.DataFrame(
            {
                "client_id": clients.index,
                "user_id": staff.member(rows, "by"),
                "activity_type": pl.repeat("CREATED", len(rows), eager=True),
                "created_at": calendar.timestamps(parties.joined_at(clients)),
            }
        )
