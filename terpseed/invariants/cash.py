"""Cash: every payment made in it is somewhere, and every count finds what should be there."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Abs

from seeding import Seeded, invariant, unless
from terpseed.expressions import into_place, total
from terpseed.invariants.orders import HALF_A_CENT
from terpseed.models import Account, CashLocation, CashLocationTransaction, Invoice, LedgerEntry, Payment, ShiftAudit


@invariant(Payment, CashLocationTransaction, Invoice)
def a_cash_payment_is_in_a_place(seeded: Seeded) -> QuerySet[Any]:
    """A received payment in cash is put somewhere under its order; a sent one is taken from somewhere under its own key."""
    entries = CashLocationTransaction.objects.filter(amount=OuterRef("amount"))
    put = entries.filter(transaction_type="IN", reference_type="ORDER", reference_id=OuterRef("invoice__referenceId"))
    taken = entries.filter(transaction_type="OUT", reference_type="VENDOR_PAYMENT", reference_id=OuterRef("pk"))
    cash = seeded.rows.filter(paymentMethod="CASH", deleted_at__isnull=True)
    return unless(cash, Q(paymentType="RECEIVED") & Exists(put) | Q(paymentType="SENT") & Exists(taken))


@invariant(CashLocationTransaction, Payment, Invoice, LedgerEntry, Account)
def cash_moves_by_a_payment(seeded: Seeded) -> QuerySet[Any]:
    """What is put in or taken out is a payment in cash of that amount and moment, or an initial balance in the books."""
    cash = Payment.objects.filter(paymentMethod="CASH", amount=OuterRef("amount"), createdAt=OuterRef("created_at"))
    received = cash.filter(
        paymentType="RECEIVED", invoice__referenceType="ORDER", invoice__referenceId=OuterRef("reference_id")
    )
    sent = cash.filter(paymentType="SENT", pk=OuterRef("reference_id"))
    put = Q(transaction_type="IN", reference_type="ORDER") & Exists(received)
    taken = Q(transaction_type="OUT", reference_type="VENDOR_PAYMENT") & Exists(sent)
    booked = LedgerEntry.objects.filter(
        referenceType="CASH_LOCATION", referenceId=OuterRef("location_id"), account__accountName="Cash"
    )
    brought = Q(transaction_type="IN", reference_type="MANUAL") & Exists(booked.filter(debit=OuterRef("amount")))
    return unless(seeded.rows, put | taken | brought)


@invariant(CashLocation, CashLocationTransaction)
def a_cash_balance_is_what_went_in_and_out(seeded: Seeded) -> QuerySet[Any]:
    """The current_balance is what was put in less what was taken out, transfers included, as far as the column goes."""
    entries = CashLocationTransaction.objects.filter(location=OuterRef("pk"))
    off = Abs(F("current_balance") - total(entries, "location", into_place()))
    right = Q(off__lte=HALF_A_CENT) | Q(current_balance=Decimal("9999999999.99"))
    return unless(seeded.rows.annotate(off=off), right)


@invariant(ShiftAudit, CashLocationTransaction)
def a_shift_is_counted(seeded: Seeded) -> QuerySet[Any]:
    """It begins with what was there, and expects what came; when CLOSED, the variance is what the count is off by."""
    entries = CashLocationTransaction.objects.filter(location=OuterRef("location_id"))
    before = total(entries.filter(created_at__lt=OuterRef("shift_start")), "location", into_place())
    until = total(entries.filter(created_at__lt=OuterRef("shift_end")), "location", into_place())
    counted = seeded.rows.annotate(
        begun=Abs(F("starting_balance") - before),
        ended=Abs(F("expected_balance") - until),
        off=Abs(F("actual_count") - F("expected_balance") - F("variance")),
    )
    closed = Q(status="CLOSED", shift_end__gt=F("shift_start"), ended__lte=HALF_A_CENT, off__lte=HALF_A_CENT)
    active = Q(status="ACTIVE", shift_end=None, expected_balance=F("starting_balance"))
    return unless(counted, Q(begun__lte=HALF_A_CENT) & (closed | active))


@invariant(ShiftAudit)
def one_shift_follows_another(seeded: Seeded) -> QuerySet[Any]:
    """A shift that ended is followed by one of the same place, at that moment."""
    following = ShiftAudit.objects.filter(location=OuterRef("location_id"), shift_start=OuterRef("shift_end"))
    return unless(seeded.rows.filter(shift_end__isnull=False), Exists(following))
