"""Double entry: every journal balances, matches its document, and is in an open period."""

from __future__ import annotations

from typing import Any

from django.db.models import Case, F, Max, Min, OuterRef, Q, QuerySet, Subquery, Sum, Value, When
from django.db.models.functions import Abs

from seeding import Seeded, invariant, unless
from terpseed.expressions import MONEY
from terpseed.invariants.orders import HALF_A_CENT
from terpseed.models import Account, Bill, Expense, FiscalPeriod, Invoice, LedgerEntry, Payment


@invariant(LedgerEntry)
def a_journal_line_is_single_sided(seeded: Seeded) -> QuerySet[Any]:
    """A line debits or credits, not both, and never less than nothing."""
    return unless(seeded.rows, Q(debit=0, credit__gte=0) | Q(credit=0, debit__gte=0))


@invariant(LedgerEntry)
def a_journal_balances(seeded: Seeded) -> QuerySet[Any]:
    """The debits of all lines of one reference are their credits, on one day."""
    journals = seeded.rows.order_by().values("referenceType", "referenceId")
    sums = journals.annotate(off=Abs(Sum("debit") - Sum("credit")), first=Min("entryDate"), last=Max("entryDate"))
    return sums.filter(Q(off__gt=HALF_A_CENT) | Q(first__lt=F("last")))


@invariant(LedgerEntry, Invoice, Bill, Payment, Account, Expense)
def a_journal_says_what_its_document_does(seeded: Seeded) -> QuerySet[Any]:
    """What receivables, cash or payables move by is what the invoice, payment, bill or expense comes to."""
    amounts = [
        When(referenceType=kind, then=Subquery(model.objects.filter(pk=OuterRef("referenceId")).values(column)))
        for kind, model, column in (
            ("INVOICE", Invoice, "totalAmount"),
            ("PAYMENT", Payment, "amount"),
            ("BILL", Bill, "totalAmount"),
            ("EXPENSE", Expense, "totalAmount"),
        )
    ]
    telling = (
        Q(referenceType="INVOICE", account__accountName="Accounts Receivable")
        | Q(referenceType__in=("PAYMENT", "EXPENSE"), account__accountName="Cash")
        | Q(referenceType="BILL", account__accountName="Accounts Payable")
    )
    documented = seeded.rows.filter(telling).annotate(said=Case(*amounts, default=Value(None), output_field=MONEY))
    return documented.filter(Q(said=None) | ~Q(said=F("debit") + F("credit")))


@invariant(LedgerEntry, FiscalPeriod)
def a_journal_line_is_in_its_open_period(seeded: Seeded) -> QuerySet[Any]:
    """The day of a posted line lies in its fiscal period, and that is open."""
    inside = Q(fiscalPeriod__startDate__lte=F("entryDate"), fiscalPeriod__endDate__gte=F("entryDate"))
    return unless(seeded.rows.filter(isPosted=True), inside & Q(fiscalPeriod__status="OPEN"))
