"""`returns`: what clients have sent back, and what they want to."""

from __future__ import annotations

import polars as pl

from seeding import BaseSeeder, Rows, SeederConfig, numerals, take
from terpseed.facts import calendar, staff
from terpseed.facts.dealings import returns
from terpseed.facts.dealings.returns import RETURNS, STATUS
from terpseed.facts.sales import serving
from terpseed.models import Return

REASONS = {
    "DEFECTIVE": "Seals were broken when the cases were opened",
    "WRONG_ITEM": "Another strain than ordered was in the cases",
    "NOT_AS_DESCRIBED": "Moisture is higher than the certificate says",
    "CUSTOMER_CHANGED_MIND": "The shop has taken the product off its menu",
    "OTHER": "The cases came on a day when the shop was closed",
}
"""Reason → what the client says."""
MARKERS = {"PROCESSED": ("[APPROVED]", "[RECEIVED]", "[PROCESSED]"), "APPROVED": ("[APPROVED]",), "REJECTED": ("[REJECTED]",)}
"""Status → the marks that TERP leaves in the notes on the way to it."""


class ReturnSeeder(BaseSeeder):
    """One per order that came back, and claims on parts of others, in every state that TERP's returns page shows."""

    config = SeederConfig(
        model=Return,
        group="returns",
        dependencies=("orders", "batches", "users"),
        record_count=RETURNS,
        pii_fields={"notes": "free_text"},
        not_pii=("items",),
    )

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        """The columns of `returns`."""
        orders = returns.order(rows, RETURNS)
        reason = orders.choose("return reason", tuple(REASONS), (5, 2, 3, 2, 1))
        status = take(STATUS, returns.claim(rows, RETURNS))
        markers = status.replace_strict({one: " | ".join(("", *MARKERS.get(one, ()))) for one in STATUS})
        return pl.DataFrame(
            {
                "order_id": orders.index,
                "items": _items(rows, reason),
                "returnReason": reason,
                "status": status,
                "notes": reason.replace_strict(REASONS) + markers,
                "processed_by": staff.member(orders, "returned by"),
                "processed_at": calendar.timestamps(returns.returned_at(rows)),
            }
        )


def _items(rows: Rows, reason: pl.Series) -> pl.Series:
    """The JSON of every return: one object per line, with the quantity as text, as TERP writes it."""
    lines, position, quantity = returns.lines(rows)
    whole, part = (numerals(number, width) for number, width in ((quantity // 100, 0), (quantity % 100, 2)))
    items = pl.DataFrame(
        {
            "batchId": serving.batch(lines).index,
            "quantity": whole + "." + part,
            "reason": reason.gather(position),
            "expectedCondition": pl.repeat("DAMAGED", len(lines), eager=True),
        }
    )
    grouped = items.select(pl.Series("return", position), pl.struct(pl.all()).alias("items"))
    return grouped.group_by("return", maintain_order=True).agg("items")["items"]
