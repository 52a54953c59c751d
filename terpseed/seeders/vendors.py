"""`vendors`: a copy of every selling client, in the table that TERP has deprecated but still references."""

from __future__ import annotations

import polars as pl

from seeding import BaseSeeder, Rows, SeederConfig, take
from terpseed.facts import calendar, cells, parties
from terpseed.models import Vendor


class VendorSeeder(BaseSeeder):
    """The same party as the client, and the same name: `supplier_profiles.legacy_vendor_id` bridges the two."""

    config = SeederConfig(
        model=Vendor,
        group="parties",
        record_count=cells.per_cell(cells.SELLERS),
        capacity=parties.CAPACITY * cells.SELLERS // cells.CLIENTS,
        pii_fields={
            "name": "company_name",
            "contactName": "person_name",
            "contactEmail": "email",
            "contactPhone": "phone",
            "notes": "free_text",
        },
        not_pii=("paymentTerms",),
    )

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        """The columns of `vendors`."""
        clients = parties.client_of_seller(rows)
        joined = calendar.timestamps(parties.joined_at(clients))
        return pl.DataFrame(
            {
                "name": parties.company_name(clients),
                "contactName": parties.contact_name(clients),
                "contactEmail": parties.email(clients),
                "contactPhone": parties.phone(clients),
                "paymentTerms": take(parties.TERMS, parties.term(clients)),
                "createdAt": joined,
                "updatedAt": joined,
            }
        )
