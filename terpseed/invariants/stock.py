"""Batches, their locations, and the journal of their movements."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from seeding import Seeded, invariant, unless
from terpseed.expressions import QUANTITY, total
from terpseed.invariants.orders import RESERVING
from terpseed.models import (
    Batch,
    BatchLocation,
    Brand,
    InventoryMovement,
    Lot,
    Order,
    OrderLineItem,
    Product,
    PurchaseOrder,
    PurchaseOrderItem,
)

QUANTITIES = ("onHandQty", "sampleQty", "reservedQty", "quarantineQty", "holdQty", "defectiveQty")


def _movements(kind: str = "") -> QuerySet[Any]:
    movements = InventoryMovement.objects.filter(batch=OuterRef("pk"), deleted_at__isnull=True)
    return movements.filter(inventoryMovementType=kind) if kind else movements


@invariant(Batch)
def quantities_are_not_negative(seeded: Seeded) -> QuerySet[Any]:
    """No quantity of a batch is below 0."""
    return seeded.rows.filter(Q(*((f"{name}__lt", 0) for name in QUANTITIES), _connector=Q.OR))


@invariant(Batch)
def commitments_fit_the_stock(seeded: Seeded) -> QuerySet[Any]:
    """What is reserved, quarantined and held is no more than what is on hand."""
    return seeded.rows.filter(onHandQty__lt=F("reservedQty") + F("quarantineQty") + F("holdQty"))


@invariant(Batch, InventoryMovement)
def a_received_batch_begins_with_one_intake(seeded: Seeded) -> QuerySet[Any]:
    """A batch that was received has one intake, from 0; one that is awaited has no movement."""
    intakes = _movements("INTAKE")
    first = _movements().order_by("createdAt", "pk").values("inventoryMovementType")[:1]
    from_nothing = Exists(intakes.filter(quantityBefore=0))
    second = intakes.order_by("pk").values("pk")[1:2]
    awaited = Q(batchStatus="AWAITING_INTAKE")
    begun = seeded.rows.annotate(first=Subquery(first), second=Subquery(second))
    wrong = ~Q(first="INTAKE") | Q(first=None) | Q(second__isnull=False) | ~from_nothing
    return begun.filter((awaited & Q(first__isnull=False)) | (~awaited & wrong))


@invariant(InventoryMovement, Batch, Lot, PurchaseOrder, PurchaseOrderItem)
def an_intake_is_of_its_purchase_order(seeded: Seeded) -> QuerySet[Any]:
    """It names a purchase order to the lot's supplier, of which an item is the batch's product and came in that quantity."""
    items = PurchaseOrderItem.objects.filter(
        purchaseOrder=OuterRef("referenceId"),
        purchaseOrder__supplier_client=OuterRef("batch__lot__supplier_client"),
        product=OuterRef("batch__product_id"),
        quantityReceived=OuterRef("quantityChange"),
        deletedAt__isnull=True,
    )
    return unless(seeded.rows.filter(inventoryMovementType="INTAKE"), Q(referenceType="PO_RECEIPT") & Exists(items))


@invariant(Batch, InventoryMovement)
def on_hand_is_the_sum_of_the_movements(seeded: Seeded) -> QuerySet[Any]:
    """What is on hand is Σ quantityChange of the batch's movements."""
    return unless(seeded.rows, onHandQty=total(_movements(), "batch", "quantityChange", QUANTITY))


@invariant(InventoryMovement, Batch, InventoryMovement)
def movements_chain(seeded: Seeded) -> QuerySet[Any]:
    """Each movement begins where the one before it ended, and ends at before + change."""
    of_batch = InventoryMovement.objects.filter(batch=OuterRef("batch_id"), deleted_at__isnull=True)
    earlier = of_batch.filter(
        Q(createdAt__lt=OuterRef("createdAt")) | Q(createdAt=OuterRef("createdAt"), pk__lt=OuterRef("pk"))
    )
    before = Subquery(earlier.order_by("-createdAt", "-pk").values("quantityAfter")[:1])
    chained = seeded.rows.filter(deleted_at__isnull=True).annotate(before=Coalesce(before, Decimal(0), output_field=QUANTITY))
    return unless(chained, quantityBefore=F("before"), quantityAfter=F("quantityBefore") + F("quantityChange"))


@invariant(Batch, BatchLocation, InventoryMovement)
def locations_sum_to_the_intake(seeded: Seeded) -> QuerySet[Any]:
    """What lies at a batch's locations is what was taken in."""
    located = total(BatchLocation.objects.filter(batch=OuterRef("pk"), deleted_at__isnull=True), "batch", "qty", QUANTITY)
    taken = total(_movements("INTAKE"), "batch", "quantityChange", QUANTITY)
    return unless(seeded.rows.annotate(located=located, taken=taken), located=F("taken"))


@invariant(Batch, InventoryMovement)
def no_more_is_shipped_than_was_taken_in(seeded: Seeded) -> QuerySet[Any]:
    """The sales of a batch are no more than its intake."""
    taken = total(_movements("INTAKE"), "batch", "quantityChange", QUANTITY)
    shipped = total(_movements("SALE"), "batch", "quantityChange", QUANTITY)
    return seeded.rows.annotate(taken=taken, shipped=shipped).filter(taken__lt=-F("shipped"))


@invariant(Batch)
def what_is_sold_out_holds_nothing(seeded: Seeded) -> QuerySet[Any]:
    """Sold-out and closed batches are empty, and one that is for sale is not."""
    empty = Q(batchStatus__in=("SOLD_OUT", "CLOSED")) & ~Q(onHandQty=0)
    return seeded.rows.filter(empty | Q(batchStatus="LIVE", onHandQty=0))


@invariant(Batch)
def consignment_and_ownership_agree(seeded: Seeded) -> QuerySet[Any]:
    """Terms of CONSIGNMENT mean CONSIGNED goods, any others goods that are OFFICE_OWNED."""
    consigned = Q(paymentTerms="CONSIGNMENT", ownership_type="CONSIGNED")
    owned = ~Q(paymentTerms="CONSIGNMENT") & Q(ownership_type="OFFICE_OWNED")
    return unless(seeded.rows, consigned | owned)


@invariant(Batch, OrderLineItem, Order)
def reserved_is_what_open_orders_ask_for(seeded: Seeded) -> QuerySet[Any]:
    """What is reserved is Σ quantity of the lines of confirmed orders that have not left."""
    lines = OrderLineItem.objects.filter(batch=OuterRef("pk"), order__fulfillmentStatus__in=RESERVING)
    return unless(seeded.rows, reservedQty=total(lines, "batch", "quantity", QUANTITY))


@invariant(Batch, Lot, Product, Brand)
def a_batch_is_of_its_lots_seller(seeded: Seeded) -> QuerySet[Any]:
    """The product of a batch belongs to the supplier, and to the vendor, that delivered the lot."""
    of_supplier = Q(product__supplier_client=F("lot__supplier_client"))
    return unless(seeded.rows, of_supplier & Q(product__brand__vendor=F("lot__vendor")))
