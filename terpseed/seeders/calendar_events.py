"""`calendar_events`: meetings, quotes to follow up, goods to take in, invoices to remind of."""

from __future__ import annotations

import numpy as np
import polars as pl

from seeding import BaseSeeder, Rows, SeederConfig, only, take
from terpseed.facts import calendar
from terpseed.facts.dealings import appointments
from terpseed.facts.dealings.appointments import EVENTS, MEETINGS, Kind
from terpseed.facts.money import receivables
from terpseed.models import CalendarEvent


class CalendarEventSeeder(BaseSeeder):
    """Past and coming ones; those about quotes and unpaid invoices are mostly in open cells."""

    config = SeederConfig(
        model=CalendarEvent,
        group="appointments",
        dependencies=("clients", "vendors", "users", "calendars", "orders", "purchaseOrders", "invoices"),
        companions=("CalendarEventParticipantSeeder",),
        any_parent=("created_by", "assigned_to"),
        record_count=EVENTS,
        pii_fields={"title": "free_text", "description": "free_text", "location": "free_text"},
        not_pii=("start_time", "end_time", "timezone", "entity_type", "metadata", "auto_generation_rule"),
    )

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        """The columns of `calendar_events`."""
        kind, clients = appointments.kind(rows), appointments.client(rows)
        intake, reminder = kind == Kind.INTAKE, kind == Kind.REMINDER
        day, organizer = calendar.dates(appointments.day(rows)), appointments.organizer(rows)
        starts, ends = appointments.starts_at(rows), appointments.ends_at(rows)
        return pl.DataFrame(
            {
                "title": appointments.title(rows),
                "description": appointments.description(rows),
                "location": appointments.location(rows),
                "start_date": day,
                "end_date": day,
                "start_time": appointments.clock(starts),
                "end_time": only(appointments.clock(ends), ~reminder),
                "timezone": pl.repeat(appointments.TIMEZONE, len(rows), eager=True),
                "module": appointments.said(rows, "module"),
                "event_type": appointments.said(rows, "type"),
                "status": appointments.status(rows),
                "priority": appointments.said(rows, "priority"),
                "entity_type": only(take(("client", "invoice"), reminder.astype(np.int64)), ~intake),
                "entity_id": only(np.where(reminder, receivables.invoice(appointments.order(rows)), clients.index), ~intake),
                "client_id": clients.index,
                "vendor_id": only(appointments.supplier(rows).index, intake),
                "calendar_id": appointments.calendar_index(rows),
                "created_by": organizer,
                "assigned_to": organizer,
                "visibility": appointments.said(rows, "visibility"),
                "is_auto_generated": reminder,
                "auto_generation_rule": only(pl.repeat("payment_due_reminder", len(rows), eager=True), reminder),
                "version": 1 + np.isin(kind, MEETINGS[:2]),
                "created_at": calendar.timestamps(appointments.written_at(rows)),
                "updated_at": calendar.timestamps(appointments.changed_at(rows)),
            }
        )
