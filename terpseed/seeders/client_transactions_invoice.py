"""`client_transactions`, source INVOICE: what a client was charged."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
from django.db.models import Max, OuterRef, Subquery, Value

from seeding import BaseSeeder, Dataset, Derivation, Rows, SeederConfig, decimals
from terpseed.expressions import translated
from terpseed.facts import calendar
from terpseed.facts.money import invoicing, receivables
from terpseed.facts.sales import pricing, trade
from terpseed.models import ClientTransaction, Invoice, Payment


class InvoiceTransactionSeeder(BaseSeeder):
    """One per invoice that is not void."""

    config = SeederConfig(
        model=ClientTransaction,
        group="receivables",
        dependencies=("clients", "invoices"),
        kept_with=("InvoiceSeeder",),
        record_count=receivables.STANDING,
        pii_fields={"notes": "free_text"},
        not_pii=("transaction_number", "metadata"),
        version=2,
    )

    def derivations(self, dataset: Dataset) -> Sequence[Derivation]:
        """The payment status, the amount paid and the date."""
        words: dict[str, str | None] = {"PAID": "PAID", "PARTIAL": "PARTIAL", "OVERDUE": "OVERDUE", "VOID": None}
        invoices = Invoice.objects.filter(invoiceNumber=OuterRef("transaction_number"))
        status = invoices.annotate(word=translated("status", words, default=Value("PENDING"))).values("word")
        payments = Payment.objects.filter(invoice__invoiceNumber=OuterRef("transaction_number"), deleted_at__isnull=True)
        last = payments.order_by().values("invoice").annotate(last=Max("paymentDate")).values("last")
        paid = {"payment_status": Subquery(status), "payment_amount": Subquery(invoices.values("amountPaid"))}
        return (
            Derivation(values=paid, reads=("invoices",), touches=("updated_at",)),
            Derivation(values={"payment_date": Subquery(last)}, reads=("invoices", "payments"), touches=("updated_at",)),
        )

    def derived_data(self, rows: Rows) -> pl.DataFrame:
        """The columns of `derivations`."""
        orders = receivables.order_at(rows, receivables.STANDING)
        paid = receivables.paid_amount(orders)
        return pl.DataFrame(
            {
                "payment_status": receivables.last_status(orders).replace(["SENT", "VIEWED"], "PENDING"),
                "payment_amount": decimals(paid, 2),
                "payment_date": calendar.dates(receivables.last_paid_at(orders), paid > 0),
            }
        )

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        """The columns of `client_transactions`."""
        orders = receivables.order_at(rows, receivables.STANDING)
        issued = invoicing.invoiced_at(orders)
        return pl.DataFrame(
            {
                "client_id": trade.client(orders).index,
                "transaction_type": pl.repeat("INVOICE", len(rows), eager=True),
                "transaction_number": receivables.invoice_number(orders),
                "transaction_date": calendar.dates(issued),
                "amount": decimals(pricing.order_total(orders), 2),
                "created_at": calendar.timestamps(issued),
                "updated_at": calendar.timestamps(issued),
            }
        )
