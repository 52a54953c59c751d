"""TERP's cash, and how it is counted."""

from __future__ import annotations

from decimal import Decimal

from django.db import models

from .fields import Key, TerpIndex, TextField, TimestampField, TypedReferenceField


class CashLocation(models.Model):
    """A safe, or another place where cash is kept."""

    id = models.AutoField(primary_key=True)
    name = models.CharField(max_length=255)
    current_balance = models.DecimalField(max_digits=12, decimal_places=2, null=True, db_default=Decimal("0.00"))
    is_active = models.BooleanField(null=True, db_default=True)
    created_at = TimestampField(now=True, null=True)
    updated_at = TimestampField(now=True, on_update=True, null=True)

    class Meta:
        managed = False
        db_table = "cash_locations"
        indexes = (
            TerpIndex("idx_cash_locations_active", "is_active"),
            TerpIndex("idx_cash_locations_name", "name"),
        )

    def __str__(self) -> str:
        return self.name


class CashLocationTransaction(models.Model):
    """Cash put into a place, or taken from it."""

    id = models.AutoField(primary_key=True)
    location = Key("CashLocation", "location_id", "fk_cash_loc_tx_loc", null=True)
    transaction_type = models.CharField(max_length=20)
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    description = TextField(null=True)
    reference_type = models.CharField(max_length=50, null=True)
    reference_id = TypedReferenceField(
        kind="reference_type", targets={"ORDER": "terpseed.Order", "VENDOR_PAYMENT": "terpseed.Payment"}, null=True
    )
    transfer_to_location = Key("CashLocation", "transfer_to_location_id", "fk_cash_loc_tx_to", null=True)
    transfer_from_location = Key("CashLocation", "transfer_from_location_id", "fk_cash_loc_tx_from", null=True)
    created_by = Key("User", "created_by", "fk_cash_loc_tx_user", null=True)
    created_at = TimestampField(now=True, null=True)

    class Meta:
        managed = False
        db_table = "cash_location_transactions"
        indexes = (
            TerpIndex("fk_cash_loc_tx_from", "transfer_from_location"),
            TerpIndex("fk_cash_loc_tx_to", "transfer_to_location"),
            TerpIndex("fk_cash_loc_tx_user", "created_by"),
            TerpIndex("idx_cash_loc_tx_created", "created_at"),
            TerpIndex("idx_cash_loc_tx_location", "location"),
            TerpIndex("idx_cash_loc_tx_reference", "reference_type", "reference_id"),
            TerpIndex("idx_cash_loc_tx_type", "transaction_type"),
        )

    def __str__(self) -> str:
        return f"{self.transaction_type} {self.amount}"


class ShiftAudit(models.Model):
    """From one count of the cash in a place to the next."""

    id = models.AutoField(primary_key=True)
    location = Key("CashLocation", "location_id", "shift_audits_location_id_cash_locations_id_fk", null=True)
    shift_start = TimestampField()
    shift_end = TimestampField(null=True)
    starting_balance = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    expected_balance = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    actual_count = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    variance = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    notes = TextField(null=True)
    status = models.CharField(max_length=20, null=True, db_default="ACTIVE")
    reset_by = Key("User", "reset_by", "shift_audits_reset_by_users_id_fk", null=True)
    reset_at = TimestampField(null=True)
    created_at = TimestampField(now=True, null=True)

    class Meta:
        managed = False
        db_table = "shift_audits"
        indexes = (
            TerpIndex("idx_shift_audits_location", "location"),
            TerpIndex("idx_shift_audits_start", "shift_start"),
            TerpIndex("idx_shift_audits_status", "status"),
            TerpIndex("shift_audits_reset_by_users_id_fk", "reset_by"),
        )

    def __str__(self) -> str:
        return f"{self.status} {self.shift_start}"
