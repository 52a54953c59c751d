"""`transactions`: TERP's older record of every invoice."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
from django.db.models import OuterRef, Q, Subquery, Value

from seeding import BaseSeeder, Dataset, Derivation, Rows, SeederConfig, decimals
from terpseed.expressions import translated
from terpseed.facts import calendar, staff
from terpseed.facts.money import invoicing, receivables
from terpseed.facts.sales import pricing, trade
from terpseed.models import Invoice, Transaction

STATUS: dict[str, str | None] = {"PAID": "PAID", "PARTIAL": "PARTIAL", "OVERDUE": "OVERDUE", "VOID": "VOID", "DRAFT": "DRAFT"}
"""By invoice status; PENDING for any other."""


class TransactionSeeder(BaseSeeder):
    """One per invoice, with its key: credits refer to this table by their foreign keys, and TERP looks for an invoice there."""

    config = SeederConfig(
        model=Transaction,
        group="returns",
        dependencies=("invoices", "clients", "users"),
        kept_with=("InvoiceSeeder",),
        record_count=receivables.INVOICES,
        pii_fields={"notes": "free_text"},
        not_pii=("transactionNumber", "metadata"),
        refers={"id": Invoice},
    )

    def derivations(self, dataset: Dataset) -> Sequence[Derivation]:
        """How far the invoice is paid, unless somebody has written it off."""
        invoices = Invoice.objects.filter(invoiceNumber=OuterRef("transactionNumber"))
        word = invoices.annotate(word=translated("status", STATUS, default=Value("PENDING"))).values("word")
        values = {"transactionStatus": Subquery(word)}
        standing = ~Q(transactionStatus="WRITTEN_OFF")
        return (Derivation(values=values, where=standing, reads=("invoices",), touches=("updatedAt",)),)

    def derived_data(self, rows: Rows) -> pl.DataFrame:
        """The columns of `derivations`."""
        status = receivables.last_status(receivables.order(rows.of("invoices", rows.index)))
        return pl.DataFrame({"transactionStatus": status.replace(["SENT", "VIEWED"], "PENDING")})

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        """The columns of `transactions`."""
        invoices = rows.of("invoices", rows.index)
        orders = receivables.order(invoices)
        issued = calendar.timestamps(invoicing.invoiced_at(orders))
        return pl.DataFrame(
            {
                "id": invoices.index,
                "transactionNumber": receivables.invoice_number(orders),
                "transactionType": pl.repeat("INVOICE", len(rows), eager=True),
                "clientId": trade.client(orders).index,
                "transactionDate": issued,
                "amount": decimals(pricing.order_total(orders), 2),
                "transactionStatus": pl.repeat("PENDING", len(rows), eager=True),
                "createdBy": staff.member(invoices, "created by"),
                "createdAt": issued,
                "updatedAt": issued,
            }
        )
