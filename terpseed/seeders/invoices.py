"""`invoices`: what a client owes for a shipped order."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import numpy as np
import polars as pl
from django.db.models import OuterRef

from seeding import BaseSeeder, Dataset, Derivation, Rows, SeederConfig, decimals, take
from terpseed.expressions import settled
from terpseed.facts import calendar, notes, parties, staff
from terpseed.facts.money import invoicing, receivables
from terpseed.facts.sales import pricing, trade
from terpseed.models import Invoice, Payment


class InvoiceSeeder(BaseSeeder):
    """One per shipped order, generated as unpaid; what is paid is derived. Void if the goods were returned."""

    config = SeederConfig(
        model=Invoice,
        group="receivables",
        dependencies=("orders", "clients", "users"),
        companions=("InvoiceLineItemSeeder",),
        record_count=receivables.INVOICES,
        pii_fields={"notes": "free_text"},
        not_pii=("invoiceNumber", "paymentTerms", "referenceType"),
        version=2,
    )

    def derivations(self, dataset: Dataset) -> Sequence[Derivation]:
        """The amount paid, the amount due, and the resulting status."""
        payments = Payment.objects.filter(invoice=OuterRef("pk"), paymentType="RECEIVED", deleted_at__isnull=True)
        return settled(payments, "invoice", dataset.as_of, waiting="VIEWED", otherwise="SENT")

    def derived_data(self, rows: Rows) -> pl.DataFrame:
        """The columns of `derivations`."""
        orders = receivables.order(rows)
        paid = receivables.paid_amount(orders)
        return pl.DataFrame(
            {
                "amountPaid": decimals(paid, 2),
                "amountDue": decimals(pricing.order_total(orders) - paid, 2),
                "status": receivables.status(rows, paid),
            }
        )

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        """The columns of `invoices`."""
        orders = receivables.order(rows)
        issued = invoicing.invoiced_at(orders)
        amount = decimals(pricing.order_total(orders), 2)
        return pl.DataFrame(
            {
                "invoiceNumber": receivables.invoice_number(orders),
                "customerId": trade.client(orders).index,
                "invoiceDate": calendar.dates(issued),
                "dueDate": calendar.dates(invoicing.due(orders)),
                "subtotal": amount,
                "totalAmount": amount,
                "amountPaid": pl.repeat(Decimal("0.00"), len(rows), dtype=pl.Decimal(12, 2), eager=True),
                "amountDue": amount,
                "status": receivables.status(rows, np.zeros(len(rows), dtype=np.int64)),
                "paymentTerms": take(parties.TERMS, trade.term(orders)),
                "referenceType": pl.repeat("ORDER", len(rows), eager=True),
                "referenceId": orders.index,
                "notes": notes.some(rows, notes.INVOICE),
                "createdBy": staff.member(rows, "created by"),
                "createdAt": calendar.timestamps(issued),
                "updatedAt": calendar.timestamps(issued),
            }
        )
