"""Items, and the many ways in which Django lets a row name one."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.contrib.contenttypes.fields import GenericForeignKey, GenericRelation
from django.contrib.contenttypes.models import ContentType
from django.contrib.postgres.fields import ArrayField, DateRangeField, HStoreField
from django.contrib.postgres.search import SearchVectorField
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


class Level(models.Field):  # type: ignore[type-arg]  # Django's class takes none when the module is run
    """A number, of a type that is not one of Django's."""

    def db_type(self, connection: Any) -> str:
        return "smallint"


class Stamped(models.CharField):  # type: ignore[type-arg]  # the same
    """A text that is made up whenever a row is saved."""

    def pre_save(self, model_instance: models.Model, add: bool) -> str:  # noqa: FBT001
        return "made up"


class Shift(models.Model):
    """Has columns of types that seeders do not fill."""

    objects: ClassVar[models.Manager[Shift]]

    name = models.CharField(max_length=40)
    hours = models.IntegerField()
    rate = models.DecimalField(max_digits=10, decimal_places=2)
    pay = models.GeneratedField(
        expression=models.F("hours") * models.F("rate"),
        output_field=models.DecimalField(max_digits=12, decimal_places=2),
        db_persist=True,
    )
    token = models.UUIDField(default=uuid.uuid4)
    starts = models.TimeField(null=True)
    lasts = models.DurationField(null=True)
    blob = models.BinaryField(null=True)
    ip = models.GenericIPAddressField(null=True)
    level = Level(null=True)
    odd = models.IntegerField(null=True, db_column="it's é")
    grade = models.IntegerField(db_default=7)
    remark = models.CharField(max_length=9, null=True, default="none")
    made_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True, null=True)
    code = Stamped(max_length=20)

    class Meta:
        managed, db_table = False, "shifts"


class Ranged(models.Model):
    """Has columns of types that PostgreSQL alone has."""

    objects: ClassVar[models.Manager[Ranged]]

    name = models.CharField(max_length=40)
    tags = ArrayField(models.CharField(max_length=9), default=list)
    span = DateRangeField(null=True)
    more = HStoreField(null=True)
    words = SearchVectorField(null=True)
    extra = models.JSONField(default=dict)

    class Meta:
        managed, db_table = False, "ranged"


class Place(models.Model):
    """Has a child in a table of its own."""

    name = models.CharField(max_length=20)

    class Meta:
        managed, db_table = False, "places"


class Restaurant(Place):
    """That child."""

    stars = models.IntegerField(default=0)

    class Meta:
        managed, db_table = False, "restaurants"


class Venue(Place):
    """A proxy."""

    class Meta:
        proxy = True


class Visit(models.Model):
    """Refers to a proxy, to a multi-table child, and to another visit, with and without constraint."""

    objects: ClassVar[models.Manager[Visit]]

    venue = models.ForeignKey(Venue, models.CASCADE, db_constraint=False, related_name="visits")
    restaurant = models.ForeignKey(Restaurant, models.CASCADE, null=True, db_constraint=False)
    after = models.ForeignKey("linked.Repeat", models.CASCADE, null=True, related_name="+")

    class Meta:
        managed, db_table = False, "visits"


class Repeat(Visit):
    """A proxy to which the rows of its own table refer."""

    class Meta:
        proxy = True


class Lease(models.Model):
    """Belongs to one place, by its own key."""

    objects: ClassVar[models.Manager[Lease]]

    place = models.OneToOneField(Place, models.CASCADE)

    class Meta:
        managed, db_table = False, "leases"


class Deed(models.Model):
    """Belongs to one place, by the place's key, which no constraint declares."""

    objects: ClassVar[models.Manager[Deed]]

    place = models.OneToOneField(Place, models.CASCADE, primary_key=True, db_constraint=False)

    class Meta:
        managed, db_table = False, "deeds"


class Tour(models.Model):
    """Visits places, with and without constraint, and tours."""

    objects: ClassVar[models.Manager[Tour]]

    title = models.CharField(max_length=20, default="")
    places = models.ManyToManyField(Place)
    venues = models.ManyToManyField(Venue, db_constraint=False, related_name="+")
    tours = models.ManyToManyField("self", symmetrical=False)

    class Meta:
        managed, db_table = False, "tours"


class Remark(models.Model):
    """About anything, by content types that may be another database's."""

    objects: ClassVar[models.Manager[Remark]]

    content_type = models.ForeignKey(ContentType, models.CASCADE, db_constraint=False, null=True)
    object_id = models.PositiveBigIntegerField(null=True)
    of = GenericForeignKey("content_type", "object_id", for_concrete_model=False)
    text = models.CharField(max_length=20, default="")

    class Meta:
        managed, db_table = False, "remarks"
