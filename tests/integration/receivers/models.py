"""Customers, and what an application creates when it saves one."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models


class Tag(models.Model):
    """A real row that customers are joined with."""

    objects: ClassVar[models.Manager[Tag]]
    customer_set: Any

    name = models.CharField(max_length=20, unique=True)


class Customer(models.Model):
    """What is seeded."""

    objects: ClassVar[models.Manager[Customer]]

    name = models.CharField(max_length=40)
    slug = models.CharField(max_length=40, null=True)
    changed_at = models.DateTimeField(auto_now=True)
    tags: models.ManyToManyField[Tag, models.Model] = models.ManyToManyField(Tag)


class Profile(models.Model):
    """One of each customer, under the customer's key."""

    objects: ClassVar[models.Manager[Profile]]

    customer = models.OneToOneField(Customer, models.CASCADE, primary_key=True)
    text = models.CharField(max_length=40)


class Wallet(models.Model):
    """Some of each customer, under keys of their own."""

    objects: ClassVar[models.Manager[Wallet]]

    customer = models.ForeignKey(Customer, models.CASCADE)
    code = models.CharField(max_length=40, unique=True, null=True)


class Mention(models.Model):
    """Of a customer, as no key declares."""

    objects: ClassVar[models.Manager[Mention]]

    customer = models.ForeignKey(Customer, models.CASCADE, db_constraint=False)


class Line(models.Model):
    """A line of a log, which refers to nothing."""

    objects: ClassVar[models.Manager[Line]]

    text = models.CharField(max_length=40)


class Total(models.Model):
    """A real row that receivers count in."""

    objects: ClassVar[models.Manager[Total]]

    count = models.IntegerField(default=0)


class Ticket(models.Model):
    """Its key is a text."""

    objects: ClassVar[models.Manager[Ticket]]

    code = models.CharField(max_length=20, primary_key=True)


class Loose(models.Model):
    """Its table has no primary key."""

    objects: ClassVar[models.Manager[Loose]]

    number = models.BigIntegerField(primary_key=True)
