"""What the business costs to run, and the statements of its bank accounts."""

from __future__ import annotations

from decimal import Decimal

from django.db import models

from .fields import EnumField, Key, TextField, TimestampField, Unique


class ExpenseCategory(models.Model):
    """What money is spent on."""

    id = models.AutoField(primary_key=True)
    categoryName = models.CharField(max_length=255)
    deleted_at = TimestampField(null=True)
    parentCategory = Key("self", "parentCategoryId", null=True)
    ledgerAccount = Key("Account", "ledgerAccountId", null=True)
    isActive = models.BooleanField(db_default=True)
    createdAt = TimestampField(now=True)
    updatedAt = TimestampField(now=True, on_update=True)

    class Meta:
        managed = False
        db_table = "expenseCategories"

    def __str__(self) -> str:
        return self.categoryName


class Expense(models.Model):
    """Money spent on running the business, without a bill."""

    id = models.AutoField(primary_key=True)
    expenseNumber = models.CharField(max_length=50)
    deleted_at = TimestampField(null=True)
    expenseDate = models.DateField()
    category = Key("ExpenseCategory", "categoryId")
    vendor = Key("Vendor", "vendorId", null=True)
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    taxAmount = models.DecimalField(max_digits=12, decimal_places=2, db_default=Decimal("0.00"))
    totalAmount = models.DecimalField(max_digits=12, decimal_places=2)
    paymentMethod = EnumField("CASH", "CHECK", "CREDIT_CARD", "DEBIT_CARD", "BANK_TRANSFER", "OTHER")
    bankAccount = Key("BankAccount", "bankAccountId", null=True)
    description = TextField(null=True)
    receiptUrl = models.CharField(max_length=500, null=True)
    bill = Key("Bill", "billId", null=True)
    isReimbursable = models.BooleanField(db_default=False)
    isReimbursed = models.BooleanField(db_default=False)
    reimbursedAt = TimestampField(null=True)
    createdBy = Key("User", "createdBy")
    createdAt = TimestampField(now=True)
    updatedAt = TimestampField(now=True, on_update=True)

    class Meta:
        managed = False
        db_table = "expenses"
        constraints = (Unique("expenses_expenseNumber_unique", "expenseNumber"),)

    def __str__(self) -> str:
        return self.expenseNumber


class BankTransaction(models.Model):
    """A line of a bank account's statement."""

    id = models.AutoField(primary_key=True)
    bankAccount = Key("BankAccount", "bankAccountId")
    transactionDate = models.DateField()
    transactionType = EnumField("DEPOSIT", "WITHDRAWAL", "TRANSFER", "FEE", "INTEREST")
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    deleted_at = TimestampField(null=True)
    description = TextField(null=True)
    referenceNumber = models.CharField(max_length=100, null=True)
    payment = Key("Payment", "paymentId", null=True)
    isReconciled = models.BooleanField(db_default=False)
    reconciledAt = TimestampField(null=True)
    createdAt = TimestampField(now=True)

    class Meta:
        managed = False
        db_table = "bankTransactions"

    def __str__(self) -> str:
        return f"{self.transactionType} {self.amount}"
