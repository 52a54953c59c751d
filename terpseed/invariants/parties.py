"""Who trades with whom, under which names, and with what."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, F, Max, Min, OuterRef, Q, QuerySet

from seeding import Seeded, invariant, unless
from terpseed.models import (
    Client,
    Lot,
    PricingDefault,
    Product,
    PurchaseOrder,
    PurchaseOrderItem,
    SupplierProfile,
    Vendor,
)

RESERVED_DOMAINS = ("@example.com", "@example.net", "@example.org")
"""RFC 2606: mail to them is never delivered."""


@invariant(SupplierProfile, Client, Vendor)
def a_supplier_is_one_party(seeded: Seeded) -> QuerySet[Any]:
    """The client and the vendor of a supplier profile have one name, and the client sells."""
    return unless(seeded.rows, client__name=F("legacy_vendor__name"), client__is_seller=True)


@invariant(Vendor, Client, SupplierProfile)  # by which an edited client is found: a key in common is no reference
def a_vendor_has_its_clients_key(seeded: Seeded) -> QuerySet[Any]:
    """The client under a vendor's key is the same party: TERP looks up who sent a bill among clients first."""
    return unless(seeded.rows, Exists(Client.objects.filter(pk=OuterRef("pk"), name=OuterRef("name"), is_seller=True)))


@invariant(Lot, Client, Vendor)
def a_lots_vendor_is_its_supplier(seeded: Seeded) -> QuerySet[Any]:
    """The vendor and the supplying client of a lot are the same party."""
    return unless(seeded.rows, vendor__name=F("supplier_client__name"))


@invariant(PurchaseOrder, Client, Vendor)
def a_purchase_orders_vendor_is_its_supplier(seeded: Seeded) -> QuerySet[Any]:
    """The vendor and the supplying client of a purchase order are the same party."""
    return unless(seeded.rows, vendor__name=F("supplier_client__name"))


@invariant(PurchaseOrderItem, PurchaseOrder, Product)
def an_item_is_ordered_from_its_seller(seeded: Seeded) -> QuerySet[Any]:
    """The product of an item is the supplier's."""
    return unless(
        seeded.rows,
        product__supplier_client=F("purchaseOrder__supplier_client"),
        supplier_client=F("purchaseOrder__supplier_client"),
    )


@invariant(Product, PricingDefault)
def every_category_has_its_margin(seeded: Seeded) -> QuerySet[Any]:
    """In pricing_defaults is the product's category, spelled the same, and TERP's fallbacks OTHER and DEFAULT."""
    defaults = PricingDefault.objects.all()
    known = Exists(defaults.filter(product_category=OuterRef("category")))
    fallbacks = Exists(defaults.filter(product_category="OTHER")) & Exists(defaults.filter(product_category="DEFAULT"))
    return unless(seeded.rows, known & fallbacks)


@invariant(Product)
def no_two_products_are_called_the_same(seeded: Seeded) -> QuerySet[Any]:
    """Every product has a name of its own."""
    # TERP has no index on the name: grouped in one pass, not looked up one by one.
    return _repeated(seeded.rows, "nameCanonical")


@invariant(Client)
def no_two_clients_are_called_the_same(seeded: Seeded) -> QuerySet[Any]:
    """Every client has a name of its own."""
    return _repeated(seeded.rows, "name")


@invariant(Client)
def nothing_reaches_a_real_client(seeded: Seeded) -> QuerySet[Any]:
    """E-mail goes to reserved domains, and telephone numbers are 555-01xx."""
    return _unreserved(seeded.rows, "email", "phone")


@invariant(Vendor)
def nothing_reaches_a_real_vendor(seeded: Seeded) -> QuerySet[Any]:
    """E-mail goes to reserved domains, and telephone numbers are 555-01xx."""
    return _unreserved(seeded.rows, "contactEmail", "contactPhone")


@invariant(SupplierProfile)
def nothing_reaches_a_real_supplier(seeded: Seeded) -> QuerySet[Any]:
    """E-mail goes to reserved domains, and telephone numbers are 555-01xx."""
    return _unreserved(seeded.rows, "contact_email", "contact_phone")


def _repeated(rows: QuerySet[Any], column: str) -> QuerySet[Any]:
    named = rows.model._base_manager.using(rows.db).filter(deleted_at__isnull=True).values(column)
    repeated = named.annotate(highest=Max("pk"), lowest=Min("pk")).filter(highest__gt=F("lowest"))
    return rows.filter(**{f"{column}__in": repeated.values(column)})


def _unreserved(rows: QuerySet[Any], email: str, phone: str) -> QuerySet[Any]:
    reserved = Q(*((f"{email}__endswith", domain) for domain in RESERVED_DOMAINS), _connector=Q.OR)
    return unless(rows, reserved & Q(**{f"{phone}__contains": ") 555-01"}))
