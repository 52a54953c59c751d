"""Countries, and tables that refer to them by a code or a number instead of the primary key."""

from __future__ import annotations

from django.db import models


class Country(models.Model):
    """What the others refer to."""

    iso = models.CharField(max_length=8, unique=True)
    number = models.IntegerField(unique=True)
    area = models.DecimalField(max_digits=8, decimal_places=2, unique=True, null=True)
    name = models.CharField(max_length=40)


class City(models.Model):
    """By the number, with a foreign key."""

    country = models.ForeignKey(Country, models.CASCADE, to_field="number")


class Airport(models.Model):
    """By the number, which no key declares."""

    country = models.ForeignKey(Country, models.CASCADE, to_field="number", db_constraint=False)


class Port(models.Model):
    """By the code, with a foreign key, or by nothing."""

    country = models.ForeignKey(Country, models.CASCADE, to_field="iso", null=True)


class Route(models.Model):
    """By the code, which no key declares."""

    country = models.ForeignKey(Country, models.CASCADE, to_field="iso", db_constraint=False)


class Capital(models.Model):
    """One of each country."""

    country = models.OneToOneField(Country, models.CASCADE, to_field="iso")


class Mayor(models.Model):
    """Of a capital, by the code of its country."""

    capital = models.ForeignKey(Capital, models.CASCADE, to_field="country")


class Region(models.Model):
    """Part of another region, by its code."""

    code = models.CharField(max_length=20, unique=True)
    within = models.ForeignKey("self", models.CASCADE, to_field="code", null=True)


class Survey(models.Model):
    """By a decimal."""

    country = models.ForeignKey(Country, models.CASCADE, to_field="area")
