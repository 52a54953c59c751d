"""TERP's stock."""

from __future__ import annotations

from decimal import Decimal

from django.db import models

from .fields import EnumField, Key, TerpIndex, TextField, TimestampField, TypedReferenceField, Unique


class Batch(models.Model):
    """One product from one delivery, with its cost and its six quantities."""

    id = models.AutoField(primary_key=True)
    code = models.CharField(max_length=50)
    deleted_at = TimestampField(null=True)
    version = models.IntegerField(db_default=1)
    sku = models.CharField(max_length=100)
    product = Key("Product", "productId")
    lot = Key("Lot", "lotId")
    batchStatus = EnumField(
        "AWAITING_INTAKE", "LIVE", "ON_HOLD", "QUARANTINED", "SOLD_OUT", "CLOSED", db_default="AWAITING_INTAKE"
    )
    isPhotographyComplete = models.BooleanField(db_default=False)
    statusId = models.IntegerField(null=True)
    grade = models.CharField(max_length=10, null=True)
    isSample = models.IntegerField(db_default=0)
    sampleOnly = models.IntegerField(db_default=0)
    sampleAvailable = models.IntegerField(db_default=0)
    cogsMode = EnumField("FIXED", "RANGE", db_default="FIXED")
    unitCogs = models.DecimalField(max_digits=15, decimal_places=4, null=True)
    unitCogsMin = models.DecimalField(max_digits=15, decimal_places=4, null=True)
    unitCogsMax = models.DecimalField(max_digits=15, decimal_places=4, null=True)
    paymentTerms = EnumField("COD", "NET_7", "NET_15", "NET_30", "CONSIGNMENT", "PARTIAL")
    ownership_type = EnumField("CONSIGNED", "OFFICE_OWNED", "SAMPLE", db_default="CONSIGNED")
    amountPaid = models.DecimalField(max_digits=12, decimal_places=2, null=True, db_default=Decimal("0.00"))
    metadata = TextField(null=True)
    photo_session_event = Key(
        "CalendarEvent",
        "photo_session_event_id",
        "batches_photo_session_event_id_calendar_events_id_fk",
        "SET NULL",
        null=True,
    )
    onHandQty = models.DecimalField(max_digits=15, decimal_places=4, db_default=Decimal("0.0000"))
    sampleQty = models.DecimalField(max_digits=15, decimal_places=4, db_default=Decimal("0.0000"))
    reservedQty = models.DecimalField(max_digits=15, decimal_places=4, db_default=Decimal("0.0000"))
    quarantineQty = models.DecimalField(max_digits=15, decimal_places=4, db_default=Decimal("0.0000"))
    holdQty = models.DecimalField(max_digits=15, decimal_places=4, db_default=Decimal("0.0000"))
    defectiveQty = models.DecimalField(max_digits=15, decimal_places=4, db_default=Decimal("0.0000"))
    publishEcom = models.IntegerField(db_default=0)
    publishB2b = models.IntegerField(db_default=0)
    createdAt = TimestampField(now=True)
    updatedAt = TimestampField(now=True, on_update=True)

    class Meta:
        managed = False
        db_table = "batches"
        indexes = (
            TerpIndex("batches_photo_session_event_id_calendar_events_id_fk", "photo_session_event"),
            TerpIndex("batches_statusId_workflow_statuses_id_fk", "statusId"),
            TerpIndex("idx_batches_product_id", "product"),
            TerpIndex("idx_batches_product_status", "product", "batchStatus"),
            TerpIndex("idx_batches_status_created", "batchStatus", "createdAt"),
        )
        constraints = (
            Unique("batches_code_unique", "code"),
            Unique("batches_sku_unique", "sku"),
            *(
                models.CheckConstraint(name=f"chk_batches_{name}_nonnegative", condition=models.Q(**{f"{name}__gte": 0}))
                for name in ("onHandQty", "reservedQty", "sampleQty")
            ),
        )

    def __str__(self) -> str:
        return self.code


class BatchLocation(models.Model):
    """Where a batch is stored."""

    id = models.AutoField(primary_key=True)
    batch = Key("Batch", "batchId")
    site = models.CharField(max_length=100)
    deleted_at = TimestampField(null=True)
    zone = models.CharField(max_length=100, null=True)
    rack = models.CharField(max_length=100, null=True)
    shelf = models.CharField(max_length=100, null=True)
    bin = models.CharField(max_length=100, null=True)
    qty = models.DecimalField(max_digits=15, decimal_places=4)
    createdAt = TimestampField(now=True)
    updatedAt = TimestampField(now=True, on_update=True)

    class Meta:
        managed = False
        db_table = "batchLocations"

    def __str__(self) -> str:
        return f"{self.qty} of batch {self.batch_id} at {self.site}"


class InventoryMovement(models.Model):
    """The stock journal: every change of a batch's quantity, with the quantity before and after."""

    id = models.AutoField(primary_key=True)
    batch = Key("Batch", "batchId", "inventoryMovements_batchId_batches_id_fk", "RESTRICT")
    inventoryMovementType = EnumField(
        "INTAKE",
        "SALE",
        "RETURN",
        "REFUND_RETURN",
        "ADJUSTMENT",
        "QUARANTINE",
        "RELEASE_FROM_QUARANTINE",
        "DISPOSAL",
        "TRANSFER",
        "SAMPLE",
    )
    quantityChange = models.DecimalField(max_digits=15, decimal_places=4)
    quantityBefore = models.DecimalField(max_digits=15, decimal_places=4)
    quantityAfter = models.DecimalField(max_digits=15, decimal_places=4)
    referenceType = models.CharField(max_length=50, null=True)
    referenceId = TypedReferenceField(
        kind="referenceType", targets={"ORDER": "terpseed.Order", "PO_RECEIPT": "terpseed.PurchaseOrder"}, null=True
    )
    adjustmentReason = EnumField(
        "DAMAGED", "EXPIRED", "LOST", "THEFT", "COUNT_DISCREPANCY", "QUALITY_ISSUE", "REWEIGH", "OTHER", null=True
    )
    notes = TextField(null=True)
    performedBy = Key("User", "performedBy", "inventoryMovements_performedBy_users_id_fk")
    createdAt = TimestampField(now=True)
    deleted_at = TimestampField(null=True)

    class Meta:
        managed = False
        db_table = "inventoryMovements"
        indexes = (
            TerpIndex("idx_inventory_movements_batch", "batch"),
            TerpIndex("idx_inventory_movements_created", "createdAt"),
            TerpIndex("idx_inventory_movements_reference", "referenceType", "referenceId"),
            TerpIndex("idx_inventory_movements_type", "inventoryMovementType"),
            TerpIndex("inventoryMovements_performedBy_users_id_fk", "performedBy"),
        )

    def __str__(self) -> str:
        return f"{self.inventoryMovementType} {self.quantityChange} of batch {self.batch_id}"


class ProductImage(models.Model):
    """A photograph of a batch."""

    id = models.AutoField(primary_key=True)
    batch = Key("Batch", "batch_id", "product_images_batch_id_batches_id_fk", "CASCADE", null=True)
    product = Key("Product", "product_id", "product_images_product_id_products_id_fk", "CASCADE", null=True)
    image_url = models.CharField(max_length=500)
    thumbnail_url = models.CharField(max_length=500, null=True)
    caption = models.CharField(max_length=255, null=True)
    is_primary = models.BooleanField(null=True, db_default=False)
    sort_order = models.IntegerField(null=True, db_default=0)
    status = EnumField("PENDING", "APPROVED", "REJECTED", "ARCHIVED", null=True, db_default="APPROVED")
    uploaded_by = Key("User", "uploaded_by", "product_images_uploaded_by_users_id_fk", null=True)
    uploaded_at = TimestampField(now=True, null=True)
    deleted_at = TimestampField(null=True)

    class Meta:
        managed = False
        db_table = "product_images"
        indexes = (
            TerpIndex("idx_batch_images", "batch"),
            TerpIndex("idx_product_images", "product"),
            TerpIndex("product_images_uploaded_by_users_id_fk", "uploaded_by"),
        )

    def __str__(self) -> str:
        return self.image_url
