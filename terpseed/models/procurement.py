"""What TERP buys."""

from __future__ import annotations

from django.db import models

from .fields import Key, TerpIndex, TextField, TimestampField, Unique


class Lot(models.Model):
    """One delivery of one supplier."""

    id = models.AutoField(primary_key=True)
    code = models.CharField(max_length=50)
    deleted_at = TimestampField(null=True)
    supplier_client = Key("Client", "supplier_client_id", "lots_supplier_client_id_clients_id_fk", "RESTRICT", null=True)
    vendor = Key("Vendor", "vendorId")
    date = TimestampField()
    notes = TextField(null=True)
    createdAt = TimestampField(now=True)
    updatedAt = TimestampField(now=True, on_update=True)

    class Meta:
        managed = False
        db_table = "lots"
        indexes = (TerpIndex("idx_lots_supplier_client_id", "supplier_client"),)
        constraints = (Unique("lots_code_unique", "code"),)

    def __str__(self) -> str:
        return self.code
