"""What TERP trades in."""

from __future__ import annotations

from django.db import models

from .fields import Key, NamingField, TerpIndex, TextField, TimestampField, Unique


class Brand(models.Model):
    """The name under which a supplier's products are sold."""

    id = models.AutoField(primary_key=True)
    name = models.CharField(max_length=255)
    deleted_at = TimestampField(null=True)
    vendor = Key("Vendor", "vendorId", null=True)
    description = TextField(null=True)
    createdAt = TimestampField(now=True)
    updatedAt = TimestampField(now=True, on_update=True)

    class Meta:
        managed = False
        db_table = "brands"

    def __str__(self) -> str:
        return self.name


class Strain(models.Model):
    """A cannabis variety."""

    id = models.AutoField(primary_key=True)
    name = models.CharField(max_length=255)
    deleted_at = TimestampField(null=True)
    standardizedName = models.CharField(max_length=255)
    aliases = TextField(null=True)
    category = models.CharField(max_length=50, null=True)
    description = TextField(null=True)
    openthcId = models.CharField(max_length=255, null=True)
    openthcStub = models.CharField(max_length=255, null=True)
    parentStrain = Key("self", "parentStrainId", null=True)
    baseStrainName = models.CharField(max_length=255, null=True)
    createdAt = TimestampField(now=True)
    updatedAt = TimestampField(now=True, on_update=True)

    class Meta:
        managed = False
        db_table = "strains"
        constraints = (Unique("strains_name_unique", "name"),)

    def __str__(self) -> str:
        return self.name


class Product(models.Model):
    """A product to buy and sell; its stock is in batches."""

    id = models.AutoField(primary_key=True)
    brand = Key("Brand", "brandId")
    supplier_client = Key("Client", "supplier_client_id", "products_supplier_client_id_clients_id_fk", "SET NULL", null=True)
    strain = Key("Strain", "strainId", null=True)
    nameCanonical = models.CharField(max_length=500)
    deleted_at = TimestampField(null=True)
    category = NamingField(max_length=100, targets={"": ("terpseed.PricingDefault", "product_category")})
    subcategory = models.CharField(max_length=100, null=True)
    uomSellable = models.CharField(max_length=20, db_default="EA")
    description = TextField(null=True)
    createdAt = TimestampField(now=True)
    updatedAt = TimestampField(now=True, on_update=True)

    class Meta:
        managed = False
        db_table = "products"
        indexes = (TerpIndex("idx_products_supplier_client_id", "supplier_client"),)

    def __str__(self) -> str:
        return self.nameCanonical
