"""`invoiceLineItems`: a copy of the order's lines."""

from __future__ import annotations

import polars as pl

from seeding import BaseSeeder, Rows, SeederConfig, decimals
from terpseed.facts import calendar, catalogue, cells
from terpseed.facts.money import invoicing, receivables
from terpseed.facts.sales import pricing, serving, trade
from terpseed.models import InvoiceLineItem


class InvoiceLineItemSeeder(BaseSeeder):
    """One per line of an invoiced order."""

    config = SeederConfig(
        model=InvoiceLineItem,
        group="receivables",
        dependencies=("invoices", "products", "batches"),
        record_count=receivables.LINES,
        pii_fields={"description": "free_text"},
        version=2,
    )

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        """The columns of `invoiceLineItems`."""
        cell, entry = receivables.LINES.locate(rows.index)
        lines = rows.of("order_line_items", cell * cells.LINES + entry[:, 0])
        orders, batches = trade.order(lines), serving.batch(lines)
        products = serving.product(batches)
        return pl.DataFrame(
            {
                "invoiceId": receivables.invoice(orders),
                "productId": products.index,
                "batchId": batches.index,
                "description": catalogue.product_name(products),
                "quantity": decimals(pricing.quantity(lines), 2),
                "unitPrice": decimals(pricing.unit_price(lines), 2),
                "lineTotal": decimals(pricing.line_total(lines), 2),
                "createdAt": calendar.timestamps(invoicing.invoiced_at(orders)),
            }
        )
