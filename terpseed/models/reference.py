"""Reference data that a fresh TERP needs to work at all, and its users."""

from __future__ import annotations

from django.db import models

from .fields import EnumField, Key, TerpIndex, TextField, TimestampField, Unique


class User(models.Model):
    """A person who works in TERP; every actor column (`created_by`, `performedBy`, …) is a key to this table."""

    id = models.AutoField(primary_key=True)
    openId = models.CharField(max_length=64)
    deleted_at = TimestampField(null=True)
    name = TextField(null=True)
    email = models.CharField(max_length=320, null=True)
    loginMethod = models.CharField(max_length=64, null=True)
    role = EnumField("user", "admin", db_default="user")
    createdAt = TimestampField(now=True)
    updatedAt = TimestampField(now=True, on_update=True)
    lastSignedIn = TimestampField(now=True)

    class Meta:
        managed = False
        db_table = "users"
        constraints = (Unique("users_openId_unique", "openId"),)

    def __str__(self) -> str:
        return self.name or self.openId


class PricingDefault(models.Model):
    """The margin of a product category: TERP cannot finalise an order without one."""

    id = models.AutoField(primary_key=True)
    product_category = models.CharField(max_length=100)
    default_margin_percent = models.DecimalField(max_digits=5, decimal_places=2)
    created_at = TimestampField(now=True)
    updated_at = TimestampField(now=True, on_update=True)

    class Meta:
        managed = False
        db_table = "pricing_defaults"
        indexes = (TerpIndex("idx_product_category", "product_category"),)
        constraints = (Unique("pricing_defaults_product_category_unique", "product_category"),)

    def __str__(self) -> str:
        return self.product_category


class Category(models.Model):
    """A kind of product."""

    id = models.AutoField(primary_key=True)
    name = models.CharField(max_length=100)
    deleted_at = TimestampField(null=True)
    description = TextField(null=True)
    isActive = models.IntegerField(db_default=1)
    createdAt = TimestampField(now=True)
    updatedAt = TimestampField(now=True, on_update=True)

    class Meta:
        managed = False
        db_table = "categories"
        constraints = (Unique("categories_name_unique", "name"),)

    def __str__(self) -> str:
        return self.name


class Subcategory(models.Model):
    """A kind within a category."""

    id = models.AutoField(primary_key=True)
    category = Key("Category", "categoryId")
    name = models.CharField(max_length=100)
    deleted_at = TimestampField(null=True)
    description = TextField(null=True)
    isActive = models.IntegerField(db_default=1)
    createdAt = TimestampField(now=True)
    updatedAt = TimestampField(now=True, on_update=True)

    class Meta:
        managed = False
        db_table = "subcategories"

    def __str__(self) -> str:
        return self.name


class Grade(models.Model):
    """A quality, from A to D."""

    id = models.AutoField(primary_key=True)
    name = models.CharField(max_length=50)
    deleted_at = TimestampField(null=True)
    description = TextField(null=True)
    sortOrder = models.IntegerField(null=True, db_default=0)
    isActive = models.IntegerField(db_default=1)
    createdAt = TimestampField(now=True)
    updatedAt = TimestampField(now=True, on_update=True)

    class Meta:
        managed = False
        db_table = "grades"
        constraints = (Unique("grades_name_unique", "name"),)

    def __str__(self) -> str:
        return self.name


class Location(models.Model):
    """A place in a warehouse."""

    id = models.AutoField(primary_key=True)
    site = models.CharField(max_length=100)
    deleted_at = TimestampField(null=True)
    zone = models.CharField(max_length=100, null=True)
    rack = models.CharField(max_length=100, null=True)
    shelf = models.CharField(max_length=100, null=True)
    bin = models.CharField(max_length=100, null=True)
    isActive = models.IntegerField(db_default=1)
    createdAt = TimestampField(now=True)
    updatedAt = TimestampField(now=True, on_update=True)

    class Meta:
        managed = False
        db_table = "locations"

    def __str__(self) -> str:
        return " ".join(filter(None, (self.site, self.zone, self.rack, self.shelf, self.bin)))


class Sequence(models.Model):
    """A counter for the codes that TERP generates; only the application advances it."""

    id = models.AutoField(primary_key=True)
    name = models.CharField(max_length=50)
    deleted_at = TimestampField(null=True)
    prefix = models.CharField(max_length=20)
    currentValue = models.IntegerField(db_default=0)
    createdAt = TimestampField(now=True)
    updatedAt = TimestampField(now=True, on_update=True)

    class Meta:
        managed = False
        db_table = "sequences"
        constraints = (Unique("sequences_name_unique", "name"),)

    def __str__(self) -> str:
        return self.name
