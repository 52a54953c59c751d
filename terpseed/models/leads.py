"""What clients want, and what vendors offer."""

from __future__ import annotations

from django.db import models

from .fields import EnumField, Key, TerpIndex, TextField, TimestampField


class ClientNeed(models.Model):
    """What a client wants to buy."""

    id = models.AutoField(primary_key=True)
    client = Key("Client", "client_id", "client_needs_client_id_clients_id_fk", "CASCADE")
    strain = models.CharField(max_length=255, null=True)
    product_name = models.CharField(max_length=255, null=True)
    matched_strain = Key("Strain", "strainId", "client_needs_strainId_strains_id_fk", "SET NULL", null=True)
    strain_type = EnumField("INDICA", "SATIVA", "HYBRID", "CBD", "ANY", null=True)
    category = models.CharField(max_length=100, null=True)
    subcategory = models.CharField(max_length=100, null=True)
    grade = models.CharField(max_length=50, null=True)
    quantity_min = models.DecimalField(max_digits=15, decimal_places=4, null=True)
    quantity_max = models.DecimalField(max_digits=15, decimal_places=4, null=True)
    price_max = models.DecimalField(max_digits=15, decimal_places=2, null=True)
    status = EnumField("ACTIVE", "FULFILLED", "EXPIRED", "CANCELLED", db_default="ACTIVE")
    priority = EnumField("LOW", "MEDIUM", "HIGH", "URGENT", db_default="MEDIUM")
    needed_by = models.DateField(null=True)
    expires_at = TimestampField(null=True)
    fulfilled_at = TimestampField(null=True)
    notes = TextField(null=True)
    internal_notes = TextField(null=True)
    created_at = TimestampField(now=True, null=True)
    updated_at = TimestampField(now=True, on_update=True, null=True)
    created_by = Key("User", "created_by", "client_needs_created_by_users_id_fk", "RESTRICT", null=True)
    created_by_client = Key(
        "Client", "created_by_client_id", "client_needs_created_by_client_id_clients_id_fk", "RESTRICT", null=True
    )
    deleted_at = TimestampField(null=True)

    class Meta:
        managed = False
        db_table = "client_needs"
        indexes = (
            TerpIndex("client_needs_created_by_client_id_clients_id_fk", "created_by_client"),
            TerpIndex("client_needs_created_by_users_id_fk", "created_by"),
            TerpIndex("client_needs_strainId_strains_id_fk", "matched_strain"),
            TerpIndex("idx_category", "category"),
            TerpIndex("idx_client_id", "client"),
            TerpIndex("idx_priority", "priority"),
            TerpIndex("idx_product_name_cn", "product_name"),
            TerpIndex("idx_status", "status"),
            TerpIndex("idx_strain", "strain"),
        )

    def __str__(self) -> str:
        return f"{self.status} {self.product_name}"


class VendorSupply(models.Model):
    """What a vendor offers."""

    id = models.AutoField(primary_key=True)
    vendor = Key("Vendor", "vendor_id", "vendor_supply_vendor_id_vendors_id_fk", "CASCADE")
    strain = models.CharField(max_length=255, null=True)
    product_name = models.CharField(max_length=255, null=True)
    strain_type = EnumField("INDICA", "SATIVA", "HYBRID", "CBD", null=True)
    category = models.CharField(max_length=100, null=True)
    subcategory = models.CharField(max_length=100, null=True)
    grade = models.CharField(max_length=50, null=True)
    quantity_available = models.DecimalField(max_digits=15, decimal_places=4)
    unit_price = models.DecimalField(max_digits=15, decimal_places=2, null=True)
    status = EnumField("AVAILABLE", "RESERVED", "PURCHASED", "EXPIRED", db_default="AVAILABLE")
    available_until = TimestampField(null=True)
    reserved_at = TimestampField(null=True)
    purchased_at = TimestampField(null=True)
    notes = TextField(null=True)
    internal_notes = TextField(null=True)
    deleted_at = TimestampField(null=True)
    created_at = TimestampField(now=True, null=True)
    updated_at = TimestampField(now=True, on_update=True, null=True)
    created_by = Key("User", "created_by", "vendor_supply_created_by_users_id_fk", "RESTRICT", null=True)
    created_by_client = Key(
        "Client", "created_by_client_id", "vendor_supply_created_by_client_id_clients_id_fk", "RESTRICT", null=True
    )

    class Meta:
        managed = False
        db_table = "vendor_supply"
        indexes = (
            TerpIndex("idx_category", "category"),
            TerpIndex("idx_deleted_at_vs", "deleted_at"),
            TerpIndex("idx_product_name_vs", "product_name"),
            TerpIndex("idx_status", "status"),
            TerpIndex("idx_strain", "strain"),
            TerpIndex("idx_vendor_id", "vendor"),
            TerpIndex("vendor_supply_created_by_client_id_clients_id_fk", "created_by_client"),
            TerpIndex("vendor_supply_created_by_users_id_fk", "created_by"),
        )

    def __str__(self) -> str:
        return f"{self.status} {self.product_name}"
