"""Keys that no server counts, and what names them without the server's knowledge."""

from __future__ import annotations

import uuid

from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models

from seeding.schema.references import ReferencingJSONField


class Code(models.Model):
    """Its key is a text."""

    code = models.CharField(max_length=40, primary_key=True)
    name = models.CharField(max_length=40)


class Emblem(models.Model):
    """Its key is a text as well, beside values that have none."""

    code = models.CharField(max_length=40, primary_key=True)
    picture = models.BinaryField()
    factor = models.FloatField()


class Token(models.Model):
    """Its key is a UUID."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    label = models.CharField(max_length=40)
    code = models.ForeignKey(Code, models.PROTECT, null=True)
    before = models.ForeignKey("self", models.SET_NULL, null=True)


class Slot(models.Model):
    """Its key is an integer made by hand."""

    number = models.BigIntegerField(primary_key=True)
    label = models.CharField(max_length=40)
    at = models.DateTimeField()


class Mention(models.Model):
    """Names rows of each without a constraint."""

    token = models.ForeignKey(Token, models.DO_NOTHING, null=True, db_constraint=False)
    code = models.ForeignKey(Code, models.DO_NOTHING, null=True, db_constraint=False)
    held = ReferencingJSONField(targets={"slot": "strangers.Slot"}, null=True)


class Remark(models.Model):
    """About anything, by a number."""

    content_type = models.ForeignKey(ContentType, models.CASCADE)
    object_id = models.PositiveIntegerField()
    about = GenericForeignKey()


class Label(models.Model):
    """About anything, by a text."""

    content_type = models.ForeignKey(ContentType, models.CASCADE)
    object_id = models.CharField(max_length=60)
    about = GenericForeignKey()
