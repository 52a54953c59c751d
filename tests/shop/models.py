"""Products, and what people say about them."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class Product(models.Model):
    """Something to buy."""

    name = models.CharField(max_length=80, unique=True)
    price = models.DecimalField(max_digits=8, decimal_places=2)
    stars = models.FloatField(null=True)

    objects: ClassVar[models.Manager[Product]]

    class Meta:
        app_label = "shop"

    def __str__(self) -> str:
        return self.name


class Review(models.Model):
    """What somebody thinks of a product."""

    product = models.ForeignKey(Product, models.CASCADE)
    author = models.CharField(max_length=80)
    stars = models.PositiveSmallIntegerField()
    text = models.TextField(blank=True)
    written_at = models.DateTimeField()

    objects: ClassVar[models.Manager[Review]]

    class Meta:
        app_label = "shop"
        constraints = (models.CheckConstraint(name="one_to_five_stars", condition=models.Q(stars__gte=1, stars__lte=5)),)

    def __str__(self) -> str:
        return f"{self.stars} stars for {self.product}"
