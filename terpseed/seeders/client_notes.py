"""`client_notes`: which note is about which client."""

from __future__ import annotations

import polars as pl

from seeding import BaseSeeder, Rows, SeederConfig
from terpseed.facts import calendar, cells
from terpseed.facts.dealings import conversations
from terpseed.facts.dealings.conversations import NOTED
from terpseed.models import ClientNote


class ClientNoteSeeder(BaseSeeder):
    """One per note: TERP shows one to a client."""

    config = SeederConfig(
        model=ClientNote,
        group="conversations",
        dependencies=("clients", "freeform_notes"),
        record_count=cells.per_cell(len(NOTED)),
    )

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        """The columns of `client_notes`."""
        notes = rows.of("freeform_notes", rows.index)
        return pl.DataFrame(
            {
                "client_id": conversations.noted(notes).index,
                "note_id": notes.index,
                "created_at": calendar.timestamps(conversations.noted_at(notes)),
            }
        )
