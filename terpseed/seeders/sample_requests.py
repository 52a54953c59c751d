"""`sampleRequests`: samples that clients asked for."""

from __future__ import annotations

import numpy as np
import polars as pl

from seeding import BaseSeeder, Integers, Rows, SeederConfig, decimals, only, take
from terpseed.facts import calendar, cells, parties, staff
from terpseed.facts.goods import samples
from terpseed.facts.goods.samples import LOCATION, PLACES, REQUESTS, STATUS, Step
from terpseed.facts.sales import serving, trade
from terpseed.models import SampleRequest

DUE, KEEPS = np.timedelta64(7, "D"), np.timedelta64(90, "D")
"""From the request to the day it is due, and to when the sample is stale."""


class SampleRequestSeeder(BaseSeeder):
    """Seven per cell: handed out, one of them followed by an order; waiting, cancelled, and at three stages of a return."""

    config = SeederConfig(
        model=SampleRequest,
        group="samples",
        dependencies=("clients", "users", "products", "batches", "orders", "order_line_items"),
        companions=("SampleLocationHistorySeeder",),
        record_count=cells.per_cell(len(REQUESTS)),
        pii_fields={"cancellationReason": "free_text", "notes": "free_text", "returnReason": "free_text"},
        not_pii=("products", "returnCondition", "vendorReturnTrackingNumber"),
    )

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        """The columns of `sampleRequests`."""
        orders, converted = trade.order(samples.line(rows)), samples.is_converted(rows)
        buyer = rows.index // len(REQUESTS) * cells.CLIENTS + rows.integers("buyer", 0, parties.FIRST_SELLER)
        requested = samples.at(rows, Step.REQUESTED)
        changed = requested
        for step in Step:
            changed = np.where(samples.has(rows, step), samples.at(rows, step), changed)
        changed = np.where(converted, np.maximum(changed, trade.ordered_at(orders)), changed)
        handed, returning = samples.has(rows, Step.FULFILLED), samples.has(rows, Step.RETURN_REQUESTED)

        def when(step: Step) -> pl.Series:
            return calendar.timestamps(samples.at(rows, step), samples.has(rows, step))

        def who(step: Step) -> pl.Series | Integers:
            return only(staff.member(rows, step.name), samples.has(rows, step))

        return pl.DataFrame(
            {
                "clientId": np.where(converted, trade.client(orders).index, buyer),
                "requestedBy": staff.member(rows, "requested by"),
                "requestDate": calendar.timestamps(requested),
                "products": _products(rows),
                "sampleRequestStatus": take(STATUS, samples.last_step(rows)),
                "fulfilledDate": when(Step.FULFILLED),
                "fulfilledBy": who(Step.FULFILLED),
                "cancelledDate": when(Step.CANCELLED),
                "cancelledBy": who(Step.CANCELLED),
                "cancellationReason": only(
                    rows.choose("cancelled", ("The client has ordered without it", "The client is closed until spring")),
                    samples.has(rows, Step.CANCELLED),
                ),
                "dueDate": calendar.dates(requested + DUE),
                "totalCost": only(decimals(samples.cost(rows), 2), handed),
                "relatedOrderId": only(orders.index, converted),
                "conversionDate": calendar.timestamps(trade.ordered_at(orders), converted),
                "returnRequestedDate": when(Step.RETURN_REQUESTED),
                "returnRequestedBy": who(Step.RETURN_REQUESTED),
                "returnReason": only(rows.choose("returned", ("Not what the shop needs", "Too dry for the shop")), returning),
                "returnCondition": only(rows.choose("condition", ("UNOPENED", "OPENED")), returning),
                "returnApprovedDate": when(Step.RETURN_APPROVED),
                "returnApprovedBy": who(Step.RETURN_APPROVED),
                "returnDate": when(Step.RETURNED),
                "vendorShippedDate": when(Step.SHIPPED_TO_VENDOR),
                "vendorConfirmedDate": when(Step.VENDOR_CONFIRMED),
                "location": take(PLACES, LOCATION[samples.place(rows)]),
                "expirationDate": calendar.timestamps(requested + KEEPS, handed),
                "createdAt": calendar.timestamps(requested),
                "updatedAt": calendar.timestamps(changed),
            }
        )


def _products(rows: Rows) -> pl.Series:
    """The JSON of every request: one product, and how much of it."""
    product = pl.DataFrame(
        {"productId": serving.product(samples.batch(rows)).index, "quantity": samples.quantity_text(rows)}
    ).to_struct("product")
    return product.reshape((-1, 1)).arr.to_list() if len(rows) else pl.Series([], dtype=pl.List(product.dtype))
