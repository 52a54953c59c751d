"""A model per kind of primary key, and references of every kind to and from each."""

from __future__ import annotations

import uuid

from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models


class Country(models.Model):
    """Its key is a text, and what is known by it."""

    code = models.CharField(max_length=8, primary_key=True)
    name = models.CharField(max_length=40)


class Depot(models.Model):
    """Its key is a UUID."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.SlugField(unique=True)
    country = models.ForeignKey(Country, models.PROTECT)


class Inspection(models.Model):
    """Its key refers to a depot: a UUID."""

    depot = models.OneToOneField(Depot, models.CASCADE, primary_key=True)
    grade = models.IntegerField()


class Customer(models.Model):
    """Its key is counted."""

    email = models.CharField(max_length=60)
    country = models.ForeignKey(Country, models.SET_NULL, null=True)
    depots = models.ManyToManyField(Depot)


class Wholesaler(Customer):
    """Its rows are in two tables, and the key of this one refers to the other."""

    licence = models.CharField(max_length=20, unique=True)


class Chain(Wholesaler):
    """In three."""

    shops = models.IntegerField()


class Profile(models.Model):
    """Its key refers to a customer: an integer that nothing counts here."""

    customer = models.OneToOneField(Customer, models.CASCADE, primary_key=True)
    bio = models.CharField(max_length=40)


class Bay(models.Model):
    """Its key is an integer made by hand."""

    number = models.IntegerField(primary_key=True)
    depot = models.ForeignKey(Depot, models.CASCADE, to_field="slug")


class Parcel(models.Model):
    """Its key is a UUID; refers to rows with keys of each kind, and to one of its own."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    first = models.ForeignKey("self", models.SET_NULL, null=True)
    depot = models.ForeignKey(Depot, models.CASCADE)
    bay = models.ForeignKey(Bay, models.CASCADE, null=True)
    profile = models.ForeignKey(Profile, models.CASCADE)
    grams = models.IntegerField()
    updated_at = models.DateTimeField(auto_now=True)


class Line(models.Model):
    """Its key has two columns, one of which refers to a parcel."""

    pk = models.CompositePrimaryKey("parcel_id", "place")
    parcel = models.ForeignKey(Parcel, models.CASCADE)
    place = models.IntegerField()
    words = models.CharField(max_length=40)


class Courier(models.Model):
    """Its key is an integer made by hand; a person."""

    badge = models.IntegerField(primary_key=True)
    email = models.CharField(max_length=60)
    depot = models.ForeignKey(Depot, models.CASCADE)
    chief = models.ForeignKey("self", models.SET_NULL, null=True)


class Account(models.Model):
    """Its key is personal."""

    email = models.CharField(max_length=60, primary_key=True)
    courier = models.ForeignKey(Courier, models.CASCADE, null=True)
    grade = models.IntegerField(default=0)


class Remark(models.Model):
    """About anything; never seeded."""

    content_type = models.ForeignKey(ContentType, models.CASCADE)
    object_id = models.CharField(max_length=40)
    about = GenericForeignKey()
