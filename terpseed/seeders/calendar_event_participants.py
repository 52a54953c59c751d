"""`calendar_event_participants`: who takes part in the meetings."""

from __future__ import annotations

import numpy as np
import polars as pl

from seeding import BaseSeeder, Rows, SeederConfig, take
from terpseed.facts import calendar
from terpseed.facts.dealings import appointments
from terpseed.facts.dealings.appointments import PARTICIPANTS, ROLES
from terpseed.models import CalendarEventParticipant

ANSWERS = ("ACCEPTED", "PENDING", "DECLINED", "TENTATIVE")


class CalendarEventParticipantSeeder(BaseSeeder):
    """Three per meeting: who organizes it, one more who has to be there, and one who may."""

    config = SeederConfig(
        model=CalendarEventParticipant,
        group="appointments",
        dependencies=("calendar_events", "users"),
        record_count=PARTICIPANTS,
    )

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        """The columns of `calendar_event_participants`."""
        events, role, member = appointments.participant(rows)
        answer = np.where(role == 0, 0, np.floor(rows.uniform("answer") * 2 * role).astype(np.int64))
        added = appointments.written_at(events)
        answered = np.where(role == 0, added, calendar.later(added, rows.integers("answered", 300, 7_200)))
        return pl.DataFrame(
            {
                "event_id": events.index,
                "user_id": member,
                "role": take(ROLES, role),
                "response_status": take(ANSWERS, answer),
                "responded_at": calendar.timestamps(answered, answer != ANSWERS.index("PENDING")),
                "added_by": appointments.organizer(events),
                "added_at": calendar.timestamps(added),
            }
        )
