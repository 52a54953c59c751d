"""`vendors`: a copy of every selling client, in the table that TERP has deprecated but still references."""

from __future__ import annotations

import polars as pl

from seeding import BaseSeeder, Rows, SeederConfig, take
from terpseed.facts import calendar, cells, parties
from terpseed.models import Client, Vendor


class VendorSeeder(BaseSeeder):
    """The same party as the client: its name and its key, because TERP looks a bill's vendor up among clients first."""

    config = SeederConfig(
        model=Vendor,
        group="parties",
        dependencies=("clients",),
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
        refers={"id": Client},
        version=2,
    )

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        """The columns of `vendors`."""
        clients = parties.client_of_seller(rows)
        joined = calendar.timestamps(parties.joined_at(clients))
        return pl.DataFrame(
            {
                "id": clients.index,
                "name": parties.company_name(clients),
                "contactName": parties.contact_name(clients),
                "contactEmail": parties.email(clients),
                "contactPhone": parties.phone(clients),
                "paymentTerms": take(parties.TERMS, parties.term(clients)),
                "createdAt": joined,
                "updatedAt": joined,
            }
        )
