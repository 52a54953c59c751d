"""Items, and the many ways in which Django lets a row name one."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.contenttypes.fields import GenericForeignKey, GenericRelation
from django.contrib.contenttypes.models import ContentType
from django.db import models


class Item(models.Model):
    """What is seeded."""

    objects: ClassVar[models.Manager[Item]]

    comments = GenericRelation("Comment")
    name = models.CharField(max_length=40)
    number = models.IntegerField(unique=True)

    def __str__(self) -> str:
        return self.name


class Comment(models.Model):
    """About anything, by a number."""

    objects: ClassVar[models.Manager[Comment]]

    content_type = models.ForeignKey(ContentType, models.CASCADE)
    object_id = models.PositiveBigIntegerField()
    notes = GenericRelation("Note")
    of = GenericForeignKey("content_type", "object_id")


class Note(models.Model):
    """About anything, by a text."""

    objects: ClassVar[models.Manager[Note]]

    content_type = models.ForeignKey(ContentType, models.CASCADE)
    object_id = models.CharField(max_length=40)
    of = GenericForeignKey("content_type", "object_id")


class Shelf(models.Model):
    """Holds items, which no key declares."""

    objects: ClassVar[models.Manager[Shelf]]

    items = models.ManyToManyField(Item, db_constraint=False)


class Label(models.Model):
    """Names an item by its number, which no key declares."""

    objects: ClassVar[models.Manager[Label]]

    item = models.ForeignKey(Item, models.CASCADE, to_field="number", db_constraint=False)


class Tag(models.Model):
    """Joins an item by a column that is no key."""

    objects: ClassVar[models.Manager[Tag]]

    item_key = models.BigIntegerField()
    item = models.ForeignObject(Item, models.DO_NOTHING, from_fields=["item_key"], to_fields=["id"])


class Code(models.Model):
    """Has a key that nothing counts."""

    code = models.CharField(max_length=8, primary_key=True)


class Member(models.Model):
    """Of the application."""

    objects: ClassVar[models.Manager[Member]]

    name = models.CharField(max_length=60)

    class Meta:
        managed, db_table = False, "crew"


class LegacyMember(models.Model):
    """Of the application that it replaces."""

    objects: ClassVar[models.Manager[LegacyMember]]

    name = models.CharField(max_length=60)

    class Meta:
        managed, db_table = False, "Crew"


class AccentedMember(models.Model):
    """Of neither."""

    objects: ClassVar[models.Manager[AccentedMember]]

    name = models.CharField(max_length=60)

    class Meta:
        managed, db_table = False, "crèw"


class Draft(models.Model):
    """Has the key of another row."""

    item = models.OneToOneField(Item, models.CASCADE, primary_key=True)


class Part(models.Model):
    """Of columns that do not keep all of a value."""

    objects: ClassVar[models.Manager[Part]]

    code = models.CharField(max_length=10)
    weight = models.FloatField()
    width = models.FloatField()
    note = models.CharField(max_length=30, null=True)
    made_on = models.DateField()
    sold_on = models.DateField(null=True)
    sold_at = models.DateTimeField(null=True)
    opens = models.TimeField(null=True)
    data = models.JSONField()

    class Meta:
        managed, db_table = False, "parts"
