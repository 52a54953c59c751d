"""`freeform_notes`: what the staff has noted about clients."""

from __future__ import annotations

import polars as pl

from seeding import BaseSeeder, Rows, SeederConfig
from terpseed.facts import calendar, cells, staff
from terpseed.facts.dealings import conversations
from terpseed.facts.dealings.conversations import NOTE_TEXTS, NOTE_TITLE, NOTED
from terpseed.models import FreeformNote

PARAGRAPHS = [[{"type": "paragraph", "content": [{"type": "text", "text": text}]}] for text in NOTE_TEXTS]
DOCUMENTS = [{"type": "doc", "content": paragraphs} for paragraphs in PARAGRAPHS]
"""As the JSON of TERP's editor."""


class FreeformNoteSeeder(BaseSeeder):
    """One for every second client."""

    config = SeederConfig(
        model=FreeformNote,
        group="conversations",
        dependencies=("users",),
        companions=("ClientNoteSeeder",),
        any_parent=("userId",),
        record_count=cells.per_cell(len(NOTED)),
        pii_fields={"title": "free_text"},
        not_pii=("content", "templateType", "tags", "sharedWith"),
    )

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        """The columns of `freeform_notes`."""
        noted = conversations.noted_at(rows)
        saved = calendar.timestamps(calendar.later(noted, rows.integers("saved", 60, 1_800)))
        return pl.DataFrame(
            {
                "userId": staff.member(rows, "author"),
                "title": pl.repeat(NOTE_TITLE, len(rows), eager=True),
                "content": pl.Series(DOCUMENTS).gather(rows.integers("text", 0, len(NOTE_TEXTS))),
                "createdAt": calendar.timestamps(noted),
                "updatedAt": saved,
                "lastViewedAt": saved,
            }
        )
