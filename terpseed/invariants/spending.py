"""What the business costs to run, and the statements of its bank accounts."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from seeding import Seeded, invariant, unless
from terpseed.models import BankTransaction, Expense, ExpenseCategory, Payment


@invariant(Expense, ExpenseCategory)
def an_expense_is_in_a_category(seeded: Seeded) -> QuerySet[Any]:
    """An expense is more than 0, with no tax beside it, in a category that exists, and on the day it was entered."""
    known = Exists(ExpenseCategory.objects.filter(pk=OuterRef("category_id"), deleted_at__isnull=True))
    whole = Q(amount__gt=0, totalAmount=F("amount") + F("taxAmount"), expenseDate=F("createdAt__date"))
    return unless(seeded.rows, known & whole)


@invariant(Expense, BankTransaction)
def an_expense_is_on_a_statement(seeded: Seeded) -> QuerySet[Any]:
    """It has a line on the statement of its bank account."""
    paid = BankTransaction.objects.filter(
        referenceNumber=OuterRef("expenseNumber"),
        bankAccount=OuterRef("bankAccount_id"),
        amount=OuterRef("totalAmount"),
        transactionType="WITHDRAWAL",
    )
    return unless(seeded.rows, Exists(paid))


@invariant(Payment, BankTransaction)
def a_payment_through_a_bank_is_on_its_statement(seeded: Seeded) -> QuerySet[Any]:
    """A payment with a bank account has a line on that account's statement."""
    # TERP has no index on paymentId: the lines are read in one pass, not looked up one by one.
    lines = BankTransaction.objects.filter(deleted_at__isnull=True, payment__isnull=False)
    return unless(seeded.rows.filter(bankAccount__isnull=False, deleted_at__isnull=True), pk__in=lines.values("payment"))


@invariant(BankTransaction, Payment, Expense)
def a_statement_line_is_a_payment_or_an_expense(seeded: Seeded) -> QuerySet[Any]:
    """It has the account, amount and day of its payment, received ones as deposits, or of the expense that it names."""
    same = Q(payment__bankAccount=F("bankAccount"), payment__amount=F("amount"), payment__paymentDate=F("transactionDate"))
    way = Q(transactionType="DEPOSIT", payment__paymentType="RECEIVED") | Q(
        transactionType="WITHDRAWAL", payment__paymentType="SENT"
    )
    spent = Expense.objects.filter(
        expenseNumber=OuterRef("referenceNumber"),
        bankAccount=OuterRef("bankAccount_id"),
        totalAmount=OuterRef("amount"),
        expenseDate=OuterRef("transactionDate"),
    )
    return unless(seeded.rows, (same & way) | (Q(payment=None, transactionType="WITHDRAWAL") & Exists(spent)))


@invariant(BankTransaction)
def a_statement_line_is_reconciled_later(seeded: Seeded) -> QuerySet[Any]:
    """A reconciled line says when, after its day and not in the future; another one does not."""
    later = Q(isReconciled=True, reconciledAt__date__gt=F("transactionDate"), reconciledAt__date__lt=seeded.as_of)
    return unless(seeded.rows, later | Q(isReconciled=False, reconciledAt=None))
