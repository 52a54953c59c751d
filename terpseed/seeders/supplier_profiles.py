"""`supplier_profiles`: the data that only a selling client has."""

from __future__ import annotations

import polars as pl

from seeding import BaseSeeder, Rows, SeederConfig, take
from terpseed.facts import calendar, cells, notes, parties
from terpseed.models import SupplierProfile


class SupplierProfileSeeder(BaseSeeder):
    """One per selling client, with the vendor that is the same party."""

    config = SeederConfig(
        model=SupplierProfile,
        group="parties",
        dependencies=("clients", "vendors"),
        record_count=cells.per_cell(cells.SELLERS),
        pii_fields={
            "contact_name": "person_name",
            "contact_email": "email",
            "contact_phone": "phone",
            "supplier_notes": "free_text",
            "tax_id": "tax_id",
            "license_number": "licence_number",
        },
        not_pii=("payment_terms",),
        version=2,
    )

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        """The columns of `supplier_profiles`."""
        clients = parties.client_of_seller(rows)
        joined = calendar.timestamps(parties.joined_at(clients))
        serial = pl.Series(rows.index).cast(pl.String).str.zfill(7)
        return pl.DataFrame(
            {
                "client_id": clients.index,
                "contact_name": parties.contact_name(clients),
                "contact_email": parties.email(clients),
                "contact_phone": parties.phone(clients),
                "payment_terms": take(parties.TERMS, parties.term(clients)),
                "legacy_vendor_id": rows.index,
                "preferred_payment_method": rows.choose("method", ("CASH", "CHECK", "WIRE", "ACH"), (3, 3, 2, 4)),
                "tax_id": "00-" + serial,  # no employer identification number begins with 00
                "license_number": "C11-9" + serial + "-LIC",
                "supplier_notes": notes.some(rows, notes.SUPPLIER),
                "created_at": joined,
                "updated_at": joined,
            }
        )
