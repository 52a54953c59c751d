"""What clients owe TERP, and what they have paid."""

from __future__ import annotations

from decimal import Decimal

from django.db import models

from .fields import EnumField, Key, NamingField, TerpIndex, TextField, TimestampField, TypedReferenceField, Unique


class Invoice(models.Model):
    """What a client owes for an order."""

    id = models.AutoField(primary_key=True)
    invoiceNumber = models.CharField(max_length=50)
    deleted_at = TimestampField(null=True)
    version = models.IntegerField(db_default=1)
    customer = Key("Client", "customerId", "invoices_customerId_clients_id_fk", "RESTRICT")
    invoiceDate = models.DateField()
    dueDate = models.DateField()
    subtotal = models.DecimalField(max_digits=12, decimal_places=2)
    taxAmount = models.DecimalField(max_digits=12, decimal_places=2, db_default=Decimal("0.00"))
    discountAmount = models.DecimalField(max_digits=12, decimal_places=2, db_default=Decimal("0.00"))
    totalAmount = models.DecimalField(max_digits=12, decimal_places=2)
    amountPaid = models.DecimalField(max_digits=12, decimal_places=2, db_default=Decimal("0.00"))
    amountDue = models.DecimalField(max_digits=12, decimal_places=2)
    status = EnumField("DRAFT", "SENT", "VIEWED", "PARTIAL", "PAID", "OVERDUE", "VOID", db_default="DRAFT")
    paymentTerms = models.CharField(max_length=100, null=True)
    notes = TextField(null=True)
    referenceType = models.CharField(max_length=50, null=True)
    referenceId = TypedReferenceField(kind="referenceType", targets={"ORDER": "terpseed.Order"}, null=True)
    createdBy = Key("User", "createdBy", "invoices_createdBy_users_id_fk", "RESTRICT")
    createdAt = TimestampField(now=True)
    updatedAt = TimestampField(now=True, on_update=True)

    class Meta:
        managed = False
        db_table = "invoices"
        indexes = (
            TerpIndex("idx_invoices_created_by", "createdBy"),
            TerpIndex("idx_invoices_customer_id", "customer"),
            TerpIndex("idx_invoices_customer_status", "customer", "status"),
            TerpIndex("idx_invoices_reference", "referenceType", "referenceId"),
            TerpIndex("idx_invoices_status_created", "status", "createdAt"),
            TerpIndex("idx_invoices_status_due_date", "status", "dueDate"),
        )
        constraints = (Unique("invoices_invoiceNumber_unique", "invoiceNumber"),)

    def __str__(self) -> str:
        return self.invoiceNumber


class InvoiceLineItem(models.Model):
    """One line of an invoice."""

    id = models.AutoField(primary_key=True)
    invoice = Key("Invoice", "invoiceId", "invoiceLineItems_invoiceId_invoices_id_fk", "CASCADE")
    product = Key("Product", "productId", "invoiceLineItems_productId_products_id_fk", "RESTRICT", null=True)
    batch = Key("Batch", "batchId", "invoiceLineItems_batchId_batches_id_fk", "RESTRICT", null=True)
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
        db_table = "invoiceLineItems"
        indexes = (
            TerpIndex("idx_invoice_line_items_batch_id", "batch"),
            TerpIndex("idx_invoice_line_items_invoice_id", "invoice"),
            TerpIndex("idx_invoice_line_items_product_id", "product"),
        )

    def __str__(self) -> str:
        return self.description


class InvoicePayment(models.Model):
    """How much of a payment settles which invoice."""

    id = models.AutoField(primary_key=True)
    deleted_at = TimestampField(null=True)
    payment = Key("Payment", "payment_id", "invoice_payments_payment_id_payments_id_fk", "CASCADE")
    invoice = Key("Invoice", "invoice_id", "invoice_payments_invoice_id_invoices_id_fk", "RESTRICT")
    allocated_amount = models.DecimalField(max_digits=15, decimal_places=2)
    allocated_at = TimestampField(now=True)
    allocated_by = Key("User", "allocated_by", "invoice_payments_allocated_by_users_id_fk", "RESTRICT")
    notes = TextField(null=True)

    class Meta:
        managed = False
        db_table = "invoice_payments"
        indexes = (
            TerpIndex("idx_invoice_payments_invoice", "invoice"),
            TerpIndex("idx_invoice_payments_payment", "payment"),
            TerpIndex("invoice_payments_allocated_by_users_id_fk", "allocated_by"),
        )
        constraints = (Unique("uk_invoice_payments", "payment", "invoice"),)

    def __str__(self) -> str:
        return f"{self.allocated_amount} of payment {self.payment_id} on invoice {self.invoice_id}"


class ClientTransaction(models.Model):
    """A client's statement: a row per order, invoice and payment."""

    id = models.AutoField(primary_key=True)
    client = Key("Client", "client_id", "client_transactions_client_id_clients_id_fk", "CASCADE")
    transaction_type = EnumField("INVOICE", "PAYMENT", "QUOTE", "ORDER", "REFUND", "CREDIT")
    transaction_number = NamingField(
        max_length=100,
        null=True,
        kind="transaction_type",
        targets={
            "ORDER": ("terpseed.Order", "order_number"),
            "INVOICE": ("terpseed.Invoice", "invoiceNumber"),
            "PAYMENT": ("terpseed.Payment", "paymentNumber"),
        },
    )
    transaction_date = models.DateField()
    amount = models.DecimalField(max_digits=15, decimal_places=2)
    payment_status = EnumField("PAID", "PENDING", "OVERDUE", "PARTIAL", null=True, db_default="PENDING")
    payment_date = models.DateField(null=True)
    payment_amount = models.DecimalField(max_digits=15, decimal_places=2, null=True)
    notes = TextField(null=True)
    metadata = models.JSONField(null=True)
    created_at = TimestampField(now=True, null=True)
    updated_at = TimestampField(now=True, on_update=True, null=True)

    class Meta:
        managed = False
        db_table = "client_transactions"
        indexes = (
            TerpIndex("idx_client_id", "client"),
            TerpIndex("idx_payment_status", "payment_status"),
            TerpIndex("idx_transaction_date", "transaction_date"),
        )

    def __str__(self) -> str:
        return f"{self.transaction_type} {self.transaction_number}"
