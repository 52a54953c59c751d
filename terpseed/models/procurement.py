"""What TERP buys."""

from __future__ import annotations

from decimal import Decimal

from django.db import models

from .fields import EnumField, Key, TerpIndex, TextField, TimestampField, Unique


class Lot(models.Model):
    """One delivery from one supplier."""

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


class PurchaseOrder(models.Model):
    """An order to one supplier; vendor and supplying client are the same party."""

    id = models.AutoField(primary_key=True)
    poNumber = models.CharField(max_length=50)
    supplier_client = Key(
        "Client", "supplier_client_id", "purchaseOrders_supplier_client_id_clients_id_fk", "RESTRICT", null=True
    )
    vendor = Key("Vendor", "vendorId", "purchaseOrders_vendorId_vendors_id_fk", "RESTRICT", null=True)
    intakeSessionId = models.IntegerField(null=True)
    purchaseOrderStatus = EnumField("DRAFT", "SENT", "CONFIRMED", "RECEIVING", "RECEIVED", "CANCELLED", db_default="DRAFT")
    orderDate = models.DateField()
    expectedDeliveryDate = models.DateField(null=True)
    actualDeliveryDate = models.DateField(null=True)
    subtotal = models.DecimalField(max_digits=15, decimal_places=2, null=True, db_default=Decimal("0.00"))
    tax = models.DecimalField(max_digits=15, decimal_places=2, null=True, db_default=Decimal("0.00"))
    shipping = models.DecimalField(max_digits=15, decimal_places=2, null=True, db_default=Decimal("0.00"))
    total = models.DecimalField(max_digits=15, decimal_places=2, null=True, db_default=Decimal("0.00"))
    paymentTerms = models.CharField(max_length=100, null=True)
    paymentDueDate = models.DateField(null=True)
    notes = TextField(null=True)
    vendorNotes = TextField(null=True)
    deletedAt = TimestampField(null=True)
    createdBy = Key("User", "createdBy", "purchaseOrders_createdBy_users_id_fk", "RESTRICT")
    createdAt = TimestampField(now=True)
    updatedAt = TimestampField(now=True, on_update=True)
    sentAt = TimestampField(null=True)
    confirmedAt = TimestampField(null=True)

    class Meta:
        managed = False
        db_table = "purchaseOrders"
        indexes = (
            TerpIndex("idx_po_order_date", "orderDate"),
            TerpIndex("idx_po_status", "purchaseOrderStatus"),
            TerpIndex("idx_po_status_date", "purchaseOrderStatus", "orderDate"),
            TerpIndex("idx_po_supplier_client_id", "supplier_client"),
            TerpIndex("idx_po_supplier_status", "supplier_client", "purchaseOrderStatus"),
            TerpIndex("idx_po_vendor_id", "vendor"),
            TerpIndex("idx_po_vendor_status", "vendor", "purchaseOrderStatus"),
            TerpIndex("purchaseOrders_createdBy_users_id_fk", "createdBy"),
            TerpIndex("purchaseOrders_intakeSessionId_intake_sessions_id_fk", "intakeSessionId"),
        )
        constraints = (Unique("purchaseOrders_poNumber_unique", "poNumber"),)

    def __str__(self) -> str:
        return self.poNumber


class PurchaseOrderItem(models.Model):
    """One product of a purchase order."""

    id = models.AutoField(primary_key=True)
    purchaseOrder = Key(
        "PurchaseOrder", "purchaseOrderId", "purchaseOrderItems_purchaseOrderId_purchaseOrders_id_fk", "CASCADE"
    )
    product = Key("Product", "productId", "purchaseOrderItems_productId_products_id_fk", "RESTRICT")
    quantityOrdered = models.DecimalField(max_digits=15, decimal_places=4)
    quantityReceived = models.DecimalField(max_digits=15, decimal_places=4, null=True, db_default=Decimal("0.0000"))
    cogsMode = EnumField("FIXED", "RANGE", db_default="FIXED")
    unitCost = models.DecimalField(max_digits=15, decimal_places=4)
    unitCostMin = models.DecimalField(max_digits=15, decimal_places=4, null=True)
    unitCostMax = models.DecimalField(max_digits=15, decimal_places=4, null=True)
    totalCost = models.DecimalField(max_digits=15, decimal_places=4)
    notes = TextField(null=True)
    supplier_client = Key(
        "Client", "supplier_client_id", "purchaseOrderItems_supplier_client_id_clients_id_fk", "RESTRICT", null=True
    )
    deletedAt = TimestampField(null=True)
    createdAt = TimestampField(now=True)
    updatedAt = TimestampField(now=True, on_update=True)

    class Meta:
        managed = False
        db_table = "purchaseOrderItems"
        indexes = (
            TerpIndex("idx_poi_po_id", "purchaseOrder"),
            TerpIndex("idx_poi_product_id", "product"),
            TerpIndex("idx_poi_supplier_client_id", "supplier_client"),
        )

    def __str__(self) -> str:
        return f"{self.quantityOrdered} of product {self.product_id} on purchase order {self.purchaseOrder_id}"
