"""Products, their reviews, customers, and what they have ordered."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class Product(models.Model):
    """A product for sale."""

    name = models.CharField(max_length=80, unique=True)
    price = models.DecimalField(max_digits=8, decimal_places=2)
    stars = models.FloatField(null=True)

    objects: ClassVar[models.Manager[Product]]

    def __str__(self) -> str:
        return self.name


class Review(models.Model):
    """An opinion of a product."""

    product = models.ForeignKey(Product, models.CASCADE)
    author = models.CharField(max_length=80)
    stars = models.PositiveSmallIntegerField()
    text = models.TextField(blank=True)
    written_at = models.DateTimeField()

    objects: ClassVar[models.Manager[Review]]

    class Meta:
        constraints = (models.CheckConstraint(name="one_to_five_stars", condition=models.Q(stars__gte=1, stars__lte=5)),)

    def __str__(self) -> str:
        return f"{self.stars} stars for {self.product}"


class Customer(models.Model):
    """A buyer."""

    name = models.CharField(max_length=80)
    email = models.EmailField(unique=True)
    joined_at = models.DateTimeField()

    objects: ClassVar[models.Manager[Customer]]

    def __str__(self) -> str:
        return self.name


class Order(models.Model):
    """One purchase by a customer."""

    customer = models.ForeignKey(Customer, models.PROTECT)
    status = models.CharField(max_length=10, choices=[(one, one.title()) for one in ("paid", "shipped", "returned")])
    ordered_at = models.DateTimeField()
    total = models.DecimalField(max_digits=10, decimal_places=2, default=0)

    objects: ClassVar[models.Manager[Order]]

    def __str__(self) -> str:
        return f"Order {self.pk}"


class OrderLine(models.Model):
    """A quantity of one product in an order."""

    order = models.ForeignKey(Order, models.CASCADE)
    product = models.ForeignKey(Product, models.PROTECT)
    quantity = models.PositiveSmallIntegerField()
    unit_price = models.DecimalField(max_digits=8, decimal_places=2)

    objects: ClassVar[models.Manager[OrderLine]]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.product}"
