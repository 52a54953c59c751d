"""`bills`: what TERP owes a vendor, for a batch it bought or a consigned one it has sold."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import numpy as np
import polars as pl
from django.db.models import OuterRef

from seeding import BaseSeeder, Dataset, Derivation, Integers, Rows, SeederConfig, decimals, take
from terpseed.expressions import settled
from terpseed.facts import calendar, notes, parties, staff
from terpseed.facts.goods import stock
from terpseed.facts.money import payables, settlement
from terpseed.facts.sales import serving
from terpseed.models import Bill, Payment


class BillSeeder(BaseSeeder):
    """Six per cell, generated as unpaid; what is paid is derived."""

    config = SeederConfig(
        model=Bill,
        group="payables",
        # A bill for consigned goods covers the quantity sold.
        dependencies=("vendors", "lots", "users", "SaleMovementSeeder"),
        companions=("BillLineItemSeeder",),
        record_count=payables.BILLS,
        pii_fields={"notes": "free_text"},
        not_pii=("billNumber", "paymentTerms", "referenceType"),
        version=2,
    )

    def derivations(self, dataset: Dataset) -> Sequence[Derivation]:
        """The amount paid, the amount due, and the resulting status."""
        payments = Payment.objects.filter(bill=OuterRef("pk"), paymentType="SENT", deleted_at__isnull=True)
        return settled(payments, "bill", dataset.as_of, waiting="PENDING", otherwise="APPROVED")

    def derived_data(self, rows: Rows) -> pl.DataFrame:
        """The columns of `derivations`."""
        batches = payables.batch(rows, payables.BILLS)
        paid = payables.settled(batches)
        return pl.DataFrame(
            {
                "amountPaid": decimals(paid, 2),
                "amountDue": decimals(payables.total(batches) - paid, 2),
                "status": _status(batches, paid),
            }
        )

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        """The columns of `bills`."""
        batches = payables.batch(rows, payables.BILLS)
        lots = stock.lot(batches)
        billed, term = payables.billed_at(batches), payables.term(batches)
        amount = decimals(payables.total(batches), 2)
        return pl.DataFrame(
            {
                "billNumber": payables.bill_number(batches),
                "vendorId": serving.lot_seller(lots),
                "billDate": calendar.dates(billed),
                "dueDate": calendar.dates(settlement.due(billed, term)),
                "subtotal": amount,
                "totalAmount": amount,
                "amountPaid": pl.repeat(Decimal("0.00"), len(rows), dtype=pl.Decimal(12, 2), eager=True),
                "amountDue": amount,
                "status": _status(batches, np.zeros(len(rows), dtype=np.int64)),
                "paymentTerms": take(parties.TERMS, term),
                "referenceType": pl.repeat("LOT", len(rows), eager=True),
                "referenceId": lots.index,
                "notes": notes.some(rows, notes.BILL),
                "createdBy": staff.member(rows, "created by"),
                "createdAt": calendar.timestamps(billed),
                "updatedAt": calendar.timestamps(billed),
            }
        )


def _status(batches: Rows, paid: Integers) -> pl.Series:
    """The status of the bills of batches of which so many cents are paid."""
    unpaid = take(("APPROVED", "PENDING"), (~stock.is_consigned(batches)).astype(np.int64))
    due = settlement.due(payables.billed_at(batches), payables.term(batches))
    return settlement.status(payables.total(batches), paid, settlement.is_past(batches, due), unpaid)
