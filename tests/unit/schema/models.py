"""Models that exist in these tests alone: every way in which a column names a row, and what a table may declare."""

from __future__ import annotations

from django.contrib.contenttypes.fields import GenericForeignKey, GenericRelation
from django.contrib.contenttypes.models import ContentType
from django.core.validators import MaxValueValidator, MinValueValidator, StepValueValidator
from django.db import models
from django.db.models.functions import Now
from django.test.utils import isolate_apps

from seeding.example.models import Product, Review
from seeding.schema.references import NamingField, ReferencingJSONField, TypedReferenceField

__all__ = ["Comment", "Joined", "Label", "Measured", "Movement", "Note", "Pair"]

LIMITS = [
    MinValueValidator(-128),
    MaxValueValidator(127),
    StepValueValidator(1),
    MinValueValidator(-500),  # which say less than those before
    MaxValueValidator(500),
]

with isolate_apps():

    class Label(models.Model):
        """Names a product by its name, and a review by its key."""

        product = models.ForeignKey(Product, models.CASCADE, to_field="name", db_column="of", db_constraint=False)
        review = models.ForeignKey(Review, models.CASCADE, null=True)
        number = models.IntegerField()

        class Meta:
            app_label = "unit"

    class Movement(models.Model):
        """Names rows in ways that no key declares."""

        kind = models.CharField(max_length=10)
        subject = TypedReferenceField(kind="kind", targets={"PRODUCT": "shop.Product", "ORDER": "shop.Order"}, null=True)
        items = ReferencingJSONField(targets={"product": "shop.Product", "review": "shop.Review"})
        named = NamingField(max_length=80, targets={"": ("shop.Product", "name")})
        buyer = NamingField(max_length=80, kind="kind", targets={"ORDER": ("shop.Customer", "email")})

        class Meta:
            app_label = "unit"

    class Joined(models.Model):
        """Joins reviews by two columns, and products by one."""

        first = models.IntegerField(db_column="first_column")
        second = models.IntegerField(db_column="second_column")
        review = models.ForeignObject(
            Review, models.DO_NOTHING, from_fields=["first", "second"], to_fields=["product", "stars"], related_name="+"
        )
        product = models.ForeignObject(Product, models.DO_NOTHING, from_fields=["first"], to_fields=["id"], related_name="+")

        class Meta:
            app_label = "unit"

    class Comment(models.Model):
        """About anything, by a number."""

        content_type = models.ForeignKey(ContentType, models.CASCADE, db_constraint=False)
        object_id = models.PositiveBigIntegerField(db_column="object")
        of = GenericForeignKey("content_type", "object_id")
        notes = GenericRelation("unit.Note")

        class Meta:
            app_label = "unit"

    class Note(models.Model):
        """About anything, by a text."""

        content_type = models.ForeignKey(ContentType, models.CASCADE, db_constraint=False)
        object_id = models.CharField(max_length=40)
        of = GenericForeignKey("content_type", "object_id")

        class Meta:
            app_label = "unit"

    class Measured(models.Model):
        """A column of every kind."""

        active = models.BooleanField(default=True)
        level = models.IntegerField(validators=LIMITS)
        share = models.SmallIntegerField(validators=[MinValueValidator(-(10**9)), MaxValueValidator(10**9)])
        count = models.PositiveIntegerField(null=True, validators=[MinValueValidator(-5), MaxValueValidator(2**70)])
        price = models.DecimalField(max_digits=6, decimal_places=2)
        weight = models.FloatField()
        state = models.CharField(max_length=8, choices=[("Group", [("open", "Open")]), ("done", "Done")])
        text = models.TextField()
        day = models.DateField(db_default=Now())
        at = models.DateTimeField()
        more = models.JSONField(default=dict)

        class Meta:
            app_label = "unit"
            db_table = "measured"

    class Pair(models.Model):
        """Keys of several columns, some with a condition."""

        left = models.OneToOneField(Product, models.CASCADE, related_name="+")
        right = models.ForeignKey(Review, models.CASCADE, db_column="to_the_right", related_name="+")
        code = models.CharField(max_length=8)

        class Meta:
            app_label = "unit"
            unique_together = (("code", "left"),)
            constraints = (
                models.UniqueConstraint(name="together", fields=["right", "code"]),
                models.UniqueConstraint(name="sometimes", fields=["code"], condition=models.Q(code="x")),
                models.UniqueConstraint(models.functions.Lower("code"), name="folded"),
                models.CheckConstraint(name="not_empty", condition=~models.Q(code="")),
            )
