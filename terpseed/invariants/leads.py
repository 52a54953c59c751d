"""What clients want and vendors offer, and what came of it."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from seeding import Seeded, invariant, unless
from terpseed.models import (
    Batch,
    Brand,
    Client,
    ClientNeed,
    Order,
    OrderLineItem,
    Product,
    PurchaseOrder,
    PurchaseOrderItem,
    Strain,
    VendorSupply,
)


def _product() -> QuerySet[Any]:
    """The product that a lead names."""
    return Product.objects.filter(nameCanonical=OuterRef("product_name"), category=OuterRef("category"))


@invariant(ClientNeed, Client, Product, Strain)
def a_need_is_a_buyers_for_a_product(seeded: Seeded) -> QuerySet[Any]:
    """The client buys; the product, its category and its strain exist under these names."""
    named = Exists(_product().filter(strain=OuterRef("matched_strain_id"), strain__name=OuterRef("strain")))
    return unless(seeded.rows, Q(client__is_buyer=True, quantity_min__gt=0, quantity_max__gte=F("quantity_min")) & named)


@invariant(ClientNeed, OrderLineItem, Order, Batch, Product)
def a_fulfilled_need_was_ordered(seeded: Seeded) -> QuerySet[Any]:
    """When a need was fulfilled, its client wrote an order for that much of the product; others were not fulfilled."""
    ordered = OrderLineItem.objects.filter(
        order__client=OuterRef("client_id"),
        order__created_at=OuterRef("fulfilled_at"),
        batch__product__nameCanonical=OuterRef("product_name"),
        quantity__gte=OuterRef("quantity_min"),
    )
    fulfilled = Q(status="FULFILLED", fulfilled_at__gt=F("created_at")) & Exists(ordered)
    return unless(seeded.rows, fulfilled | (~Q(status="FULFILLED") & Q(fulfilled_at=None)))


@invariant(ClientNeed)
def a_needs_state_follows_from_its_days(seeded: Seeded) -> QuerySet[Any]:
    """An active need has not lapsed, an expired one has; none is needed before it was noted."""
    lapsed = Q(expires_at__date__lt=seeded.as_of)
    wrong = (Q(status="ACTIVE") & lapsed) | (Q(status="EXPIRED") & ~lapsed)
    return seeded.rows.filter(wrong | Q(expires_at=None) | Q(expires_at__lt=F("created_at")) | Q(needed_by=None))


@invariant(VendorSupply, Product, Brand)
def a_supply_is_of_the_vendors_product(seeded: Seeded) -> QuerySet[Any]:
    """What a vendor offers exists under that name and category, and is the vendor's."""
    theirs = Exists(_product().filter(brand__vendor=OuterRef("vendor_id")))
    return unless(seeded.rows, theirs & Q(quantity_available__gt=0, unit_price__gt=0))


@invariant(VendorSupply, PurchaseOrderItem, PurchaseOrder, Product)
def what_was_purchased_is_on_a_purchase_order(seeded: Seeded) -> QuerySet[Any]:
    """When a supply was purchased, an order for it was written to the vendor, of that quantity and cost."""
    written = PurchaseOrderItem.objects.filter(
        purchaseOrder__vendor=OuterRef("vendor_id"),
        purchaseOrder__createdAt=OuterRef("purchased_at"),
        product__nameCanonical=OuterRef("product_name"),
        quantityOrdered=OuterRef("quantity_available"),
        unitCost=OuterRef("unit_price"),
    )
    bought = Q(status="PURCHASED", purchased_at__gt=F("created_at")) & Exists(written)
    return unless(seeded.rows, bought | (~Q(status="PURCHASED") & Q(purchased_at=None)))


@invariant(VendorSupply)
def a_supplys_state_follows_from_its_days(seeded: Seeded) -> QuerySet[Any]:
    """What is available or reserved has not lapsed, what is expired has; only what is reserved was, after it was offered."""
    lapsed = Q(available_until__date__lt=seeded.as_of)
    right = (
        Q(status="PURCHASED", reserved_at=None)
        | (Q(status="AVAILABLE", reserved_at=None) & ~lapsed)
        | (Q(status="RESERVED", reserved_at__gt=F("created_at")) & ~lapsed)
        | (Q(status="EXPIRED", reserved_at=None) & lapsed)
    )
    return unless(seeded.rows, right & Q(available_until__gt=F("created_at")))
