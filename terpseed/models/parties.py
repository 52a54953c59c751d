"""TERP's trading parties."""

from __future__ import annotations

from decimal import Decimal

from django.db import models

from .fields import EnumField, Key, TerpIndex, TextField, TimestampField, Unique


class Vendor(models.Model):
    """A supplier, in the table that TERP has deprecated but still references."""

    id = models.AutoField(primary_key=True)
    name = models.CharField(max_length=255)
    deleted_at = TimestampField(null=True)
    contactName = models.CharField(max_length=255, null=True)
    contactEmail = models.CharField(max_length=320, null=True)
    contactPhone = models.CharField(max_length=50, null=True)
    paymentTerms = models.CharField(max_length=100, null=True)
    notes = TextField(null=True)
    createdAt = TimestampField(now=True)
    updatedAt = TimestampField(now=True, on_update=True)

    class Meta:
        managed = False
        db_table = "vendors"
        constraints = (Unique("vendors_name_unique", "name"),)

    def __str__(self) -> str:
        return self.name


class Client(models.Model):
    """A business partner: buyer, seller, brand, or several of these."""

    id = models.AutoField(primary_key=True)
    version = models.IntegerField(db_default=1)
    teri_code = models.CharField(max_length=50)
    name = models.CharField(max_length=255)
    email = models.CharField(max_length=255, null=True)
    phone = models.CharField(max_length=50, null=True)
    address = TextField(null=True)
    businessType = EnumField("RETAIL", "WHOLESALE", "DISPENSARY", "DELIVERY", "MANUFACTURER", "DISTRIBUTOR", "OTHER", null=True)
    preferredContact = EnumField("EMAIL", "PHONE", "TEXT", "ANY", null=True)
    payment_terms = models.IntegerField(null=True, db_default=30)
    is_buyer = models.BooleanField(null=True, db_default=False)
    is_seller = models.BooleanField(null=True, db_default=False)
    is_brand = models.BooleanField(null=True, db_default=False)
    is_referee = models.BooleanField(null=True, db_default=False)
    is_contractor = models.BooleanField(null=True, db_default=False)
    tags = models.JSONField(null=True)
    pricing_profile_id = models.IntegerField(null=True)
    custom_pricing_rules = models.JSONField(null=True)
    cogsAdjustmentType = EnumField(
        "NONE",
        "PERCENTAGE",
        "PERCENTAGE_DECREASE",
        "PERCENTAGE_INCREASE",
        "FIXED_AMOUNT",
        "FIXED_DECREASE",
        "FIXED_INCREASE",
        null=True,
        db_default="NONE",
    )
    cogs_adjustment_value = models.DecimalField(max_digits=15, decimal_places=4, null=True, db_default=Decimal("0.0000"))
    auto_defer_consignment = models.BooleanField(null=True, db_default=False)
    total_spent = models.DecimalField(max_digits=15, decimal_places=2, null=True, db_default=Decimal("0.00"))
    total_profit = models.DecimalField(max_digits=15, decimal_places=2, null=True, db_default=Decimal("0.00"))
    avg_profit_margin = models.DecimalField(max_digits=5, decimal_places=2, null=True, db_default=Decimal("0.00"))
    total_owed = models.DecimalField(max_digits=15, decimal_places=2, null=True, db_default=Decimal("0.00"))
    oldest_debt_days = models.IntegerField(null=True, db_default=0)
    credit_limit = models.DecimalField(max_digits=15, decimal_places=2, null=True, db_default=Decimal("0.00"))
    credit_limit_updated_at = TimestampField(null=True)
    creditLimitSource = EnumField("CALCULATED", "MANUAL", null=True, db_default="CALCULATED")
    credit_limit_override_reason = TextField(null=True)
    vip_portal_enabled = models.BooleanField(null=True, db_default=False)
    vip_portal_last_login = TimestampField(null=True)
    wishlist = TextField(null=True)
    referred_by_client = Key("self", "referred_by_client_id", null=True)
    deleted_at = TimestampField(null=True)
    created_at = TimestampField(now=True, null=True)
    updated_at = TimestampField(now=True, on_update=True, null=True)

    class Meta:
        managed = False
        db_table = "clients"
        indexes = (
            TerpIndex("idx_referred_by", "referred_by_client"),
            TerpIndex("idx_teri_code", "teri_code"),
            TerpIndex("idx_total_owed", "total_owed"),
        )
        constraints = (Unique("clients_teri_code_unique", "teri_code"),)

    def __str__(self) -> str:
        return f"{self.teri_code} {self.name}"


class SupplierProfile(models.Model):
    """The data that only a selling client has."""

    id = models.AutoField(primary_key=True)
    client = Key("Client", "client_id", "supplier_profiles_client_id_clients_id_fk", "CASCADE")
    contact_name = models.CharField(max_length=255, null=True)
    contact_email = models.CharField(max_length=320, null=True)
    contact_phone = models.CharField(max_length=50, null=True)
    payment_terms = models.CharField(max_length=100, null=True)
    supplier_notes = TextField(null=True)
    legacy_vendor = Key("Vendor", "legacy_vendor_id", null=True)
    preferred_payment_method = EnumField("CASH", "CHECK", "WIRE", "ACH", "CREDIT_CARD", "OTHER", null=True)
    tax_id = models.CharField(max_length=50, null=True)
    license_number = models.CharField(max_length=100, null=True)
    created_at = TimestampField(now=True)
    updated_at = TimestampField(now=True, on_update=True)

    class Meta:
        managed = False
        db_table = "supplier_profiles"
        indexes = (
            TerpIndex("idx_supplier_profiles_client_id", "client"),
            TerpIndex("idx_supplier_profiles_legacy_vendor", "legacy_vendor"),
        )
        constraints = (Unique("supplier_profiles_client_id_unique", "client"),)

    def __str__(self) -> str:
        return f"profile of client {self.client_id}"


class ClientCreditLimit(models.Model):
    """A client's credit limit, and how much of it is used."""

    id = models.AutoField(primary_key=True)
    client = Key("Client", "client_id", "client_credit_limits_client_id_clients_id_fk", "CASCADE")
    credit_limit = models.DecimalField(max_digits=15, decimal_places=2, db_default=Decimal("0.00"))
    current_exposure = models.DecimalField(max_digits=15, decimal_places=2, db_default=Decimal("0.00"))
    utilization_percent = models.DecimalField(max_digits=5, decimal_places=2, db_default=Decimal("0.00"))
    credit_health_score = models.DecimalField(max_digits=5, decimal_places=2, db_default=Decimal("0.00"))
    base_capacity = models.DecimalField(max_digits=15, decimal_places=2, db_default=Decimal("0.00"))
    risk_modifier = models.DecimalField(max_digits=5, decimal_places=4, db_default=Decimal("1.0000"))
    directional_factor = models.DecimalField(max_digits=5, decimal_places=4, db_default=Decimal("1.0000"))
    mode = EnumField("LEARNING", "ACTIVE", db_default="LEARNING")
    confidence_score = models.DecimalField(max_digits=5, decimal_places=2, db_default=Decimal("0.00"))
    data_readiness = models.DecimalField(max_digits=5, decimal_places=2, db_default=Decimal("0.00"))
    trend = EnumField("IMPROVING", "STABLE", "WORSENING", db_default="STABLE")
    last_calculated = TimestampField(now=True, on_update=True, null=True)
    created_at = TimestampField(now=True, null=True)
    updated_at = TimestampField(now=True, on_update=True, null=True)

    class Meta:
        managed = False
        db_table = "client_credit_limits"
        indexes = (TerpIndex("idx_client_id", "client"),)
        constraints = (Unique("client_credit_limits_client_id_unique", "client"),)

    def __str__(self) -> str:
        return f"credit limit of client {self.client_id}"
