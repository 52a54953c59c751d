"""One model per trait: kinds of key, of reference, of column, of constraint."""

from __future__ import annotations

import base64
import secrets
import uuid
from typing import Any

from django.contrib.auth.models import User
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinLengthValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower, Upper
from django.utils import timezone
from django.utils.translation import gettext_lazy


class Sealed(models.TextField):  # type: ignore[type-arg]  # as projects write it
    """Encrypted, as it were: a field of a base class that is known."""

    def get_prep_value(self, value: Any) -> Any:
        return None if value is None else base64.b64encode(str(value).encode()).decode()

    def from_db_value(self, value: Any, *_: object) -> Any:
        return None if value is None else base64.b64decode(value).decode()


class Currency(models.Field):  # type: ignore[type-arg]  # as projects write it
    """A field of which only the column's type is known."""

    def db_type(self, connection: Any) -> str:
        return "varchar(3)"

    def to_python(self, value: Any) -> Any:
        if len(value) != 3 or not value.isupper():
            raise ValidationError(value)
        return value


class Empty(models.Model):
    """Nothing but its key."""


class Defaults(models.Model):
    """Every column has a default, and some vary."""

    size = models.IntegerField(default=3)
    token = models.UUIDField(default=uuid.uuid4, unique=True)
    secret = models.CharField(max_length=40, default=secrets.token_hex)
    made = models.DateTimeField(default=timezone.now)
    words = models.CharField(max_length=40, default=gettext_lazy("Default"))


class Country(models.Model):
    """Its key is a short text."""

    code = models.CharField(max_length=2, primary_key=True)


class Port(models.Model):
    """Its key is an integer that nothing counts."""

    number = models.IntegerField(primary_key=True)
    country = models.ForeignKey(Country, models.PROTECT)


class File(models.Model):
    """Its key is a UUID."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=30)


class Lock(models.Model):
    """Its key refers to another row."""

    file = models.OneToOneField(File, models.CASCADE, primary_key=True)


class Place(models.Model):
    """Others inherit from it."""

    name = models.CharField(max_length=30)
    latitude = models.DecimalField(max_digits=9, decimal_places=6)
    longitude = models.FloatField(validators=[MinValueValidator(-180.0), MaxValueValidator(180.0)])


class Inn(Place):
    """Its rows are in two tables."""

    beds = models.PositiveSmallIntegerField()


class Stay(models.Model):
    """Its key has two columns."""

    pk = models.CompositePrimaryKey("place_id", "file_id")
    place = models.ForeignKey(Place, models.CASCADE)
    file = models.ForeignKey(File, models.CASCADE)


class Tag(models.Model):
    """Unique texts, one of them short and one regardless of case."""

    slug = models.SlugField(unique=True)
    short = models.CharField(max_length=3, unique=True)
    word = models.CharField(max_length=30)

    class Meta:
        constraints = (models.UniqueConstraint(Lower("word"), name="specimens_tag_word"),)


class Team(models.Model):
    """In a circle with its members, one side of which is optional."""

    name = models.CharField(max_length=30, unique=True)
    lead = models.ForeignKey("Member", models.SET_NULL, null=True, blank=True, related_name="+")


class Member(models.Model):
    """A person; refers to a user and to one of its own."""

    team = models.ForeignKey(Team, models.CASCADE)
    user = models.OneToOneField(User, models.CASCADE)
    chief = models.ForeignKey("self", models.SET_NULL, null=True, blank=True)
    email = models.EmailField(unique=True)
    friends = models.ManyToManyField("self", blank=True)
    tags = models.ManyToManyField(Tag, through="Labelling")


class Labelling(models.Model):
    """Between two others, with columns of its own."""

    member = models.ForeignKey(Member, models.CASCADE)
    tag = models.ForeignKey(Tag, models.CASCADE, to_field="slug")
    weight = models.IntegerField(choices=[(1, "light"), (2, "heavy")])

    class Meta:
        unique_together = (("member", "tag"),)


class Post(models.Model):
    """Columns of every kind that Django has."""

    state = models.IntegerField(choices=[(7, "new"), (9, "old")])
    mood = models.CharField(max_length=9, choices=[("Good", [("gay", "gay")]), ("sad", "sad")])
    contact = models.EmailField()
    link = models.URLField(unique=True)
    price = models.DecimalField(max_digits=6, decimal_places=2, validators=[MinValueValidator(500)])
    share = models.FloatField()
    number = models.UUIDField(unique=True, null=True, blank=True)
    secret = Sealed()
    currency = Currency()
    address = models.GenericIPAddressField()
    length = models.DurationField()
    starts = models.TimeField()
    day = models.DateField()
    seen = models.DateTimeField(null=True)
    data = models.BinaryField()
    small = models.SmallIntegerField()
    huge = models.BigIntegerField()
    sure = models.BooleanField()
    maybe = models.BooleanField(null=True)
    body = models.TextField(validators=[MinLengthValidator(5)])
    details = models.JSONField(default=dict)
    listed = models.JSONField(default=list, blank=True)
    slogan = models.CharField(max_length=50, blank=True)
    shouted = models.GeneratedField(expression=Upper("slogan"), output_field=models.CharField(max_length=50), db_persist=True)
    tags = models.ManyToManyField(Tag)


class Upload(models.Model):
    """Holds a file."""

    file = models.FileField(upload_to="specimens")


class Ruled(models.Model):
    """Unique keys under conditions, and CHECKs."""

    code = models.CharField(max_length=9, validators=[RegexValidator("^[A-Z]{3}[0-9]+$")])
    kind = models.CharField(max_length=5)
    low = models.IntegerField()
    high = models.IntegerField()
    post = models.ForeignKey(Post, models.CASCADE, null=True, blank=True)
    file = models.ForeignKey(File, models.CASCADE, null=True, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["code"], condition=Q(kind="a"), name="specimens_ruled_code"),
            models.CheckConstraint(condition=Q(kind__in=("a", "b")), name="specimens_ruled_kind"),
            models.CheckConstraint(condition=Q(low__lt=F("high")), name="specimens_ruled_order"),
            models.CheckConstraint(condition=Q(post=None) | Q(file=None), name="specimens_ruled_either"),
        )


class Remark(models.Model):
    """About any row."""

    kind = models.ForeignKey(ContentType, models.CASCADE)
    number = models.PositiveIntegerField()
    about = GenericForeignKey("kind", "number")
    words = models.TextField()


class Named(models.Model):
    """Its `__str__` reads what it refers to."""

    member = models.ForeignKey(Member, models.CASCADE)
    starts_on = models.DateField()
    ends_on = models.DateField()

    def __str__(self) -> str:
        return f"{self.member.team.name}: {self.member.user.get_username()}"

    def clean(self) -> None:
        if self.ends_on < self.starts_on:
            raise ValidationError("The end comes first.")


class Visitor(Member):
    """A proxy: no table of its own."""

    class Meta:
        proxy = True


class Session(models.Model):
    """Left out by its name."""

    key = models.CharField(max_length=40)
