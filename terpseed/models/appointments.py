"""Calendars, and what is in them."""

from __future__ import annotations

from django.db import models

from .fields import EnumField, Key, TerpIndex, TextField, TimestampField, TypedReferenceField, Unique


class Calendar(models.Model):
    """A calendar that several people share."""

    id = models.AutoField(primary_key=True)
    name = models.CharField(max_length=255)
    description = TextField(null=True)
    color = models.CharField(max_length=7, db_default="#3B82F6")
    type = models.CharField(max_length=50, db_default="workspace")
    is_default = models.BooleanField(db_default=False)
    is_archived = models.BooleanField(db_default=False)
    owner = Key("User", "owner_id", "calendars_owner_id_users_id_fk", "SET NULL", null=True)
    created_at = TimestampField(now=True)
    updated_at = TimestampField(now=True, on_update=True)

    class Meta:
        managed = False
        db_table = "calendars"
        indexes = (
            TerpIndex("idx_calendars_archived", "is_archived"),
            TerpIndex("idx_calendars_default", "is_default"),
            TerpIndex("idx_calendars_owner", "owner"),
        )

    def __str__(self) -> str:
        return self.name


class CalendarUserAccess(models.Model):
    """Who sees a calendar: TERP lists no other to a user."""

    id = models.AutoField(primary_key=True)
    calendar = Key("Calendar", "calendar_id", "calendar_user_access_calendar_id_calendars_id_fk", "CASCADE")
    user = Key("User", "user_id", "calendar_user_access_user_id_users_id_fk", "CASCADE")
    access_level = models.CharField(max_length=20, db_default="view")
    created_at = TimestampField(now=True)
    updated_at = TimestampField(now=True, on_update=True)

    class Meta:
        managed = False
        db_table = "calendar_user_access"
        indexes = (
            TerpIndex("idx_calendar_access_calendar", "calendar"),
            TerpIndex("idx_calendar_access_user", "user"),
        )
        constraints = (Unique("unique_user_calendar", "calendar", "user"),)

    def __str__(self) -> str:
        return f"{self.access_level} of calendar {self.calendar_id} for user {self.user_id}"


class CalendarEvent(models.Model):
    """An event; its times are those of its own time zone."""

    id = models.AutoField(primary_key=True)
    title = models.CharField(max_length=255)
    description = TextField(null=True)
    location = models.CharField(max_length=500, null=True)
    start_date = models.DateField()
    end_date = models.DateField()
    start_time = models.CharField(max_length=8, null=True)
    end_time = models.CharField(max_length=8, null=True)
    timezone = models.CharField(max_length=50, null=True)
    is_floating_time = models.BooleanField(db_default=False)
    module = EnumField("INVENTORY", "ACCOUNTING", "CLIENTS", "VENDORS", "ORDERS", "SAMPLES", "COMPLIANCE", "GENERAL")
    event_type = EnumField(
        "MEETING",
        "DEADLINE",
        "TASK",
        "DELIVERY",
        "PAYMENT_DUE",
        "FOLLOW_UP",
        "AUDIT",
        "INTAKE",
        "PHOTOGRAPHY",
        "BATCH_EXPIRATION",
        "RECURRING_ORDER",
        "SAMPLE_REQUEST",
        "OTHER",
        "AR_COLLECTION",
        "AP_PAYMENT",
    )
    status = EnumField("SCHEDULED", "IN_PROGRESS", "COMPLETED", "CANCELLED", db_default="SCHEDULED")
    priority = EnumField("LOW", "MEDIUM", "HIGH", "URGENT", db_default="MEDIUM")
    is_recurring = models.BooleanField(db_default=False)
    entity_type = models.CharField(max_length=50, null=True)
    entity_id = TypedReferenceField(
        kind="entity_type", targets={"client": "terpseed.Client", "invoice": "terpseed.Invoice"}, null=True
    )
    client = Key("Client", "client_id", "calendar_events_client_id_clients_id_fk", "SET NULL", null=True)
    vendor = Key("Vendor", "vendor_id", "calendar_events_vendor_id_vendors_id_fk", "SET NULL", null=True)
    calendar = Key("Calendar", "calendar_id", null=True)
    metadata = models.JSONField(null=True)
    created_by = Key("User", "created_by", "calendar_events_created_by_users_id_fk")
    assigned_to = Key("User", "assigned_to", "calendar_events_assigned_to_users_id_fk", null=True)
    visibility = EnumField("PRIVATE", "TEAM", "COMPANY", "PUBLIC", db_default="COMPANY")
    is_auto_generated = models.BooleanField(db_default=False)
    auto_generation_rule = models.CharField(max_length=100, null=True)
    version = models.IntegerField(db_default=1)
    created_at = TimestampField(now=True)
    updated_at = TimestampField(now=True, on_update=True)
    deleted_at = TimestampField(null=True)

    class Meta:
        managed = False
        db_table = "calendar_events"
        indexes = (
            TerpIndex("idx_calendar_assigned", "assigned_to"),
            TerpIndex("idx_calendar_created_by", "created_by"),
            TerpIndex("idx_calendar_date_range", "start_date", "end_date"),
            TerpIndex("idx_calendar_entity", "entity_type", "entity_id"),
            TerpIndex("idx_calendar_events_calendar_id", "calendar"),
            TerpIndex("idx_calendar_events_client_id", "client"),
            TerpIndex("idx_calendar_events_vendor_id", "vendor"),
            TerpIndex("idx_calendar_module", "module"),
            TerpIndex("idx_calendar_status", "status"),
        )

    def __str__(self) -> str:
        return self.title


class CalendarEventParticipant(models.Model):
    """Who takes part in an event."""

    id = models.AutoField(primary_key=True)
    event = Key("CalendarEvent", "event_id", "calendar_event_participants_event_id_calendar_events_id_fk", "CASCADE")
    user = Key("User", "user_id", "calendar_event_participants_user_id_users_id_fk", "CASCADE")
    role = EnumField("ORGANIZER", "REQUIRED", "OPTIONAL", "OBSERVER", db_default="REQUIRED")
    response_status = EnumField("PENDING", "ACCEPTED", "DECLINED", "TENTATIVE", db_default="PENDING")
    responded_at = TimestampField(null=True)
    notify_on_creation = models.BooleanField(db_default=True)
    notify_on_update = models.BooleanField(db_default=True)
    added_by = Key("User", "added_by", "calendar_event_participants_added_by_users_id_fk")
    added_at = TimestampField(now=True)

    class Meta:
        managed = False
        db_table = "calendar_event_participants"
        indexes = (
            TerpIndex("calendar_event_participants_added_by_users_id_fk", "added_by"),
            TerpIndex("idx_participant_user", "user"),
        )
        constraints = (Unique("idx_participant_event_user", "event", "user"),)

    def __str__(self) -> str:
        return f"{self.role} of event {self.event_id}"
