"""Tables whose keys have more columns than their models': of tenants, and of partitions."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now


class Ticket(models.Model):
    """Of one of many tenants, whose numbers may be those of another's."""

    objects: ClassVar[models.Manager[Ticket]]

    tenant_id = models.IntegerField()
    email = models.CharField(max_length=60)
    first_reply_id = models.BigIntegerField(null=True)

    class Meta:
        managed, app_label, db_table = False, "linked", "tickets"


class Reply(models.Model):
    """To a ticket of the same tenant."""

    objects: ClassVar[models.Manager[Reply]]

    tenant_id = models.IntegerField()
    ticket = models.ForeignKey(Ticket, models.CASCADE, db_constraint=False)
    body = models.CharField(max_length=60)

    class Meta:
        managed, app_label, db_table = False, "linked", "replies"


class Entry(models.Model):
    """At a moment, by which the table is divided."""

    objects: ClassVar[models.Manager[Entry]]

    made_at = models.DateTimeField(db_default=Now())
    region = models.CharField(max_length=20, db_default="Zürich")
    email = models.CharField(max_length=60)

    class Meta:
        managed, app_label, db_table = False, "linked", "entries"
