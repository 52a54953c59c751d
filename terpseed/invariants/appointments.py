"""Calendars: who sees them, and that events are with whom and about what they say."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import TruncDate

from seeding import Seeded, invariant, unless
from terpseed.invariants.time import WEEKEND
from terpseed.models import (
    Calendar,
    CalendarEvent,
    CalendarEventParticipant,
    CalendarUserAccess,
    Client,
    Invoice,
    Vendor,
)

OPENS, CLOSES = "09:00:00", "16:00:00"
"""In California; events say so."""


@invariant(Calendar, CalendarUserAccess)
def a_calendars_owner_administers_it(seeded: Seeded) -> QuerySet[Any]:
    """The owner has the access that TERP gives to who creates a calendar."""
    access = CalendarUserAccess.objects.filter(calendar=OuterRef("pk"), user=OuterRef("owner_id"), access_level="admin")
    return unless(seeded.rows, Exists(access))


@invariant(CalendarEvent)
def an_event_is_in_business_hours(seeded: Seeded) -> QuerySet[Any]:
    """One weekday, from 9 to 16 h in California; it was entered on that day or before."""
    times = Q(start_time__gte=OPENS, start_time__lt=CLOSES)
    ends = Q(end_time=None) | Q(end_time__gt=F("start_time"), end_time__lte=CLOSES)
    days = Q(end_date=F("start_date"), start_date__gte=TruncDate("created_at")) & ~Q(start_date__week_day__in=WEEKEND)
    return unless(seeded.rows, times & ends & days & Q(timezone="America/Los_Angeles"))


@invariant(CalendarEvent, Client)
def an_event_is_with_a_client_that_had_come(seeded: Seeded) -> QuerySet[Any]:
    """The client came before the event was entered; an event of a client is with that one."""
    same = ~Q(entity_type="client") | Q(entity_id=F("client"))
    return unless(seeded.rows, same & Q(client__created_at__lte=F("created_at"), updated_at__gte=F("created_at")))


@invariant(CalendarEvent, Client, Vendor)
def goods_are_taken_in_from_the_client_that_sells_them(seeded: Seeded) -> QuerySet[Any]:
    """The vendor and the client of an intake are the same party; no other event has a vendor."""
    intake = Q(event_type="INTAKE", vendor__name=F("client__name"), client__is_seller=True)
    return unless(seeded.rows, intake | (~Q(event_type="INTAKE") & Q(vendor=None)))


@invariant(CalendarEvent, Client, Invoice)
def a_reminder_is_of_an_invoice(seeded: Seeded) -> QuerySet[Any]:
    """Between the invoice and its due date, its client is reminded of it; nothing else refers to an invoice."""
    invoices = Invoice.objects.filter(
        pk=OuterRef("entity_id"),
        customer=OuterRef("client_id"),
        invoiceDate__lte=OuterRef("start_date"),
        dueDate__gt=OuterRef("start_date"),
    )
    reminder = Q(event_type="PAYMENT_DUE", entity_type="invoice", is_auto_generated=True) & Exists(invoices)
    other = ~Q(event_type="PAYMENT_DUE") & (Q(entity_type=None) | ~Q(entity_type="invoice"))
    return unless(seeded.rows, reminder | (other & Q(is_auto_generated=False)))


@invariant(CalendarEvent)
def an_events_state_follows_from_its_day(seeded: Seeded) -> QuerySet[Any]:
    """What is done or cancelled is past; meetings, calls and intakes that are scheduled are yet to come."""
    past = Q(status__in=("COMPLETED", "CANCELLED", "IN_PROGRESS"), start_date__lt=seeded.as_of)
    coming = Q(status="SCHEDULED") & (Q(event_type="PAYMENT_DUE") | Q(start_date__gte=seeded.as_of))
    return unless(seeded.rows, past | coming)


@invariant(CalendarEvent, CalendarEventParticipant)
def a_meeting_has_its_organizer(seeded: Seeded) -> QuerySet[Any]:
    """Who has entered a meeting organizes it, and somebody else has to be there."""
    parts = CalendarEventParticipant.objects.filter(event=OuterRef("pk"))
    organized = Exists(parts.filter(role="ORGANIZER", user=OuterRef("created_by"), response_status="ACCEPTED"))
    return unless(seeded.rows.filter(event_type="MEETING"), organized & Exists(parts.filter(role="REQUIRED")))


@invariant(CalendarEventParticipant, CalendarEvent)
def a_participant_answers_after_being_asked(seeded: Seeded) -> QuerySet[Any]:
    """Added when the event was entered, or later; answered after that, or not yet; nobody but its organizer organizes it."""
    answered = Q(responded_at__gte=F("added_at")) & ~Q(response_status="PENDING")
    waiting = Q(responded_at=None, response_status="PENDING")
    role = ~Q(role="ORGANIZER") | Q(user=F("event__created_by"))
    return unless(seeded.rows, (answered | waiting) & role & Q(added_at__gte=F("event__created_at")))
