"""`comments`: what the staff discusses under clients and batches."""

from __future__ import annotations

import numpy as np
import polars as pl

from seeding import BaseSeeder, Rows, SeederConfig, only, take
from terpseed.facts import calendar, cells, staff
from terpseed.facts.dealings import conversations
from terpseed.facts.dealings.conversations import COMMENTS, UNDER
from terpseed.models import Comment


class CommentSeeder(BaseSeeder):
    """Six per cell, half of them under clients; some are settled."""

    config = SeederConfig(
        model=Comment,
        group="conversations",
        dependencies=("clients", "batches", "users"),
        any_parent=("user_id", "resolved_by"),
        record_count=cells.per_cell(len(UNDER)),
        pii_fields={"content": "free_text"},
        not_pii=("commentable_type",),
    )

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        """The columns of `comments`."""
        clients, batches = conversations.commented(rows)
        on_client, resolved = conversations.is_on_client(rows), conversations.is_resolved(rows)
        written, settled = conversations.commented_at(rows), conversations.resolved_at(rows)
        under_client, under_batch = (rows.choose("text", COMMENTS[one]) for one in ("client", "inventory_batch"))
        return pl.DataFrame(
            {
                "commentable_type": take(UNDER, rows.index % len(UNDER)),
                "commentable_id": np.where(on_client, clients.index, batches.index),
                "user_id": staff.member(rows, "by"),
                "content": under_client.zip_with(pl.Series(on_client), under_batch),
                "is_resolved": resolved,
                "resolved_at": calendar.timestamps(settled, resolved),
                "resolved_by": only(staff.member(rows, "resolved by"), resolved),
                "created_at": calendar.timestamps(written),
                "updated_at": calendar.timestamps(np.where(resolved, settled, written)),
            }
        )
