"""TERP's tables, mirrored: unmanaged models with the exact names, types, defaults and keys of its MySQL schema.

Facts only. Attribute names are the column names (a reference drops its `_id`), because TERP mixes camelCase and snake_case,
sometimes inside one table, and a renaming would be one more thing to know.
"""

from .catalogue import Brand, Product, Strain
from .inventory import Batch, BatchLocation, InventoryMovement
from .parties import Client, SupplierProfile, Vendor
from .procurement import Lot
from .reference import PricingDefault, User
from .sales import Order, OrderLineItem

__all__ = [
    "Batch",
    "BatchLocation",
    "Brand",
    "Client",
    "InventoryMovement",
    "Lot",
    "Order",
    "OrderLineItem",
    "PricingDefault",
    "Product",
    "Strain",
    "SupplierProfile",
    "User",
    "Vendor",
]
