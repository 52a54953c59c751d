"""`products`: a strain in a form, sold by one supplier."""

from __future__ import annotations

import polars as pl

from seeding import BaseSeeder, Rows, SeederConfig, take
from terpseed.facts import calendar, catalogue, cells, parties
from terpseed.models import Product


class ProductSeeder(BaseSeeder):
    """Twenty per cell: five strains, each in four forms, one for each supplier."""

    config = SeederConfig(
        model=Product,
        group="catalogue",
        dependencies=("brands", "strains", "clients", "pricing_defaults"),
        record_count=cells.per_cell(cells.PRODUCTS),
        not_pii=("nameCanonical", "category", "subcategory", "uomSellable", "description"),
        version=2,
    )

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        """The columns of `products`."""
        form = catalogue.form(rows)
        seller = catalogue.seller(rows)
        created = calendar.timestamps(catalogue.product_at(rows))
        return pl.DataFrame(
            {
                "brandId": seller,
                "supplier_client_id": parties.client_of_seller(rows.of("vendors", seller)).index,
                "strainId": catalogue.strain(rows).index,
                "nameCanonical": catalogue.product_name(rows),
                "category": catalogue.category(rows),
                "subcategory": take([one.subcategory for one in catalogue.FORMS], form),
                "uomSellable": take([one.unit for one in catalogue.FORMS], form),
                "createdAt": created,
                "updatedAt": created,
            }
        )
