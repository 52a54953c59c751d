"""What TERP owes."""

from __future__ import annotations

from decimal import Decimal

from django.db import models

from .fields import EnumField, Key, TerpIndex, TextField, TimestampField, TypedReferenceField, Unique


class Bill(models.Model):
    """What TERP owes a vendor for a lot."""

    id = models.AutoField(primary_key=True)
    billNumber = models.CharField(max_length=50)
    deleted_at = TimestampField(null=True)
    vendor = Key("Vendor", "vendorId")
    billDate = models.DateField()
    dueDate = models.DateField()
    subtotal = models.DecimalField(max_digits=12, decimal_places=2)
    taxAmount = models.DecimalField(max_digits=12, decimal_places=2, db_default=Decimal("0.00"))
    discountAmount = models.DecimalField(max_digits=12, decimal_places=2, db_default=Decimal("0.00"))
    totalAmount = models.DecimalField(max_digits=12, decimal_places=2)
    amountPaid = models.DecimalField(max_digits=12, decimal_places=2, db_default=Decimal("0.00"))
    amountDue = models.DecimalField(max_digits=12, decimal_places=2)
    status = EnumField("DRAFT", "PENDING", "APPROVED", "PARTIAL", "PAID", "OVERDUE", "VOID", db_default="DRAFT")
    paymentTerms = models.CharField(max_length=100, null=True)
    notes = TextField(null=True)
    referenceType = models.CharField(max_length=50, null=True)
    referenceId = TypedReferenceField(kind="referenceType", targets={"LOT": "terpseed.Lot"}, null=True)
    createdBy = Key("User", "createdBy")
    createdAt = TimestampField(now=True)
    updatedAt = TimestampField(now=True, on_update=True)

    class Meta:
        managed = False
        db_table = "bills"
        constraints = (Unique("bills_billNumber_unique", "billNumber"),)

    def __str__(self) -> str:
        return self.billNumber


class BillLineItem(models.Model):
    """One line of a bill."""

    id = models.AutoField(primary_key=True)
    bill = Key("Bill", "billId")
    product = Key("Product", "productId", null=True)
    lot = Key("Lot", "lotId", null=True)
    description = TextField()
    quantity = models.DecimalField(max_digits=10, decimal_places=2)
    deleted_at = TimestampField(null=True)
    unitPrice = models.DecimalField(max_digits=12, decimal_places=2)
    taxRate = models.DecimalField(max_digits=5, decimal_places=2, db_default=Decimal("0.00"))
    discountPercent = models.DecimalField(max_digits=5, decimal_places=2, db_default=Decimal("0.00"))
    lineTotal = models.DecimalField(max_digits=12, decimal_places=2)
    createdAt = TimestampField(now=True)

    class Meta:
        managed = False
        db_table = "billLineItems"

    def __str__(self) -> str:
        return self.description


class VendorPayable(models.Model):
    """What TERP owes the consignor of a batch for the quantity sold."""

    id = models.AutoField(primary_key=True)
    deleted_at = TimestampField(null=True)
    version = models.IntegerField(db_default=1)
    vendor_client = Key("Client", "vendor_client_id", "vendor_payables_vendor_client_id_clients_id_fk", "RESTRICT")
    batch = Key("Batch", "batch_id", "vendor_payables_batch_id_batches_id_fk", "RESTRICT")
    lot = Key("Lot", "lot_id", "vendor_payables_lot_id_lots_id_fk", "RESTRICT")
    payable_number = models.CharField(max_length=50)
    units_sold = models.DecimalField(max_digits=15, decimal_places=2, db_default=Decimal("0.00"))
    cogs_per_unit = models.DecimalField(max_digits=15, decimal_places=2)
    total_amount = models.DecimalField(max_digits=15, decimal_places=2, db_default=Decimal("0.00"))
    amount_paid = models.DecimalField(max_digits=15, decimal_places=2, db_default=Decimal("0.00"))
    amount_due = models.DecimalField(max_digits=15, decimal_places=2, db_default=Decimal("0.00"))
    status = EnumField("PENDING", "DUE", "PARTIAL", "PAID", "VOID", db_default="PENDING")
    due_date = models.DateField(null=True)
    paid_date = models.DateField(null=True)
    inventory_zero_at = TimestampField(null=True)
    notification_sent_at = TimestampField(null=True)
    grace_period_hours = models.IntegerField(db_default=24)
    notes = TextField(null=True)
    created_by = Key("User", "created_by", "vendor_payables_created_by_users_id_fk", "RESTRICT")
    created_at = TimestampField(now=True)
    updated_at = TimestampField(now=True, on_update=True)

    class Meta:
        managed = False
        db_table = "vendor_payables"
        indexes = (
            TerpIndex("idx_vendor_payables_batch", "batch"),
            TerpIndex("idx_vendor_payables_due_date", "due_date"),
            TerpIndex("idx_vendor_payables_status", "status"),
            TerpIndex("idx_vendor_payables_vendor", "vendor_client"),
            TerpIndex("vendor_payables_created_by_users_id_fk", "created_by"),
            TerpIndex("vendor_payables_lot_id_lots_id_fk", "lot"),
        )
        constraints = (Unique("vendor_payables_payable_number_unique", "payable_number"),)

    def __str__(self) -> str:
        return self.payable_number
