"""Tickets that copy the name of their customer, and name their category by its code."""

from __future__ import annotations

from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models


class Category(models.Model):
    """Others name it by its code."""

    code = models.CharField(max_length=20, unique=True)
    title = models.CharField(max_length=40)


class Customer(models.Model):
    """Somebody."""

    name = models.CharField(max_length=60)


class Ticket(models.Model):
    """Of a customer."""

    customer = models.ForeignKey(Customer, models.DO_NOTHING, null=True, db_constraint=False)
    category = models.ForeignKey(Category, models.DO_NOTHING, to_field="code", db_constraint=False)
    subject = models.CharField(max_length=40)
    contact = models.CharField(max_length=60)
    customer_name = models.CharField(max_length=60, default="", blank=True)
    status = models.CharField(max_length=20)


class Call(models.Model):
    """About a ticket, which it names by two columns, as only this model says."""

    subject = models.CharField(max_length=40)
    status = models.CharField(max_length=20)
    about = models.ForeignObject(Ticket, models.DO_NOTHING, from_fields=["subject", "status"], to_fields=["subject", "status"])


class Remark(models.Model):
    """About anything, by a text."""

    content_type = models.ForeignKey(ContentType, models.CASCADE)
    object_id = models.CharField(max_length=20)
    about = GenericForeignKey()


class Subscription(models.Model):
    """Under an address that is its key."""

    email = models.EmailField(primary_key=True)
    customer = models.ForeignKey(Customer, models.DO_NOTHING, db_constraint=False)


class Shown(models.Manager["Letter"]):
    """What nobody has thrown away."""

    def get_queryset(self) -> models.QuerySet[Letter]:
        """Without the rest, in every query of Django's own as well."""
        return super().get_queryset().filter(thrown_away=False)


class Letter(models.Model):
    """Somebody's, with a file, and hidden once it is thrown away."""

    writer = models.CharField(max_length=60)
    text = models.JSONField()
    thrown_away = models.BooleanField(default=False)

    objects = Shown()

    class Meta:
        base_manager_name = "objects"


class Visit(models.Model):
    """In few words."""

    status = models.CharField(max_length=20)
    reason = models.CharField(max_length=60)
    amount = models.IntegerField()
