"""The books: accounts, periods, payments and double entries."""

from __future__ import annotations

from decimal import Decimal

from django.db import models

from .fields import EnumField, Key, TerpIndex, TextField, TimestampField, TypedReferenceField, Unique


class Account(models.Model):
    """An account of the chart of accounts."""

    id = models.AutoField(primary_key=True)
    accountNumber = models.CharField(max_length=20)
    deleted_at = TimestampField(null=True)
    accountName = models.CharField(max_length=255)
    accountType = EnumField("ASSET", "LIABILITY", "EQUITY", "REVENUE", "EXPENSE")
    parentAccount = Key("self", "parentAccountId", null=True)
    isActive = models.BooleanField(db_default=True)
    normalBalance = EnumField("DEBIT", "CREDIT")
    description = TextField(null=True)
    createdAt = TimestampField(now=True)
    updatedAt = TimestampField(now=True, on_update=True)

    class Meta:
        managed = False
        db_table = "accounts"
        constraints = (Unique("accounts_accountNumber_unique", "accountNumber"),)

    def __str__(self) -> str:
        return f"{self.accountNumber} {self.accountName}"


class FiscalPeriod(models.Model):
    """A month of the books."""

    id = models.AutoField(primary_key=True)
    periodName = models.CharField(max_length=100)
    deleted_at = TimestampField(null=True)
    startDate = models.DateField()
    endDate = models.DateField()
    fiscalYear = models.IntegerField()
    status = EnumField("OPEN", "CLOSED", "LOCKED", db_default="OPEN")
    closedAt = TimestampField(null=True)
    closedBy = Key("User", "closedBy", null=True)
    createdAt = TimestampField(now=True)
    updatedAt = TimestampField(now=True, on_update=True)

    class Meta:
        managed = False
        db_table = "fiscalPeriods"

    def __str__(self) -> str:
        return self.periodName


class BankAccount(models.Model):
    """An account at a bank."""

    id = models.AutoField(primary_key=True)
    accountName = models.CharField(max_length=255)
    deleted_at = TimestampField(null=True)
    accountNumber = models.CharField(max_length=50)
    bankName = models.CharField(max_length=255)
    accountType = EnumField("CHECKING", "SAVINGS", "MONEY_MARKET", "CREDIT_CARD")
    currency = models.CharField(max_length=3, db_default="USD")
    currentBalance = models.DecimalField(max_digits=12, decimal_places=2, db_default=Decimal("0.00"))
    isActive = models.BooleanField(db_default=True)
    ledgerAccount = Key("Account", "ledgerAccountId", null=True)
    notes = TextField(null=True)
    createdAt = TimestampField(now=True)
    updatedAt = TimestampField(now=True, on_update=True)

    class Meta:
        managed = False
        db_table = "bankAccounts"

    def __str__(self) -> str:
        return self.accountName


class Payment(models.Model):
    """Money received on an invoice, or sent on a bill. Caution: `vendorId` references a client here."""

    id = models.AutoField(primary_key=True)
    paymentNumber = models.CharField(max_length=50)
    deleted_at = TimestampField(null=True)
    paymentType = EnumField("RECEIVED", "SENT")
    paymentDate = models.DateField()
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    paymentMethod = EnumField("CASH", "CHECK", "WIRE", "ACH", "CREDIT_CARD", "DEBIT_CARD", "OTHER")
    referenceNumber = models.CharField(max_length=100, null=True)
    bankAccount = Key("BankAccount", "bankAccountId", "payments_bankAccountId_bankAccounts_id_fk", "RESTRICT", null=True)
    customer = Key("Client", "customerId", "payments_customerId_clients_id_fk", "RESTRICT", null=True)
    vendor = Key("Client", "vendorId", "payments_vendorId_clients_id_fk", "RESTRICT", null=True)
    invoice = Key("Invoice", "invoiceId", "payments_invoiceId_invoices_id_fk", "RESTRICT", null=True)
    bill = Key("Bill", "billId", "payments_billId_bills_id_fk", "RESTRICT", null=True)
    notes = TextField(null=True)
    isReconciled = models.BooleanField(db_default=False)
    reconciledAt = TimestampField(null=True)
    createdBy = Key("User", "createdBy", "payments_createdBy_users_id_fk", "RESTRICT")
    createdAt = TimestampField(now=True)
    updatedAt = TimestampField(now=True, on_update=True)
    version = models.IntegerField(db_default=1)

    class Meta:
        managed = False
        db_table = "payments"
        indexes = (
            TerpIndex("idx_payments_bank_account_id", "bankAccount"),
            TerpIndex("idx_payments_bill_id", "bill"),
            TerpIndex("idx_payments_created_by", "createdBy"),
            TerpIndex("idx_payments_customer_date", "customer", "paymentDate"),
            TerpIndex("idx_payments_customer_id", "customer"),
            TerpIndex("idx_payments_invoice_id", "invoice"),
            TerpIndex("idx_payments_reconcile_status", "isReconciled", "paymentDate"),
            TerpIndex("idx_payments_type_date", "paymentType", "paymentDate"),
            TerpIndex("idx_payments_vendor_date", "vendor", "paymentDate"),
            TerpIndex("idx_payments_vendor_id", "vendor"),
        )
        constraints = (Unique("payments_paymentNumber_unique", "paymentNumber"),)

    def __str__(self) -> str:
        return self.paymentNumber


class LedgerEntry(models.Model):
    """One side of a journal: a debit or a credit; the lines of a journal share their reference and balance."""

    id = models.AutoField(primary_key=True)
    entryNumber = models.CharField(max_length=50)
    deleted_at = TimestampField(null=True)
    entryDate = models.DateField()
    account = Key("Account", "accountId")
    debit = models.DecimalField(max_digits=12, decimal_places=2, db_default=Decimal("0.00"))
    credit = models.DecimalField(max_digits=12, decimal_places=2, db_default=Decimal("0.00"))
    description = TextField(null=True)
    referenceType = models.CharField(max_length=50, null=True)
    referenceId = TypedReferenceField(
        kind="referenceType",
        targets={
            "INVOICE": "terpseed.Invoice",
            "BILL": "terpseed.Bill",
            "PAYMENT": "terpseed.Payment",
            "CASH_LOCATION": "terpseed.CashLocation",
            "EXPENSE": "terpseed.Expense",
        },
        null=True,
    )
    fiscalPeriod = Key("FiscalPeriod", "fiscalPeriodId")
    isManual = models.BooleanField(db_default=False)
    isPosted = models.BooleanField(db_default=False)
    postedAt = TimestampField(null=True)
    postedBy = Key("User", "postedBy", null=True)
    createdBy = Key("User", "createdBy")
    createdAt = TimestampField(now=True)

    class Meta:
        managed = False
        db_table = "ledgerEntries"
        indexes = (TerpIndex("idx_ledger_entries_account_id", "account"),)
        constraints = (
            Unique("ledgerEntries_entryNumber_unique", "entryNumber"),
            models.CheckConstraint(
                name="chk_single_direction",
                condition=models.Q(debit=0, credit__gte=0) | models.Q(credit=0, debit__gte=0),
            ),
        )

    def __str__(self) -> str:
        return self.entryNumber
