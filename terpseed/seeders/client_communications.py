"""`client_communications`: calls, e-mails, meetings and notes."""

from __future__ import annotations

import polars as pl

from seeding import BaseSeeder, Rows, SeederConfig, take
from terpseed.facts import calendar, cells, staff
from terpseed.facts.dealings import conversations
from terpseed.facts.dealings.conversations import COMMUNICATIONS
from terpseed.models import ClientCommunication


class ClientCommunicationSeeder(BaseSeeder):
    """Twelve per cell; the meetings are those that the calendar has."""

    config = SeederConfig(
        model=ClientCommunication,
        group="conversations",
        dependencies=("clients", "users"),
        any_parent=("logged_by",),
        record_count=cells.per_cell(len(COMMUNICATIONS)),
        pii_fields={"subject": "free_text", "notes": "free_text"},
    )

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        """The columns of `client_communications`."""
        talked = conversations.talked_at(rows)
        return pl.DataFrame(
            {
                "client_id": conversations.talked_with(rows).index,
                "communicationType": take(COMMUNICATIONS, rows.index % len(COMMUNICATIONS)),
                "subject": conversations.told(rows, "subject"),
                "notes": conversations.told(rows, "notes"),
                "communicated_at": calendar.timestamps(talked),
                "logged_by": staff.member(rows, "logged by"),
                "created_at": calendar.timestamps(calendar.later(talked, rows.integers("logged", 300, 3_600))),
            }
        )
