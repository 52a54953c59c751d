"""`vendor_supply`: what vendors offer."""

from __future__ import annotations

import numpy as np
import polars as pl

from seeding import BaseSeeder, Rows, SeederConfig, decimals
from terpseed.facts import calendar, catalogue, cells, staff
from terpseed.facts.dealings import leads
from terpseed.facts.dealings.leads import SUPPLIES
from terpseed.facts.goods import procurement, stock
from terpseed.models import VendorSupply


class VendorSupplySeeder(BaseSeeder):
    """Six per cell: two that were bought, two that can be, one that is reserved and one whose time has passed."""

    config = SeederConfig(
        model=VendorSupply,
        group="leads",
        dependencies=("vendors", "products", "purchaseOrders", "purchaseOrderItems", "users"),
        any_parent=("created_by",),
        record_count=cells.per_cell(len(SUPPLIES)),
        pii_fields={"notes": "free_text", "internal_notes": "free_text"},
        not_pii=("strain", "product_name", "category", "subcategory", "grade"),
    )

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        """The columns of `vendor_supply`."""
        state = np.array(SUPPLIES)[rows.index % len(SUPPLIES)]
        bought, reserved = state == "PURCHASED", state == "RESERVED"
        items = leads.purchased_item(rows)
        orders, _ = procurement.order(items)
        product = np.where(bought, procurement.product(items).index, leads.any_product(rows, SUPPLIES).index)
        products = rows.of("products", product)
        offered = np.where(bought, procurement.quantity(items), rows.integers("offered", 10, 80) * 100)
        cost = np.where(bought, procurement.unit_cost(items), catalogue.unit_cost(products, rows))
        noted = calendar.moment(rows, "noted", leads.age(rows, SUPPLIES, procurement.age(orders)))
        reserved_at = calendar.later(noted, rows.integers("reserved", 600, 7_200))
        changed = np.select([bought, reserved], [procurement.ordered_at(orders), reserved_at], noted)
        return pl.DataFrame(
            {
                "vendor_id": catalogue.seller(products),
                **leads.described(products),
                "grade": rows.choose("grade", tuple(stock.GRADES), (4, 3, 2, 1)),
                "quantity_available": decimals(offered * 100, 4),
                "unit_price": decimals(cost, 2),
                "status": leads.state(rows, SUPPLIES),
                "available_until": calendar.timestamps(leads.until(rows, SUPPLIES, noted)),
                "reserved_at": calendar.timestamps(reserved_at, reserved),
                "purchased_at": calendar.timestamps(changed, bought),
                "notes": rows.choose("notes", ("Fresh harvest", "Ready to ship", "Sample on request", "Price is negotiable")),
                "created_by": staff.member(rows, "created by"),
                "created_at": calendar.timestamps(noted),
                "updated_at": calendar.timestamps(changed),
            }
        )
