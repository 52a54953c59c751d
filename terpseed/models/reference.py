"""Reference data: the people and the price rules that the rest leans on."""

from __future__ import annotations

from django.db import models

from .fields import EnumField, TerpIndex, TextField, TimestampField, Unique


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
