"""`bills`: what TERP owes a vendor, for a batch it bought or a consigned one it has sold."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import numpy as np
import polars as pl
from django.db.models import OuterRef

from seeding import BaseSeeder, Dataset, Derivation, Rows, SeederConfig, decimals, take
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

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        """The columns of `bills`."""
        batches = payables.batch(rows, payables.BILLS)
        lots = stock.lot(batches)
        billed, term = payables.billed_at(batches), payables.term(batches)
        amount, due = decimals(payables.total(batches), 2), settlement.due(billed, term)
        status = np.where(settlement.is_past(rows, due), 2, (~stock.is_consigned(batches)).astype(np.int64))
        return pl.DataFrame(
            {
                "billNumber": payables.bill_number(batches),
                "vendorId": serving.lot_seller(lots),
                "billDate": calendar.dates(billed),
                "dueDate": calendar.dates(due),
                "subtotal": amount,
                "totalAmount": amount,
                "amountPaid": pl.repeat(Decimal("0.00"), len(rows), dtype=pl.Decimal(12, 2), eager=True),
                "amountDue": amount,
                "status": take(("APPROVED", "PENDING", "OVERDUE"), status),
                "paymentTerms": take(parties.TERMS, term),
                "referenceType": pl.repeat("LOT", len(rows), eager=True),
                "referenceId": lots.index,
                "notes": notes.some(rows, notes.BILL),
                "createdBy": staff.member(rows, "created by"),
                "createdAt": calendar.timestamps(billed),
                "updatedAt": calendar.timestamps(billed),
            }
        )
