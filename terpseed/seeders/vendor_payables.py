"""`vendor_payables`: what TERP owes the consignor of a batch for the quantity sold."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from django.db.models import Case, CharField, Exists, F, OuterRef, Value, When

from seeding import BaseSeeder, Dataset, Derivation, Integers, Rows, SeederConfig, decimals, divide, numerals, only, take
from terpseed.expressions import rounded, sales_that_stand, total
from terpseed.facts import calendar, parties, staff
from terpseed.facts.goods import stock
from terpseed.facts.money import payables, settlement
from terpseed.facts.sales import pricing, serving
from terpseed.models import Batch, VendorPayable

STATUS = ("PENDING", "DUE", "PARTIAL", "PAID")
GRACE = np.timedelta64(1, "D")
"""From when a batch is sold out until its payable falls due; once billed, the vendor's terms apply instead."""


class VendorPayableSeeder(BaseSeeder):
    """One per received consigned batch. It falls due when the batch is sold out, is billed, and is paid through the bill."""

    config = SeederConfig(
        model=VendorPayable,
        group="payables",
        dependencies=("clients", "batches", "lots", "users", "SaleMovementSeeder", "SentPaymentSeeder"),
        record_count=payables.PAYABLES,
        pii_fields={"notes": "free_text"},
        not_pii=("payable_number",),
        version=2,
    )

    def derivations(self, dataset: Dataset) -> Sequence[Derivation]:
        """The quantity sold, the amount owed for it, and the resulting status."""
        sales = sales_that_stand(OuterRef("batch_id"))
        sold_out = Exists(Batch.objects.filter(pk=OuterRef("batch_id"), onHandQty=0))
        status = Case(
            When(status="VOID", then=F("status")),
            When(total_amount__gt=0, amount_due__lte=0, then=Value("PAID")),
            When(amount_paid__gt=0, then=Value("PARTIAL")),
            When(sold_out, then=Value("DUE")),
            default=Value("PENDING"),
            output_field=CharField(),
        )
        return tuple(
            Derivation(values=values, reads=("batches", "inventoryMovements", "orders"), touches=("updated_at",))
            for values in (
                {"units_sold": total(sales, "batch", -F("quantityChange"))},
                {"total_amount": rounded(F("units_sold") * F("cogs_per_unit"))},
                {"amount_due": rounded(F("total_amount") - F("amount_paid"))},
                {"status": status},
            )
        )

    def derived_data(self, rows: Rows) -> pl.DataFrame:
        """The columns of `derivations`."""
        batches = payables.batch(rows, payables.PAYABLES)
        sold, paid = stock.sold(batches), payables.settled(batches)
        owed = divide(sold * pricing.unit_cost(batches), 100)
        return pl.DataFrame(
            {
                "units_sold": decimals(sold, 2),
                "total_amount": decimals(owed, 2),
                "amount_due": decimals(owed - paid, 2),
                "status": take(STATUS, _state(batches)),
            }
        )

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        """The columns of `vendor_payables`."""
        batches = payables.batch(rows, payables.PAYABLES)
        lots = stock.lot(batches)
        sellers = rows.of("vendors", serving.lot_seller(lots))
        sold_out, billed = stock.is_sold_out(batches), payables.is_billed(batches)
        emptied, received = payables.emptied_at(batches), stock.received_at(batches)
        paid = _state(batches) == STATUS.index("PAID")
        on_bill = settlement.due(payables.billed_at(batches), payables.term(batches))
        due = np.where(billed, on_bill, emptied.astype("datetime64[D]") + GRACE)
        changed = np.where(paid, payables.last_paid_at(batches), np.where(sold_out, emptied, received))
        return pl.DataFrame(
            {
                "vendor_client_id": parties.client_of_seller(sellers).index,
                "batch_id": batches.index,
                "lot_id": lots.index,
                "payable_number": "PAY-" + calendar.dates(received).dt.strftime("%Y%m") + "-9" + numerals(rows.index, 5),
                "cogs_per_unit": decimals(pricing.unit_cost(batches), 2),
                "amount_paid": decimals(payables.settled(batches), 2),
                "due_date": calendar.dates(due, sold_out),
                "paid_date": only(calendar.dates(payables.last_paid_at(batches)), paid),
                "inventory_zero_at": calendar.timestamps(emptied, sold_out),
                "created_by": staff.member(rows, "created by"),
                "created_at": calendar.timestamps(received),
                "updated_at": calendar.timestamps(changed),
            }
        ).hstack(self.derived_data(rows))


def _state(batches: Rows) -> Integers:
    """The status once everything is seeded, as an index into STATUS."""
    owed, paid = divide(stock.sold(batches) * pricing.unit_cost(batches), 100), payables.settled(batches)
    return np.where(stock.is_sold_out(batches), np.where(paid == owed, 3, np.where(paid > 0, 2, 1)), 0)
