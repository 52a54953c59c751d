"""`invoiceLineItems`: a copy of the order's lines."""

from __future__ import annotations

import polars as pl

from seeding import BaseSeeder, Rows, SeederConfig, decimals
from terpseed.facts import calendar, catalogue, receivables, trade
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
        lines = rows.of("order_line_items", cell * trade.LINES + entry[:, 0])
        orders, batches = trade.order(lines), trade.batch(lines)
        products = trade.product(batches)
        return pl.DataFrame(
            {
                "invoiceId": receivables.invoice(orders),
                "productId": products.index,
                "batchId": batches.index,
                "description": catalogue.product_name(products),
                "quantity": decimals(trade.quantity(lines), 2),
                "unitPrice": decimals(trade.unit_price(lines), 2),
                "lineTotal": decimals(trade.line_total(lines), 2),
                "createdAt": calendar.timestamps(receivables.invoiced_at(orders)),
            }
        )
