"""`purchaseOrders`: what was ordered from a supplier; a lot is its delivery."""

from __future__ import annotations

import numpy as np
import polars as pl

from seeding import BaseSeeder, Rows, SeederConfig, decimals, take
from terpseed.facts import calendar, notes, parties, staff
from terpseed.facts.goods import procurement
from terpseed.facts.goods.procurement import Stage
from terpseed.models import PurchaseOrder


class PurchaseOrderSeeder(BaseSeeder):
    """One per lot, all received except the last, which is still arriving; one cancelled; in open cells three more under way."""

    config = SeederConfig(
        model=PurchaseOrder,
        group="procurement",
        dependencies=("vendors", "clients", "users"),
        companions=("PurchaseOrderItemSeeder",),
        record_count=procurement.PURCHASE_ORDERS,
        pii_fields={"notes": "free_text", "vendorNotes": "free_text"},
        not_pii=("poNumber", "paymentTerms"),
        version=2,
    )

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        """The columns of `purchaseOrders`."""
        stage = procurement.stage(rows)
        sellers = rows.of("vendors", procurement.seller(rows))
        ordered, came = procurement.ordered_at(rows), procurement.came_at(rows)
        total = decimals(procurement.total(rows), 2)
        sent = ~np.isin(stage, (Stage.DRAFT, Stage.CANCELLED))
        confirmed = sent & (stage != Stage.SENT)
        arrived = np.isin(stage, (Stage.RECEIVED, Stage.RECEIVING))
        received = stage == Stage.RECEIVED
        terms = parties.term(parties.client_of_seller(sellers))
        bought = procurement.is_bought(rows)
        changed = np.where(arrived, came, np.where(confirmed, procurement.confirmed_at(rows), ordered))
        changed = np.where(stage == Stage.CANCELLED, procurement.cancelled_at(rows), changed)
        return pl.DataFrame(
            {
                "poNumber": procurement.number(rows),
                "supplier_client_id": parties.client_of_seller(sellers).index,
                "vendorId": sellers.index,
                "purchaseOrderStatus": take([one.name for one in Stage], stage),
                "orderDate": calendar.dates(ordered),
                "expectedDeliveryDate": calendar.dates(procurement.expected_at(rows)),
                "actualDeliveryDate": calendar.dates(came, received),
                "subtotal": total,
                "total": total,
                "paymentTerms": take((*parties.TERMS, "CONSIGNMENT"), np.where(bought, terms, len(parties.TERMS))),
                "paymentDueDate": calendar.dates(calendar.after(came, parties.TERM_DAYS[terms]), received & bought),
                "notes": notes.some(rows, notes.PURCHASE),
                "createdBy": staff.member(rows, "created by"),
                "createdAt": calendar.timestamps(ordered),
                "updatedAt": calendar.timestamps(changed),
                "sentAt": calendar.timestamps(procurement.sent_at(rows), sent),
                "confirmedAt": calendar.timestamps(procurement.confirmed_at(rows), confirmed),
            }
        )
