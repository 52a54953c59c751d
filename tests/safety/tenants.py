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


class Account(models.Model):
    """A tenant."""

    objects: ClassVar[models.Manager[Account]]

    name = models.CharField(max_length=60)

    class Meta:
        managed, app_label, db_table = False, "linked", "accounts"


class Seat(models.Model):
    """Of an account; the next one is of the same account."""

    objects: ClassVar[models.Manager[Seat]]

    account = models.ForeignKey(Account, models.CASCADE)
    code = models.CharField(max_length=20)
    next = models.ForeignKey("Seat", models.SET_NULL, null=True, db_constraint=False)
    stars = models.IntegerField(null=True)

    class Meta:
        managed, app_label, db_table = False, "linked", "seats"


class WholeSeat(models.Model):
    """The same table, as Django declares such a key."""

    pk = models.CompositePrimaryKey("account_id", "id")
    account = models.ForeignKey(Account, models.CASCADE, related_name="+")
    id = models.BigIntegerField()
    next_id = models.BigIntegerField(null=True)
    next = models.ForeignObject(
        "self", models.DO_NOTHING, from_fields=["account_id", "next_id"], to_fields=["account_id", "id"], related_name="+"
    )

    class Meta:
        managed, app_label, db_table = False, "linked", "seats"
