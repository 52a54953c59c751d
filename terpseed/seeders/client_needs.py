"""`client_needs`: what clients want to buy."""

from __future__ import annotations

import numpy as np
import polars as pl

from seeding import BaseSeeder, Rows, SeederConfig, decimals, divide, only
from terpseed.facts import calendar, catalogue, cells, parties, staff
from terpseed.facts.dealings import leads
from terpseed.facts.dealings.leads import NEEDS
from terpseed.facts.goods import stock
from terpseed.facts.sales import pricing, serving, trade
from terpseed.models import ClientNeed


class ClientNeedSeeder(BaseSeeder):
    """Six per cell: two that an order fulfilled, two that stand, one that has expired and one that was cancelled."""

    config = SeederConfig(
        model=ClientNeed,
        group="leads",
        # What fulfils a need was delivered, and so invoiced: without any invoice, none is fulfilled.
        dependencies=("clients", "strains", "orders", "order_line_items", "invoices", "products", "users"),
        any_parent=("created_by",),
        record_count=cells.per_cell(len(NEEDS)),
        pii_fields={"notes": "free_text", "internal_notes": "free_text"},
        not_pii=("strain", "product_name", "category", "subcategory", "grade"),
    )

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        """The columns of `client_needs`."""
        status = leads.state(rows, NEEDS)
        fulfilled = np.array(NEEDS)[rows.index % len(NEEDS)] == "FULFILLED"
        lines = leads.ordered_line(rows)
        orders = trade.order(lines)
        buyer = rows.index // len(NEEDS) * cells.CLIENTS + rows.integers("buyer", 0, parties.FIRST_SELLER)
        products = rows.of(
            "products", np.where(fulfilled, serving.product(serving.batch(lines)).index, leads.any_product(rows, NEEDS).index)
        )
        wanted = np.where(fulfilled, pricing.quantity(lines), rows.integers("wanted", 5, 40) * 100)
        price = np.where(fulfilled, pricing.unit_price(lines), divide(catalogue.unit_cost(products, rows) * 3, 2))
        age = leads.age(rows, NEEDS, trade.age(orders))
        noted = calendar.moment(rows, "noted", age)
        lapses = leads.until(rows, NEEDS, noted)
        changed = np.where(fulfilled, trade.ordered_at(orders), noted)
        return pl.DataFrame(
            {
                "client_id": np.where(fulfilled, trade.client(orders).index, buyer),
                **leads.described(products),
                "strainId": catalogue.strain(products).index,
                "grade": only(rows.choose("grade", tuple(stock.GRADES)[:2]), rows.chance("graded", 0.5)),
                "quantity_min": decimals(wanted * 100, 4),
                "quantity_max": decimals(wanted * 150, 4),
                "price_max": decimals(price, 2),
                "status": status,
                "priority": rows.choose("priority", ("LOW", "MEDIUM", "HIGH", "URGENT"), (2, 5, 3, 1)),
                "needed_by": calendar.dates(lapses),
                "expires_at": calendar.timestamps(lapses),
                "fulfilled_at": calendar.timestamps(changed, fulfilled),
                "notes": rows.choose("notes", ("For the summer menu", "Asked for it twice", "Wants the same as last time")),
                "created_by": staff.member(rows, "created by"),
                "created_at": calendar.timestamps(noted),
                "updated_at": calendar.timestamps(changed),
            }
        )
