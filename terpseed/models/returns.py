"""What clients have sent back, and their credits."""

from __future__ import annotations

from decimal import Decimal

from django.db import models

from .fields import EnumField, Key, NamingField, ReferencingJSONField, TerpIndex, TextField, TimestampField, Unique


class Return(models.Model):
    """Goods that a client has sent back, or wants to."""

    id = models.AutoField(primary_key=True)
    order = Key("Order", "order_id", "returns_order_id_orders_id_fk", "CASCADE")
    items = ReferencingJSONField(targets={"batchId": "terpseed.Batch"})
    returnReason = EnumField("DEFECTIVE", "WRONG_ITEM", "NOT_AS_DESCRIBED", "CUSTOMER_CHANGED_MIND", "OTHER")
    status = EnumField("PENDING", "APPROVED", "REJECTED", "RECEIVED", "PROCESSED", "CANCELLED", db_default="PENDING")
    notes = TextField(null=True)
    processed_by = Key("User", "processed_by", "returns_processed_by_users_id_fk")
    processed_at = TimestampField(now=True)

    class Meta:
        managed = False
        db_table = "returns"
        indexes = (
            TerpIndex("idx_order_id", "order"),
            TerpIndex("idx_processed_at", "processed_at"),
            TerpIndex("idx_returns_status", "status"),
            TerpIndex("returns_processed_by_users_id_fk", "processed_by"),
        )

    def __str__(self) -> str:
        return f"return of order {self.order_id}"


class Transaction(models.Model):
    """TERP's older record of an invoice, to which credits refer."""

    id = models.AutoField(primary_key=True)
    transactionNumber = NamingField(
        max_length=50, kind="transactionType", targets={"INVOICE": ("terpseed.Invoice", "invoiceNumber")}
    )
    transactionType = EnumField("INVOICE", "PAYMENT", "REFUND", "CREDIT", "QUOTE", "ORDER", "SALE")
    client = Key("Client", "clientId", "transactions_clientId_clients_id_fk", "CASCADE")
    transactionDate = TimestampField()
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    transactionStatus = EnumField(
        "DRAFT", "PENDING", "CONFIRMED", "COMPLETED", "PARTIAL", "PAID", "OVERDUE", "VOID", "WRITTEN_OFF"
    )
    notes = TextField(null=True)
    metadata = TextField(null=True)
    createdBy = Key("User", "createdBy", "transactions_createdBy_users_id_fk")
    createdAt = TimestampField(now=True)
    updatedAt = TimestampField(now=True, on_update=True)

    class Meta:
        managed = False
        db_table = "transactions"
        indexes = (
            TerpIndex("idx_transactions_client_id", "client"),
            TerpIndex("idx_transactions_date", "transactionDate"),
            TerpIndex("idx_transactions_status", "transactionStatus"),
            TerpIndex("idx_transactions_type", "transactionType"),
            TerpIndex("transactions_createdBy_users_id_fk", "createdBy"),
        )
        constraints = (Unique("transactions_transactionNumber_unique", "transactionNumber"),)

    def __str__(self) -> str:
        return self.transactionNumber


class Credit(models.Model):
    """What a client may set against an invoice."""

    id = models.AutoField(primary_key=True)
    creditNumber = models.CharField(max_length=50)
    client = Key("Client", "clientId", "credits_clientId_clients_id_fk", "CASCADE")
    transaction = Key("Transaction", "transactionId", "credits_transactionId_transactions_id_fk", null=True)
    creditAmount = models.DecimalField(max_digits=12, decimal_places=2)
    amountUsed = models.DecimalField(max_digits=12, decimal_places=2, db_default=Decimal("0.00"))
    amountRemaining = models.DecimalField(max_digits=12, decimal_places=2)
    creditReason = models.CharField(max_length=100, null=True)
    expirationDate = TimestampField(null=True)
    creditStatus = EnumField("ACTIVE", "PARTIALLY_USED", "FULLY_USED", "EXPIRED", "VOID", db_default="ACTIVE")
    notes = TextField(null=True)
    createdBy = Key("User", "createdBy", "credits_createdBy_users_id_fk")
    createdAt = TimestampField(now=True)
    updatedAt = TimestampField(now=True, on_update=True)

    class Meta:
        managed = False
        db_table = "credits"
        indexes = (
            TerpIndex("credits_createdBy_users_id_fk", "createdBy"),
            TerpIndex("credits_transactionId_transactions_id_fk", "transaction"),
            TerpIndex("idx_credits_client_id", "client"),
            TerpIndex("idx_credits_expiration", "expirationDate"),
            TerpIndex("idx_credits_status", "creditStatus"),
        )
        constraints = (Unique("credits_creditNumber_unique", "creditNumber"),)

    def __str__(self) -> str:
        return self.creditNumber


class CreditApplication(models.Model):
    """How much of a credit was set against which invoice."""

    id = models.AutoField(primary_key=True)
    credit = Key("Credit", "creditId", "creditApplications_creditId_credits_id_fk", "CASCADE")
    invoice = Key("Transaction", "invoiceId", "creditApplications_invoiceId_transactions_id_fk", "CASCADE")
    amountApplied = models.DecimalField(max_digits=12, decimal_places=2)
    appliedDate = TimestampField()
    notes = TextField(null=True)
    appliedBy = Key("User", "appliedBy", "creditApplications_appliedBy_users_id_fk")
    idempotencyKey = models.CharField(max_length=255, null=True)
    createdAt = TimestampField(now=True)

    class Meta:
        managed = False
        db_table = "creditApplications"
        indexes = (
            TerpIndex("creditApplications_appliedBy_users_id_fk", "appliedBy"),
            TerpIndex("idx_credit_applications_credit", "credit"),
            TerpIndex("idx_credit_applications_invoice", "invoice"),
        )
        constraints = (Unique("idx_credit_applications_idempotency", "idempotencyKey"),)

    def __str__(self) -> str:
        return f"{self.amountApplied} of credit {self.credit_id}"
